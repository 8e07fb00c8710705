import Foundation
import Terms
import Testing
import TrainingLogs

/// Each log format of the list is complete: what is missing is named.
@Suite struct LogFormatTests {
    private static let tests = URL(filePath: #filePath).deletingLastPathComponent()
    private static let guide = tests.deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Documentation.docc/Guides/Reading-training-logs.md")

    /// What the tests of this folder say.
    private static let texts: String = {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: tests.path)) ?? []
        return names.compactMap { try? String(contentsOf: tests.appending(path: $0), encoding: .utf8) }.joined()
    }()

    private static let rows: [Substring] =
        ((try? String(contentsOf: guide, encoding: .utf8)) ?? "").split(separator: "\n").filter { $0.hasPrefix("| `") }

    @Test(arguments: LogFormats.all.map(\.id)) func everyFormatIsComplete(id: String) throws {
        let format = try #require(LogFormats.all.first { $0.id == id })
        #expect(LogFormats.all.filter { $0.id == id }.count == 1, "two log formats have the id \(id)")
        #expect(!format.title.isEmpty, "the log format \(id) needs a title")
        #expect(!format.pattern.isEmpty, "the log format \(id) needs the pattern of a training line")
        #expect(!format.trainers.isEmpty, "the log format \(id) needs the names that `trainer:` may have for it")
        let isTested = Self.texts.contains("\"\(id)\"")
        #expect(isTested, "the log format \(id) needs a test in Tests/TrainingLogsTests")
    }

    /// The table of the guide says of each format what its description says.
    @Test(arguments: LogFormats.all.map(\.id)) func everyFormatIsInTheGuide(id: String) throws {
        let scopes: [LossScope: String] = [
            .step: "the mean of the step", .microBatch: "one micro-batch", .interval: "the mean since the last line",
            .movingAverage: "a moving average", .unknown: "not told",
        ]
        let format = try #require(LogFormats.all.first { $0.id == id })
        let ending = "| \(scopes[format.lossScope] ?? "") | \(format.stepBase.map(String.init) ?? "as printed") |"
        let row = try #require(
            Self.rows.first { $0.hasPrefix("| `\(id)` |") },
            "the table of \(Self.guide.lastPathComponent) needs a row for \(id), ending in \(ending)"
        )
        #expect(row.hasSuffix(ending), "the row of \(id) in the guide must end in \(ending)")
    }

    @Test func everyRowOfTheGuideIsAFormat() {
        #expect(Self.rows.count == LogFormats.all.count)
    }
}
