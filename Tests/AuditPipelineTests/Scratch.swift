import AuditPipeline
import Foundation

/// A folder that is removed with the value that owns it.
final class Scratch: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "/pipeline-tests-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ name: String, _ text: String) throws {
        let url = URL(fileURLWithPath: path + "/" + name)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
    }

    func data(_ name: String) -> Data? { FileManager.default.contents(atPath: path + "/" + name) }

    /// Every file below the folder with its bytes, to prove that nothing was changed.
    func snapshot() -> [String: Data] {
        var result: [String: Data] = [:]
        for name in FileManager.default.enumerator(atPath: path)?.compactMap({ $0 as? String }) ?? [] {
            if let data = data(name) { result[name] = data }
        }
        return result
    }
}

extension Scratch {
    /// A log of losses from step 0 on, and a configuration that names it.
    /// - Parameters:
    ///   - run: The run's name.
    ///   - losses: The training loss of each step.
    ///   - more: Further sections of the configuration.
    func writeRun(_ run: String, losses: [Double], more: String = "") throws {
        let lines = losses.enumerated().map { "s:\($0.offset) trl:\($0.element)" }
        try write("train.log", lines.joined(separator: "\n") + "\n")
        try write("audit.yaml", "run: \(run)\nlogs: [train.log]\n" + more)
    }

    /// The manifest SHA256SUMS of shards that are not in the folder data.
    func writeMissingShards(_ count: Int) throws {
        let sums = (0..<count).map { "\(String(repeating: "ab", count: 32))  shard_\($0).bin" }
        try write("SHA256SUMS", sums.joined(separator: "\n") + "\n")
        try write("data/other.txt", "x")
    }

    /// Shards of llm.c's form in the folder data whose tokens are numbered through, modulo 65,536.
    func writeNumberedShards(_ sizes: [Int]) throws {
        var token: UInt16 = 0
        for (index, size) in sizes.enumerated() {
            var bytes = [UInt8](repeating: 0, count: 1024)
            for (place, value) in [20_240_520, 1, size].enumerated() {
                for byte in 0..<4 { bytes[4 * place + byte] = UInt8(truncatingIfNeeded: value >> (8 * byte)) }
            }
            for _ in 0..<size {
                bytes += [UInt8(truncatingIfNeeded: token), UInt8(truncatingIfNeeded: token >> 8)]
                token &+= 1
            }
            let name = "data/x_train_00000\(index + 1).bin"
            try write(name, "")
            try Data(bytes).write(to: URL(fileURLWithPath: path + "/" + name))
        }
    }
}

/// The folder of real incidents beside the checkout; tests that use it are skipped where it is absent.
enum Corpus {
    static let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("shared/corpus").path

    static var isPresent: Bool { FileManager.default.fileExists(atPath: path + "/truth_index.csv") }
}

extension AuditConfiguration {
    /// Audits with the defaults of the command line.
    func audited() async throws -> Audit.Outcome {
        try await Audit(configuration: self, options: .init(workers: 2)).run()
    }
}
