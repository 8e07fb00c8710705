import Diagnosis
import Foundation
import Terms
import Testing

/// A batch that is read again and again is learned without noise.
@Suite struct QuietStretchTests {
    /// A run whose loader repeats one batch: the loss falls smoothly, and what was learned is lost behind it.
    private func repeating(_ records: Range<Int>, noise: Double = 0.15, seed: UInt64 = 1) -> SyntheticRun {
        var run = SyntheticRun(steps: 800, initial: 6, floor: 2.6, noise: noise, seed: seed)
        let begin = run.loss[records.lowerBound - 1] - 0.1
        for (offset, record) in records.enumerated() { run.loss[record] = begin - 0.02 * Double(offset) }
        return run
    }

    @Test(arguments: [12, 30, 80], 1...3 as ClosedRange<UInt64>)
    func aRepeatedBatchIsADipWithExactEdges(length: Int, seed: UInt64) throws {
        let run = repeating(470..<470 + length, seed: seed)
        let dip = try #require(run.first(.lossDip))
        #expect(abs(dip.firstStep - 471) <= 2)
        #expect(abs(dip.lastStep - (470 + length)) <= 2)
        #expect(dip.severity == .failure)
        #expect(run.first(.lossStepUp) == nil)
        #expect(run.ranked().first?.cause == .duplicateBatch)
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>) func ordinaryNoiseIsNotQuiet(seed: UInt64) {
        let run = SyntheticRun(steps: 2000, noise: 0.1, seed: seed)
        let noise = RecordNoise(run.loss, curve: LearningCurve(run.loss))
        #expect(QuietStretches.find(run.loss, noise: noise).isEmpty)
    }

    /// The records of a fresh model hardly differ from one another: it guesses alike on every batch.
    @Test func aFreshModelIsNotQuiet() {
        var run = SyntheticRun(steps: 400, initial: 6, floor: 2.6, noise: 0.1)
        var generator = SeededGenerator(seed: 3)
        for record in 0..<30 { run.loss[record] = 6.2 - 0.02 * Double(record) + 0.001 * generator.normal() }
        let noise = RecordNoise(run.loss, curve: LearningCurve(run.loss))
        #expect(QuietStretches.find(run.loss, noise: noise).isEmpty)
    }

    @Test func lossesInFewDigitsAreNotQuiet() {
        var run = SyntheticRun(steps: 400, noise: 0.01)
        run.loss = run.loss.map { ($0 * 100).rounded() / 100 }
        let noise = RecordNoise(run.loss, curve: LearningCurve(run.loss))
        #expect(QuietStretches.find(run.loss, noise: noise).isEmpty)
    }
}
