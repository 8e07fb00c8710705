import Diagnosis
import Terms
import Testing
import TrainingLogs

/// How much damage convicts, and which steps the advice names.
@Suite struct DamageTests {
    private static let step = 524_288

    /// A change of domain that lasts 200 steps.
    private func shifted() -> SyntheticRun {
        var run = SyntheticRun(steps: 1500, seed: 23)
        for index in 700..<900 { run.loss[index] += 0.35 + 0.3 * exp(index) }
        return run
    }

    private func exp(_ index: Int) -> Double { 1 / (1 + Double(index - 700) / 40) }

    private func spoiled() -> SyntheticRun {
        var run = SyntheticRun()
        run.corrupt(600..<612)
        return run
    }

    private func confidence(_ cause: CauseKind, in hypotheses: [Hypothesis]) -> Double {
        hypotheses[cause]?.confidence ?? 0
    }

    @Test func oneFlippedBitAtTheOnsetOfADomainShiftIsNoCause() throws {
        let run = shifted()
        let onset = try #require(run.event).firstStep
        let ranked = run.ranked([run.damage(onset...onset, overlap: 1, tokens: 1)])
        #expect(ranked.first?.cause == .dataOrder)
        #expect(confidence(.corruptShard, in: ranked) < 0.1)
        if let suspect = ranked[.corruptShard] {
            let strongest = try #require(suspect.evidenceAgainst.first)
            #expect(strongest.clue == "damage-too-little" && strongest.statement.parts.contains(.count(1, "token")))
        }
    }

    @Test func damageOfUnknownExtentDoesNotExplainAnEventThatOutlastsIt() throws {
        let run = shifted()
        let onset = try #require(run.event).firstStep
        let unknown = run.ranked([run.damage(onset...onset, overlap: 1)])
        let suspect = try #require(unknown[.corruptShard])
        #expect(suspect.confidence < 0.9 && suspect.isOpposed(by: "event-outlasts"))
        #expect(suspect.clue("event-outlasts")?.statement.parts.contains(.count(1, "damaged step")) == true)
        #expect(confidence(.dataOrder, in: unknown) > 0.05)
    }

    @Test func fullBatchesOfDamageConvict() throws {
        let run = spoiled()
        let best = try #require(run.ranked([run.damage(601...612, tokens: 8 * Self.step)]).first)
        #expect(best.cause == .corruptShard)
        #expect(best.confidence > 0.95)
        #expect(best.isSupported(by: "damage-read"))
        #expect(best.clue("damage-read")?.statement.numbers(.share) == [1], "of the tokens of these steps")
        #expect(best.clue("event-outlasts") == nil)
    }

    @Test func theConfidenceRisesWithTheShare() {
        let run = spoiled()
        let shares = [0.0001, 0.006, 0.03, 0.1, 1].map { share in
            confidence(
                .corruptShard,
                in: run.ranked([run.damage(601...612, tokens: Int(share * 8 * Double(Self.step)))])
            )
        }
        #expect(shares == shares.sorted())
        #expect(shares[0] < 0.1 && shares[3] > 0.9)
    }

    @Test func oneTokenBeyondTheVocabularyStillConvicts() {
        var run = SyntheticRun(steps: 300)
        run.events = [LogEvent(kind: .traceback, step: 300, line: 1, text: "IndexError: index out of range in self")]
        #expect(run.ranked([run.damage(301...301, overlap: 1, tokens: 1)]).first?.cause == .corruptShard)
    }

    @Test func theAdviceNamesTheStepsThatReadTheDamage() throws {
        let run = spoiled()
        let late = try #require(run.ranked([run.damage(590...640, tokens: 8 * Self.step)]).first)
        #expect(late.fix.kind == .repair && late.fix.action.commands == [.repair])
        #expect(late.fix.action.integers == [590], "to resume before")
        #expect(late.fix.action.parts.contains(.steps(590...640)), "to skip")
        let ranges = [601...601] + (0..<8).map { 610 + 4 * $0...611 + 4 * $0 }
        let shuffled = try #require(
            run.ranked([run.damage(601...639, tokens: 8 * Self.step, ranges: ranges.reversed())]).first
        )
        let resume = min(601, run.event?.firstStep ?? 601)
        let skipped = [601, 610, 611, 614, 615, 618, 619, 622, 623, 626, 627]
        #expect(shuffled.fix.action.integers == [resume] + skipped + [3], "six ranges in order, and 3 more")
    }

    @Test func theAdviceWithoutKnownDamageIsToVerify() throws {
        let suspect = try #require(spoiled().ranked()[.corruptShard])
        #expect(suspect.fix.kind == .change && suspect.fix.action.commands == [.verify])
    }
}
