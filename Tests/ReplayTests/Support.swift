import Foundation
import Replay

/// A small model with two layers that trains in no time.
func smallDescription(biases: Bool = true, vocabulary: Int = 29, padded: Int? = nil) throws -> TransformerDescription {
    try TransformerDescription(
        layers: 2,
        heads: 2,
        channels: 8,
        maximumSequence: 16,
        vocabulary: vocabulary,
        paddedVocabulary: padded,
        hasBiases: biases
    )
}

func smallCheckpoint(biases: Bool = true, seed: UInt64 = 1) throws -> Checkpoint {
    try Trainer(description: smallDescription(biases: biases), seed: seed).checkpoint(updatesDone: 0)
}

func randomRows(_ count: Int, length: Int = 12, vocabulary: Int = 29, seed: UInt64 = 1) -> [TokenRow] {
    var generator = SplitMix64(seed: seed)
    return (0..<count).map { row in
        TokenRow(stream: (0...length).map { _ in Int32.random(in: 0..<Int32(vocabulary), using: &generator) }, row: row)
    }
}

/// A folder that is removed at the end.
func withTemporaryFolder<T>(_ body: (String) throws -> T) throws -> T {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("replay-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder.path)
}

func parse(_ data: Data, path: String = "memory", overrides: CheckpointOverrides = .init(heads: 2)) throws -> Checkpoint
{
    try data.withUnsafeBytes { try Checkpoint.parse($0, path: path, overrides: overrides) }
}

/// The error a body throws, or `nil`.
func replayError(_ body: () throws -> Void) -> ReplayError? {
    do {
        try body()
        return nil
    } catch {
        return error as? ReplayError
    }
}

/// Serialises tensors as safetensors.
func safetensors(
    _ tensors: [(name: String, type: String, shape: [Int], bytes: Data)],
    metadata: [String: String] = [:]
) -> Data {
    var entries: [String] = []
    if !metadata.isEmpty {
        let pairs = metadata.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\"\($0.value)\"" }
        entries.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
    }
    var body = Data()
    for tensor in tensors {
        let range = "[\(body.count),\(body.count + tensor.bytes.count)]"
        let fields = "\"dtype\":\"\(tensor.type)\",\"shape\":\(tensor.shape),\"data_offsets\":\(range)"
        entries.append("\"\(tensor.name)\":{\(fields)}")
        body.append(tensor.bytes)
    }
    return safetensors(json: "{\(entries.joined(separator: ","))}", body: body)
}

func safetensors(json: String, body: Data) -> Data {
    var padded = Data(json.utf8)
    while padded.count % 8 != 0 { padded.append(0x20) }
    var data = Data()
    withUnsafeBytes(of: UInt64(padded.count).littleEndian) { data.append(contentsOf: $0) }
    return data + padded + body
}

func floatBytes(_ values: some Sequence<Float>) -> Data {
    var data = Data()
    for value in values { withUnsafeBytes(of: value.bitPattern.littleEndian) { data.append(contentsOf: $0) } }
    return data
}

/// A checkpoint's tensors as a safetensors file holds them.
func exported(
    _ checkpoint: Checkpoint,
    prefix: String = "transformer.",
    conv1D: Bool = true
) -> [(name: String, type: String, shape: [Int], bytes: Data)] {
    checkpoint.description.tensors.map { tensor in
        let values = Array(checkpoint.parameters[tensor.range])
        guard conv1D, tensor.layer != nil, tensor.shape.count == 2 else {
            return (prefix + tensor.name, "F32", tensor.shape, floatBytes(values))
        }
        let (rows, columns) = (tensor.shape[0], tensor.shape[1])
        let turned = (0..<columns).flatMap { column in (0..<rows).map { values[$0 * columns + column] } }
        return (prefix + tensor.name, "F32", [columns, rows], floatBytes(turned))
    }
}
