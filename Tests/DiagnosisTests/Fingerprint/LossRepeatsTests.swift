import Diagnosis
import Foundation
import Terms
import Testing
import TrainingLogs

/// The symptom, its causes, and what a resume went on with.
@Suite struct LossRepeatsTests {
    private static let batches = FingerprintTests.batches(2000, seed: 11)

    private static func run(_ series: Series, tokens: Int? = nil) -> RunCurves {
        var configuration = TrainingConfiguration()
        configuration.trainTokens = tokens
        configuration.tokensPerStep = 100
        let history = TrainingHistory(format: "test", lossScope: .step, train: series)
        return RunCurves.runs(of: history, configuration: configuration)[0]
    }

    private static func causes(_ run: RunCurves) throws -> [Hypothesis] {
        let analysis = LogAnalysis(run.history, configuration: run.configuration)
        let events = Diagnosis.events(from: analysis.symptoms())
        let event = try #require(events.first { event in event.symptoms.contains { $0.kind == .lossRepeats } })
        return analysis.rank(event)
    }

    @Test func lossesOfThePassBeforeToTheDigitAreAFailure() throws {
        let pass = (0..<60).map { 4 + (Self.batches[$0] * 100).rounded() / 1000 }
        let run = Self.run(Series(steps: Array(1...240), values: pass + pass + pass + pass))
        let symptom = try #require(LossRepeatsRule.symptoms(in: run).first)
        #expect(symptom.severity == .failure && symptom[LossRepeatsRule.exact] == true)
        #expect(symptom[LossRepeatsRule.lag] == 60 && symptom.firstStep == 61 && symptom.lastStep == 240)
        #expect(try Self.causes(run).first?.cause == .optimizerNotStepping)
    }

    /// Two digits repeat by chance, and a constant loss is a symptom of its own.
    @Test func coarseAndConstantLossesDoNotRepeat() {
        for seed in 1...20 as ClosedRange<UInt64> {
            let coarse = FingerprintTests.batches(2000, seed: seed).map { 3 + ($0 / 2).rounded() / 10 }
            let run = Self.run(Series(steps: Array(0..<2000), values: coarse))
            #expect(LossRepeatsRule.symptoms(in: run) == [], "seed \(seed)")
        }
        let constant = Self.run(Series(steps: Array(0..<200), values: Array(repeating: 3.25, count: 200)))
        #expect(LossRepeatsRule.symptoms(in: constant) == [])
    }

    @Test(arguments: [(nil, Severity.info), (200_000, .warning), (50_000, .info)] as [(Int?, Severity)])
    func theLengthOfAPassDecidesHowGraveItIs(tokens: Int?, severity: Severity) throws {
        var batches = Self.batches
        batches.replaceSubrange(1100..<1400, with: batches[600..<900])
        let run = Self.run(FingerprintTests.curve(batches), tokens: tokens)
        let symptom = try #require(LossRepeatsRule.symptoms(in: run).first)
        #expect(symptom.severity == severity && symptom[LossRepeatsRule.lag] == 500)
        let causes = try Self.causes(run).map(\.cause)
        #expect(causes.first == (tokens == 50_000 ? .dataOrder : .duplicateShard))
        #expect(!causes.contains(.optimizerNotStepping))
    }

    private static func resumed(_ after: [Double], at step: Int, old: Int = 1000) -> ResumeOrder.Reading? {
        let whole = FingerprintTests.curve(Array(batches[..<old]))
        let later = FingerprintTests.curve(Array(repeating: 0, count: step) + after)
        let steps = whole.steps + later.steps[step...]
        let values = whole.values + later.values[step...]
        return run(Series(steps: steps, values: values)).repetitions.resumes.first?.reading
    }

    @Test func aResumeThatGoesOnReadsTheSameBatchesInTheStepsRunTwice() throws {
        guard case .sameBatches(let correlation, let records) = Self.resumed(Array(Self.batches[900...]), at: 900)
        else {
            Issue.record("not seen")
            return
        }
        #expect(correlation > 0.9 && records == 100)
    }

    @Test func aResumeThatStartsOverReadsTheBeginning() throws {
        guard case .readAgain(let stretch, let isBeginning) = Self.resumed(Array(Self.batches[..<900]), at: 900)
        else {
            Issue.record("not seen")
            return
        }
        #expect(isBeginning && stretch.lag == 900 && stretch.correlation > 0.9)
    }

    @Test func aResumeWithOtherBatchesIsSeenAsSuch() throws {
        let other = FingerprintTests.batches(900, seed: 12)
        guard case .otherBatches(let correlation, let records) = Self.resumed(other, at: 900)
        else {
            Issue.record("not seen")
            return
        }
        #expect(abs(correlation) < 0.4 && records == 100)
        #expect(Self.resumed(Array(other[..<30]), at: 990) == .unknown)
    }

    @Test(.enabled(if: CorpusRun.isPresent, "needs ../shared/corpus"))
    func aShardThatIsThereTwiceIsNamed() throws {
        let run = try #require(CorpusRun(named: "d11"))
        let analysis = LogAnalysis(run.history, configuration: run.configuration)
        let symptom = try #require(analysis.symptoms().first { $0.kind == .lossRepeats })
        #expect(symptom[LossRepeatsRule.lag] == 350 && symptom.severity == .warning)
        #expect(abs(symptom.firstStep - 526) < 20 && symptom.lastStep == 700)
        let event = try #require(Diagnosis.events(from: [symptom]).first)
        #expect(analysis.rank(event).first?.cause == .duplicateShard)
    }
}
