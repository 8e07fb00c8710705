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
