import Foundation
import Terms

/// Shards that list their samples' offsets at the beginning: MosaicML's MDS and litdata's chunks.
///
/// Both begin with the 32-bit number of samples n and n + 1 absolute 32-bit offsets.
/// Source: reference `shards.md` 6 and 7.
enum SampleOffsets {
    /// The layout of a shard with so many samples; without its file, all samples are said to lie in the whole of it.
    static func layout(
        name: String,
        samples: Int,
        bytes: Int,
        files: any LoaderFiles
    ) throws(DataOrderError) -> ShardLayout {
        guard (0...1 << 30).contains(samples) else {
            throw .invalid(key: name, found: "\(samples) samples", expected: "at most 2^30")
        }
        let whole = ShardLayout(
            name: name,
            unit: .samples,
            pieces: samples > 0 ? [.init(units: 0..<samples, bytes: 0..<max(1, bytes))] : []
        )
        guard let path = try? files.path(ofShard: name), let file = try? files.open(path),
            let head = try? file.bytes(0..<4 * (samples + 2)), head.count == 4 * (samples + 2)
        else { return whole }
        guard head.size(at: 0, width: 4) == samples else { return whole }
        let offsets = (0...samples).map { head.size(at: 4 + 4 * $0, width: 4) ?? 0 }
        guard zip(offsets, offsets.dropFirst()).allSatisfy({ $0 <= $1 }) else { return whole }
        return ShardLayout(
            name: name,
            unit: .samples,
            pieces: (0..<samples).map { .init(units: $0..<$0 + 1, bytes: offsets[$0]..<offsets[$0 + 1]) }
        )
    }

    /// The object of the `index.json` beside the shards.
    static func index(_ files: any LoaderFiles, below folder: String = "") throws(DataOrderError) -> [String: Any] {
        let name = folder.isEmpty ? "index.json" : folder + "/index.json"
        let path: String
        do {
            path = try files.path(ofShard: name)
        } catch {
            throw .missing(key: "order.streams", reason: "\(error)")
        }
        guard let file = try? files.open(path), file.size <= 1 << 28, let bytes = try? file.bytes(0..<file.size) else {
            throw .missing(key: "shards", reason: "\(path) lists the shards in the loader's order, and cannot be read")
        }
        guard let object = try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any] else {
            throw .invalid(key: path, found: "no JSON object", expected: "the index of the data set")
        }
        return object
    }
}
