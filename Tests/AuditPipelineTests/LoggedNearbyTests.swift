import AuditPipeline
import Replay
import Testing
import TrainingLogs

/// Whether control batches can be of the model that wrote a log.
@Suite struct LoggedNearbyTests {
    private func curve(_ values: [Double], from step: Int = 90) -> Series {
        var series = Series()
        for (index, value) in values.enumerated() { series.append(step: step + index, value: value) }
        return series
    }

    private func result(_ controls: Double...) -> ReplayResult {
        ReplayResult(
            suspect: BatchEvaluation(loss: 3, rowLosses: [3], probes: []),
            controls: controls.enumerated().map { .init(step: $0.0, loss: $0.1) }
        )
    }

    @Test func anotherModelCostsFarMore() throws {
        let nearby = try #require(LoggedNearby(curve([3.1, 3.0, 3.2, 3.1, 3.0]), around: 92))
        #expect(nearby.isExceeded(by: result(8.1, 8.2, 8.0)))
        #expect(!nearby.isExceeded(by: result(3.2, 3.3, 3.1)))
        // Without the run's dropout a replay is cheaper.
        #expect(!nearby.isExceeded(by: result(2.2, 2.3, 2.1)))
        // Noise alone is no sign, nor is a difference below a tenth.
        #expect(!nearby.isExceeded(by: result(3, 9, 4)))
        #expect(!nearby.isExceeded(by: result(3.50, 3.51, 3.50)))
        #expect(!nearby.isExceeded(by: result(8.1)))
    }

    @Test(arguments: [Int.min, Int.max, 0, 500]) func withoutRecordsThereNothingIsSaid(step: Int) {
        #expect(LoggedNearby(curve([3, 3, 3, 3, 3]), around: step) == nil)
        #expect(LoggedNearby(curve([3, .nan, 3, 3]), around: 92) == nil)
    }
}
