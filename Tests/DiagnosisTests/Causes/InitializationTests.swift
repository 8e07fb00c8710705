import Diagnosis
import Terms
import Testing

@Suite struct InitializationTests {
    private func ranked(first loss: Double) throws -> (severity: Severity, hypotheses: [Hypothesis]) {
        var run = SyntheticRun()
        for index in 0..<5 { run.loss[index] = loss }
        let symptom = try #require(run.first(.initialLossOff))
        let ranked = Diagnosis.rank(
            event: Event(symptoms: [symptom]),
            history: run.history,
            configuration: run.configuration
        )
        return (symptom.severity, ranked.checked())
    }

    /// Weights that start too wide are confidently wrong about every token; those of a trained model are right.
    @Test func onlyALossAboveThatOfGuessingSpeaksForWideWeights() throws {
        let wide = try ranked(first: 17)
        #expect(wide.severity == .warning)
        let best = try #require(wide.hypotheses.first)
        #expect(best.cause == .initialization && best.isSupported(by: "worse-than-guessing"))
        #expect(best.clue("worse-than-guessing")?.statement.numbers(.loss).first == 17)
        let trained = try ranked(first: 5)
        #expect(trained.severity == .info)
        #expect(trained.hypotheses[.initialization]?.isSupported(by: "worse-than-guessing") != true)
    }
}
