import AuditPipeline
import Drills
import Foundation
import Testing

@Suite(.serialized) struct DrillScoreTests {
    @Test func aScoreCountsWhatTheAuditSaid() async throws {
        let score = DrillScore(faults: ["none-short", "learning-rate-zero"], seeds: 3...3, workers: 2)
        let document = try await score.run(progress: SilentProgress())
        #expect(document.runs.map(\.fault) == ["none-short", "learning-rate-zero"])
        #expect(document.totals.healthy == 1 && document.totals.falseAlarms == 0)
        #expect(document.totals.faulty == 1 && document.totals.top1 == 1 && document.totals.broken == 0)
        #expect(document.confusion["learning-rate-zero"] == ["learning-rate-zero": 1])
        let brier = try #require(document.totals.brier)
        #expect(brier >= 0 && brier < 0.1)
        #expect(document.text.contains("top-1 1/1"))
        #expect(document.totals.reliability.map(\.count).reduce(0, +) == 1)
        #expect(document.totals.reliability.map(\.right).reduce(0, +) == 1)
        let bin = try #require(document.totals.reliability.first)
        #expect(bin.from <= bin.confidence && bin.confidence <= bin.to)
        #expect(document.text.contains("confidence   causes   mean   right"))
    }

    @Test func whatOnlyCheckpointsShowIsFound() async throws {
        let score = DrillScore(faults: ["dead-units", "attention-unscaled"], seeds: 3...3, workers: 2)
        let document = try await score.run(progress: SilentProgress())
        #expect(document.totals.top1 == 2, "\(document.text)")
    }

    @Test func anOldCheckpointAndTooFewDataAreFound() async throws {
        let score = DrillScore(faults: ["resume-discontinuity", "data-exhaustion"], seeds: 4...4, workers: 2)
        let document = try await score.run(progress: SilentProgress())
        #expect(document.totals.top1 == 2, "\(document.text)")
        #expect(document.runs.map { $0.said.first?.cause } == ["resume-discontinuity", "data-exhaustion"])
    }

    @Test func aFolderThatIsTakenIsAProblemAndNoAnswer() async throws {
        let scratch = TemporaryFolder()
        defer { scratch.remove() }
        try FileManager.default.createDirectory(
            atPath: scratch.path + "/none-short-1/held",
            withIntermediateDirectories: true
        )
        let score = DrillScore(faults: ["none-short"], seeds: 1...1, workers: 1, folder: scratch.path)
        let document = try await score.run(progress: SilentProgress())
        #expect(document.totals.broken == 1 && document.totals.healthy == 0)
        #expect(document.runs.first?.problem?.contains("is not empty") == true)
    }
}
