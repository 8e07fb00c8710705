import AuditPipeline
import DataOrder
import Diagnosis
import Foundation
import Reporting
import Shards
import Terms
import Testing
import TrainingLogs

/// A log that shows one batch fed again and again puts the map in doubt before anything is traced, whoever traces.
@Suite struct RepeatedBatchTests {
    /// A run of 700 steps; in a hundred of them the noise of changing batches is gone, and the loss falls as of one batch.
    private func scratch(isRepeated: Bool) throws -> Scratch {
        func loss(_ step: Int) -> Double {
            let level = 3 + 3 / (1 + Double(step) / 30)
            if isRepeated, (420..<520).contains(step) { return 0.9 + (level - 0.9) * exp(-Double(step - 420) / 12) }
            let square = Double(step * step)
            return level + 0.05 * sin(square) + 0.04 * sin(1.7 * square + 0.3)
        }
        let scratch = try Scratch()
        try scratch.writeNumberedShards([9000, 9000, 9000])
        let lines = (1...700).map {
            "step \($0)/700 | train loss \(loss($0)) | norm 1.0000 | lr 1.00e-03 | (9.00 ms | 3556 tok/s)\n"
        }
        try scratch.write("log.txt", lines.joined())
        try scratch.write(
            "audit.yaml",
            """
            run: repeated
            logs: [log.txt]
            shards: {directory: data}
            order: {loader: llm.c-python, batch: 2, sequence: 16}
            """
        )
        return scratch
    }

    private func load(_ scratch: Scratch) async throws -> LoadedRun {
        let configuration = try ConfigurationReader.read(path: scratch.path + "/audit.yaml")
        return try await LoadedRun.load(configuration, level: .structure, workers: 1, progress: SilentProgress())
    }

    @Test func theDoubtIsThereBeforeSpansAreMade() async throws {
        let scratch = try scratch(isRepeated: true)
        let run = try await load(scratch)
        let map = try run.requiredMap(configurationPath: "audit.yaml").map
        let doubt = try #require(map.doubt)
        // Before the repetition shows in the losses, and never after it.
        #expect((405...420).contains(doubt.step))
        #expect(try map.microBatches(step: doubt.step - 1).allSatisfy { $0.confidence == .exact })
        for step in [doubt.step, 520, 700] {
            let spans = try map.microBatches(step: step).flatMap(\.spans)
            #expect(!spans.isEmpty)
            #expect(spans.allSatisfy { $0.confidence == .unknown && $0.reason == doubt.reason }, "step \(step)")
        }

        // A trace says so of each span, and where it goes from data to steps beside them.
        let stage = StepTracer(run, map: map)
        let traced = try stage.trace(steps: doubt.step - 2..<doubt.step + 2)
        #expect(Set(traced.spans.compactMap(\.step)).count == 4)
        for span in traced.spans {
            let step = try #require(span.step)
            #expect(span.span.confidence == (step < doubt.step ? .exact : .unknown), "step \(step)")
        }
        let inverse = try stage.trace(shard: "x_train_000003.bin", tokens: nil)
        #expect(inverse.notes.count == run.order.assumptions.count + 1)
        #expect(inverse.notes.first?.contains(doubt.reason) == true)

        // An audit holds the very spans that a trace of their steps gives.
        let report = try await run.configuration.audited().report
        let finding = try #require(report.findings.first)
        #expect(finding.hypotheses.first?.cause == .duplicateBatch)
        let confidences = Set(finding.spans.map(\.span.confidence))
        #expect(confidences.contains(.unknown) && confidences.isSubset(of: [.exact, .unknown]))
        for span in report.findings.flatMap(\.spans) {
            let step = try #require(span.step)
            #expect(try stage.trace(steps: step..<step + 1).spans.contains(span), "step \(step)")
        }
    }

    @Test func aRunWithoutRepetitionIsBelieved() async throws {
        let run = try await load(scratch(isRepeated: false))
        let map = try run.requiredMap(configurationPath: "audit.yaml").map
        #expect(map.doubt == nil)
        #expect(try map.microBatches(step: 700).allSatisfy { $0.confidence == .exact })
    }
}
