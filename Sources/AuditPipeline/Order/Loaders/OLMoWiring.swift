import DataOrder
import Foundation
import Shards

/// OLMo: token files are raw whatever their name; the order is recorded or drawn.
enum OLMoWiring: LoaderWiring {
    static let ids = OLMoLoader.ids

    static func make(_ context: inout OrderContext) throws(DataOrderError) -> any Loader {
        let geometry = try context.geometry()
        let shards = try context.tokenShards()
        return try OLMoLoader(
            shards: shards,
            geometry: geometry,
            order: order(&context),
            horizon: context.updates
        )
    }

    private static func order(_ context: inout OrderContext) throws(DataOrderError) -> OLMoLoader.Order {
        if context.section.state != nil {
            let path = try context.statePath("global_indices.npy")
            do throws(ShardError) {
                // A raw array of 32-bit numbers, in spite of its name.
                let file = try FileReader(path: path)
                guard file.size <= 1 << 33, file.size.isMultiple(of: 4) else {
                    throw .malformed(path: path, byte: 0, found: "\(file.size) bytes", expected: "32-bit numbers")
                }
                let bytes = try file.bytes(0..<file.size)
                let order = bytes.withUnsafeBytes { raw in
                    (0..<raw.count / 4).map {
                        UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self))
                    }
                }
                return .recorded(order)
            } catch {
                throw .missing(key: "order.state", reason: error.description)
            }
        }
        if context.section.shuffle == false { return .sequential }
        guard let seed = context.section.seed else {
            throw .missing(
                key: "order.seed",
                reason: "OLMo shuffles instances with seed + epoch; give `seed` of its configuration, or "
                    + "`order.state: global_indices.npy` of its work directory"
            )
        }
        return .shuffled(seed: seed)
    }
}
