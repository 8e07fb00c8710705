import Foundation
import Replay

/// The collection of real training runs that lies beside the checkout on development machines.
enum Corpus {
    static let root: URL = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("shared/corpus")

    static var isPresent: Bool {
        FileManager.default.fileExists(atPath: root.appendingPathComponent("reference/reference.json").path)
    }

    /// PyTorch's numbers for one checkpoint and batch.
    struct Reference: Decodable {
        struct Tokens: Decodable {
            var file: String
            var tok_start: Int
            var B: Int
            var T: Int
        }
        struct Statistics: Decodable {
            var mean: Double
            var std: Double
            var absmax: Double
        }
        struct Attention: Decodable {
            var score_absmax: Double
        }
        struct Gradient: Decodable {
            var norm: Double
        }
        var tag: String
        var checkpoint: String
        var activation_fn: String
        var n_head: Int
        var updates_done: Int
        var loss_float64_from_fp32_logits: Double
        var global_grad_norm: Double
        var tokens: Tokens
        var tensor_file: String
        var tensor_file_has_full_grads: Bool
        var activations: [String: Statistics]
        var attention: [String: Attention]
        var grads: [String: Gradient]

        var heads: Int { n_head }

        var activation: Activation {
            switch activation_fn {
            case "gelu_exact_erf": .gelu
            case "relu": .relu
            default: .geluTanh
            }
        }

        func load() throws -> Checkpoint {
            try Checkpoint.read(
                path: Corpus.root.appendingPathComponent("reference/" + checkpoint).standardizedFileURL.path,
                overrides: CheckpointOverrides(heads: heads, activation: activation)
            )
        }

        func rows() throws -> [TokenRow] {
            try Corpus.rows(file: tokens.file, start: tokens.tok_start, batch: tokens.B, length: tokens.T)
        }
    }

    /// Real AdamW steps.
    struct OptimizerRun: Decodable {
        struct Step: Decodable {
            var shard: String
            var tok_start: Int
            var loss: String
            var grad_norm: Double
            var lr: Double
            var update_norms: [String: Double]
            var weight_norms: [String: Double]
        }
        var checkpoint: String
        var optimizer_state: String
        var steps: [Step]
    }

    private struct Document: Decodable {
        var references: [Reference]
        var optimizer_steps: [OptimizerRun]
    }

    private static func document() throws -> Document {
        let data = try Data(contentsOf: root.appendingPathComponent("reference/reference.json"))
        return try JSONDecoder().decode(Document.self, from: data)
    }

    static func reference(_ tag: String) throws -> Reference? {
        try document().references.first { $0.tag == tag }
    }

    static func optimizerRun() throws -> OptimizerRun? { try document().optimizer_steps.first }

    /// Rows of B * T + 1 consecutive tokens of a uint16 shard; `file` is relative to the reference folder.
    static func rows(file: String, start: Int, batch: Int, length: Int) throws -> [TokenRow] {
        let url = root.appendingPathComponent("reference/" + file).standardizedFileURL
        let header = file.hasSuffix(".npy") ? 128 : file.contains("nanogpt") ? 0 : 1024
        let bytes = try Data(contentsOf: url).dropFirst(header)
        return (0..<batch).map { row in
            let first = start + row * length
            let stream = (first...first + length).map { token -> Int32 in
                let at = bytes.startIndex + 2 * token
                return Int32(bytes[at]) | Int32(bytes[at + 1]) << 8
            }
            return TokenRow(
                stream: stream,
                row: row,
                shard: url.lastPathComponent,
                tokens: first..<first + length + 1
            )
        }
    }

    /// The fp32 tensors of a safetensors file, by name.
    static func tensors(_ path: String) throws -> [String: (shape: [Int], values: [Float])] {
        let data = try Data(contentsOf: root.appendingPathComponent(path))
        return try data.withUnsafeBytes { bytes in
            let header = try SafetensorsHeader.parse(bytes, path: path)
            var result: [String: (shape: [Int], values: [Float])] = [:]
            for (name, entry) in header.entries where entry.type == "F32" {
                let values = stride(from: entry.range.lowerBound, to: entry.range.upperBound, by: 4).map { offset in
                    let at = header.dataStart + offset
                    return Float(
                        bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self))
                    )
                }
                result[name] = (entry.shape, values)
            }
            return result
        }
    }
}
