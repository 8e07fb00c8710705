import Diagnosis
import Foundation
import Terms
import Testing
import TrainingLogs

/// Whether all parts of each cause are there. Whoever adds one runs these, and reads what is missing.
@Suite struct CausePartsTests {
    @Test(arguments: CauseRules.all) func everyPartIsThere(rule: any CauseRule.Type) {
        for problem in RuleParts(rule).missing { Issue.record("\(rule): \(problem)") }
    }

    @Test(arguments: CauseRules.all) func whatItExplainsIsSeenByARule(rule: any CauseRule.Type) {
        #expect(!rule.explains.isEmpty, "\(rule) explains nothing: name kinds of symptoms in `explains`")
        for kind in rule.explains {
            let isSeen = SymptomRules.rule(of: kind) != nil
            #expect(isSeen, "\(rule) explains \(kind.rawValue), which no rule of SymptomRules.all looks for")
        }
    }

    @Test(arguments: CauseRules.all) func oppositesAreMutual(rule: any CauseRule.Type) throws {
        for kind in rule.opposites {
            #expect(kind != rule.kind, "\(rule) is its own opposite")
            let other = try #require(CauseRules.rule(of: kind), "\(rule) opposes \(kind.rawValue), which is no cause")
            #expect(other.opposites.contains(rule.kind), "\(rule) opposes \(other): let \(other) oppose it, too")
        }
    }

    /// Weighs the cause in made-up cases of all that it explains, with and without evidence, and in the gallery.
    @Test(arguments: CauseRules.all) func cluesAndAdviceAreComplete(rule: any CauseRule.Type) {
        var problems: Set<String> = []
        for known in Self.cases(of: rule.explains) + Self.found {
            let isShown = known.shows(anyOf: rule.explains)
            if isShown, !rule.isPossible(known) {
                problems.insert("it explains a symptom for which it is not possible")
            }
            guard rule.isPossible(known), let weighing = rule.weigh(known) else { continue }
            problems.formUnion(weighing.clues.problems)
            if rule.nextTest(known).isEmpty { problems.insert("it has no `nextTest`") }
            if rule.fix(known).action.isEmpty { problems.insert("it has no `fix`") }
        }
        for problem in problems.sorted() { Issue.record("\(rule): \(problem)") }
    }

    private static let spoilt: SyntheticRun = {
        var run = SyntheticRun()
        run.corrupt(600..<612)
        return run
    }()

    private static let evidence: [[Evidence]] = {
        let replay = ReplayContrast(
            step: 603,
            checkpointStep: 550,
            suspectLoss: 9,
            controlMean: 4,
            controlDeviation: 0.1,
            controlCount: 8,
            zScore: 50
        )
        return [[], [SyntheticRun.intact], [spoilt.damage(601...612), .replay(replay)]]
    }()

    /// Made-up cases in which one kind is seen and nothing else.
    private static func cases(of kinds: Set<SymptomKind>) -> [Case] {
        let log = LogAnalysis(spoilt.history, configuration: spoilt.configuration)
        return kinds.flatMap { kind in
            let seen = Symptom(kind: kind, firstStep: 601, lastStep: 700, severity: .failure, summary: "It was seen.")
            return evidence.map { Case(event: Event(symptoms: [seen]), analysis: log, evidence: $0) }
        }
    }

    private static let found: [Case] = Gallery.logs.flatMap { log in
        Diagnosis.events(from: log.symptoms()).flatMap { event in
            evidence.map { Case(event: event, analysis: log, evidence: $0) }
        }
    }

    /// Clues are private to their rules: what no case shows is looked up in the source.
    @Test(arguments: CauseRules.all) func everyClueHasAReasonAndIsWeighed(rule: any CauseRule.Type) throws {
        let file = RuleParts(rule).file
        let text = try #require(PackageFiles.text(file), "\(rule) does not stand in \(file)")
        for reason in text.matches(of: #/because:\s*"([^"]*)"/#) where reason.1.allSatisfy(\.isWhitespace) {
            Issue.record(
                "\(rule): a clue in \(file) has an empty reason: say after `because:` what its weight rests on"
            )
        }
        let words = text.matches(of: #/\w+/#).map(\.output)
        for clue in text.matches(of: #/static let (\w+) = Clue\b/#).map(\.1) {
            #expect(words.count { $0 == clue } > 1, "\(rule): the clue `\(clue)` in \(file) is never weighed")
        }
    }
}
