import AuditPipeline
import Foundation
import Replay
import Shards
import Terms

/// The files of a drill, laid out as their owner would have them.
struct DrillFolder: Sendable {
    let path: String

    /// Small pieces, so that damage in shards of 80 kB is located too.
    private static let pieceBytes = 16 << 10

    var dataPath: String { path + "/data" }
    var logPath: String { path + "/train.log" }

    func checkpointPath(updates: Int) -> String {
        path + "/checkpoints/model_" + String(format: "%08d", updates) + ".bin"
    }

    /// Makes the folders.
    /// - Throws: ``AuditError`` when the folder holds anything: nothing of the user's is written over.
    func create() throws {
        let files = FileManager.default
        if files.fileExists(atPath: path) {
            let held = (try? files.contentsOfDirectory(atPath: path)) ?? ["?"]
            guard held.isEmpty else {
                throw AuditError("\(path): is not empty; choose a new folder, nothing was written.")
            }
        }
        do {
            for name in ["data", "pristine", "checkpoints"] {
                try files.createDirectory(atPath: path + "/" + name, withIntermediateDirectories: true)
            }
        } catch {
            throw AuditError("\(path): the folder cannot be made (\(FileReason.text(error, folder: path))).")
        }
    }

    /// Writes the shards as the trainer finds them, the pristine ones, and the lock file of the pristine ones.
    func writeShards(_ plan: DrillPlan) throws {
        var entries: [ManifestEntry] = []
        for shard in [plan.validation] + plan.shards {
            let pristine = Self.bytes(shard.pristine)
            try write(pristine, to: "pristine/" + shard.name)
            try write(Self.bytes(shard.tokens), to: "data/" + shard.name)
            let pieces = stride(from: 0, to: pristine.count, by: Self.pieceBytes).map {
                Digest256.of(Array(pristine[$0..<min($0 + Self.pieceBytes, pristine.count)]))
            }
            entries.append(
                ManifestEntry(
                    name: shard.name,
                    bytes: pristine.count,
                    tokens: shard.pristine.count,
                    sha256: Digest256.of(pristine),
                    pieces: pieces
                )
            )
        }
        let manifest = Manifest(path: "", form: .lock, pieceBytes: Self.pieceBytes, entries: entries)
        try write(Array(LockFile.text(of: manifest).utf8), to: "shards.lock.json")
    }

    /// An llm.c token shard: 256 int32 of header, then uint16 tokens, little-endian.
    private static func bytes(_ tokens: [UInt16]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(1024 + 2 * tokens.count)
        for word in [20_240_520, 1, UInt32(tokens.count)] + [UInt32](repeating: 0, count: 253) {
            for shift in stride(from: 0, to: 32, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: word >> UInt32(shift)))
            }
        }
        for token in tokens {
            bytes.append(UInt8(truncatingIfNeeded: token))
            bytes.append(UInt8(truncatingIfNeeded: token >> 8))
        }
        return bytes
    }

    func writeConfiguration(_ plan: DrillPlan, fault: String) throws {
        let text = """
            run: drill-\(fault)
            logs: [train.log]
            shards:
              manifest: shards.lock.json
              directory: data
              source: pristine
            order:
              loader: contiguous
              batch: \(plan.batch)
              sequence: \(plan.sequence)
            model:
              checkpoints: checkpoints
              architecture: gpt2
              heads: \(plan.heads)
              vocabulary: \(plan.vocabulary)
              activation: \(plan.activation.rawValue)
            training:
              steps: \(plan.steps)
              precision: \(plan.isHalfPrecision ? "fp16" : "fp32")
              optimizer: \(plan.isPlainGradientDescent ? "sgd" : "adamw")
              gradientClip: \(plan.gradientClip ?? 0)
              weightDecay: \(plan.weightDecay)
              schedule: \(plan.schedule.rawValue)
              peakLearningRate: \(plan.peakLearningRate)
              floorLearningRate: \(plan.floorLearningRate)
              warmupSteps: \(plan.warmupSteps)

            """
        try write(Array(text.utf8), to: "audit.yaml")
    }

    func write(_ truth: DrillTruth) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try write(Array(try encoder.encode(truth)) + [UInt8(ascii: "\n")], to: "truth.json")
    }

    private func write(_ bytes: [UInt8], to name: String) throws {
        do {
            try Data(bytes).write(to: URL(fileURLWithPath: path + "/" + name), options: .atomic)
        } catch {
            throw AuditError("\(path)/\(name): cannot be written (\(FileReason.text(error))).")
        }
    }
}
