import Foundation
import Testing
import TrainingLogs

/// Reads a log written in a test. A last line without its line end gets one: see ``readAsItStands(_:trainer:)``.
func read(_ text: String, trainer: String? = nil) throws -> TrainingHistory {
    try readAsItStands(text.hasSuffix("\n") || text.hasSuffix("\r") ? text : text + "\n", trainer: trainer)
}

/// Reads a log written in a test, whose last line may have no end.
func readAsItStands(_ text: String, trainer: String? = nil) throws -> TrainingHistory {
    try LogReader.parse(bytes: Array(text.utf8), name: "test.log", trainer: trainer)
}

/// The error a log written in a test gives.
func failure(_ bytes: [UInt8], trainer: String? = nil) -> LogError? {
    do {
        _ = try LogReader.parse(bytes: bytes, name: "test.log", trainer: trainer)
        return nil
    } catch {
        return error
    }
}

/// Public data beside the checkout; tests that need it are skipped when it is absent.
enum Shared {
    static let folder: URL = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "shared")
    static let logs = folder.appending(path: "logs")
    static let corpus = folder.appending(path: "corpus")
    static func exists(_ url: URL) -> Bool { FileManager.default.fileExists(atPath: url.path) }
}

/// A folder of its own for one test.
final class Scratch {
    let folder: URL
    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "logs-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }
    deinit { try? FileManager.default.removeItem(at: folder) }

    func write(_ text: String, as name: String) throws -> String {
        let url = folder.appending(path: name)
        try Data(text.utf8).write(to: url)
        return url.path
    }
}

/// SplitMix64, for bytes that are the same in every run.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

extension Series {
    /// Equality that takes NaN for equal to NaN.
    func matches(_ other: Series) -> Bool {
        steps == other.steps && zip(values, other.values).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) }
    }
}
