import Foundation
import Replay

/// Writes a checkpoint as safetensors, linear weights as (out, in) as nanoGPT keeps them.
enum Safetensors {
    private struct Entry: Encodable {
        var dtype = "F32"
        var shape: [Int]
        var data_offsets: [Int]
    }

    static func write(_ checkpoint: Checkpoint, to file: URL) throws {
        var entries: [String: Entry] = [:]
        var body = Data()
        for tensor in checkpoint.description.tensors {
            let start = body.count
            checkpoint.parameters[tensor.range].withUnsafeBytes { body.append(contentsOf: $0) }
            entries[tensor.name] = Entry(shape: tensor.shape, data_offsets: [start, body.count])
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let header = try encoder.encode(entries)
        var data = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Data($0) }
        data.append(header)
        data.append(body)
        try data.write(to: file)
    }
}
