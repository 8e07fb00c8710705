import AuditPipeline
import DataOrder
import Foundation
import Shards
import Terms
import Testing
import TrainingLogs

/// A geometry that the log contradicts is never traced as exact.
@Suite struct GeometryCheckTests {
    private func outcome(order: String, log: String) async throws -> MappingOutcome {
        let scratch = try Scratch()
        try scratch.writeNumberedShards([20_000])
        try scratch.write("log.txt", log)
        try scratch.write(
            "audit.yaml",
            """
            run: order
            logs: [log.txt]
            shards: {directory: data}
            order:
              loader: contiguous
            \(order)
            """
        )
        let configuration = try ConfigurationReader.read(path: scratch.path + "/audit.yaml")
        let inventory = try await VerifyStage.run(
            configuration,
            level: .structure,
            workers: 1,
            progress: SilentProgress()
        )
        let history = try LogReader.read(paths: [scratch.path + "/log.txt"])
        return LoaderMapping.run(configuration, inventory: inventory, history: history)
    }

    private func records(_ steps: Range<Int>) -> String {
        steps.map { "step \($0) | loss: 5.\($0) | lr 6.0000e-04 | norm: 0.4 | dt: 300.00ms\n" }
            .joined()
    }

    @Test func aBatchThatTheLogContradictsIsRefusedWithBothPlaces() async throws {
        let log = "total desired batch size: 128\n=> calculated gradient accumulation steps: 2\n" + records(0..<9)
        let found = try await outcome(order: "  batch: 8\n  sequence: 16", log: log)
        let reason = try #require(found.reason)
        #expect(found.map == nil)
        #expect(reason.contains("batch 8 (audit.yaml line 6), sequence 16 (audit.yaml line 7)"))
        #expect(reason.contains("make 256 tokens per step; the log prints 128 (line 1), which is batch 4"))
        let right = try await outcome(order: "  batch: 4\n  sequence: 16", log: log)
        #expect(try #require(right.map).microBatches(step: 3).allSatisfy { $0.confidence == .exact })
        #expect(right.assumptions.contains("order.accumulation: 2, as the log prints it (line 2)"))
    }

    @Test func stepsBehindAResumeWithAnotherBatchAreUnknown() async throws {
        func banner(_ total: Int, _ accumulation: Int) -> String {
            "total desired batch size: \(total)\n=> calculated gradient accumulation steps: \(accumulation)\n"
        }
        let log = banner(128, 2) + records(0..<9) + banner(256, 4) + records(6..<20)
        let map = try #require(try await outcome(order: "  batch: 4\n  sequence: 16", log: log).map)
        #expect(try map.microBatches(step: 5).allSatisfy { $0.confidence == .exact })
        #expect(try map.microBatches(step: 6).allSatisfy { $0.confidence == .unknown })
        #expect(map.doubt?.reason.contains("accumulation 2 (line 2) and, before step 6, 4") == true)
    }

    private func megatron(_ sizes: [Int]) -> String {
        var consumed = 0
        return sizes.enumerated().map { index, size in
            consumed += size
            return
                " iteration \(index + 1)/ 99 | consumed samples: \(consumed) | global batch size: \(size) | lm loss: "
                + "5.\(index)E+00 | loss scale: 1.0 | grad norm: 0.3 |\n"
        }.joined()
    }

    @Test func aBatchThatGrowsInTheRecordsIsKnownOnlyUpToThere() async throws {
        let log = megatron([4, 4, 4, 8, 8, 8])
        let map = try #require(try await outcome(order: "  batch: 4\n  sequence: 16", log: log).map)
        #expect(try map.microBatches(step: 3).allSatisfy { $0.confidence == .exact })
        #expect(try map.microBatches(step: 4).allSatisfy { $0.confidence == .unknown })
        let ramp = "  batch: 4\n  sequence: 16\n  ramp: [{step: 4, batch: 8}]"
        let ramped = try #require(try await outcome(order: ramp, log: log).map)
        #expect(ramped.doubt == nil)
        let late = "  batch: 4\n  sequence: 16\n  ramp: [{step: 5, batch: 8}]"
        #expect(try #require(try await outcome(order: late, log: log).map).doubt?.step == 4)
    }

    @Test func aTotalThatTheStepsDoNotReachIsRefused() async throws {
        // The run began with smaller batches, which this part of its log does not show.
        let log = megatron([4, 4, 4, 8, 8, 8]).split(separator: "\n").suffix(3).joined(separator: "\n") + "\n"
        let found = try await outcome(order: "  batch: 8\n  sequence: 16", log: log)
        #expect(found.map == nil && found.reason?.contains("up to step 6") == true)
    }

    @Test func valuesThatDisagreeAreAskedFor() async throws {
        let dump =
            "  micro_batch_size ................................ 8\n  micro_batch_size ................................ 4\n"
        let found = try await outcome(order: "  sequence: 16", log: dump + megatron([8, 8, 8]))
        #expect(found.reason == "order.batch is needed: the log prints 8 (line 1) and 4 (line 2)")
    }
}
