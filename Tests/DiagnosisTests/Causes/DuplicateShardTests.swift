import Diagnosis
import Terms
import Testing

@Suite struct DuplicateShardTests {
    private func ranked(noise: Double) -> [Hypothesis] {
        let dip = Symptom(
            kind: .lossDip,
            firstStep: 500,
            lastStep: 560,
            severity: .failure,
            summary: "The loss dips.",
            measurements: Measurements().with(LossDipRule.noiseRatio, noise)
        )
        let run = SyntheticRun()
        return Diagnosis.rank(
            event: Event(symptoms: [dip]),
            history: run.history,
            configuration: run.configuration,
            evidence: [SyntheticRun.intact]
        )
        .checked()
    }

    /// A copy of a shard is other batches that the model knows; one batch again and again leaves no noise.
    @Test func aDipAsNoisyAsTheCurveBeforeSpeaksForACopy() throws {
        let copy = try #require(ranked(noise: 1)[.duplicateShard])
        #expect(copy.isSupported(by: "noise-stays") && copy.confidence > 0.1)
        #expect(copy.nextTest.commands == [.lock], "equal digests settle it")
        let smooth = ranked(noise: 0.1)
        #expect(smooth.first?.cause == .duplicateBatch)
        #expect((smooth[.duplicateShard]?.confidence ?? 0) < 0.01)
    }
}
