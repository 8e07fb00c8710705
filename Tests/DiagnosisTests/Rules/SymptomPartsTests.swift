import Diagnosis
import Terms
import Testing
import TrainingLogs

/// Whether all parts of each symptom are there. Whoever adds one runs these, and reads what is missing.
@Suite struct SymptomPartsTests {
    @Test(arguments: SymptomRules.all) func everyPartIsThere(rule: any SymptomRule.Type) {
        for problem in RuleParts(rule).missing { Issue.record("\(rule): \(problem)") }
        #expect(
            !rule.head.thresholds.isEmpty,
            "\(rule) names no threshold: a symptom is seen where something exceeds one"
        )
    }

    @Test(arguments: SymptomRules.all) func measuresAreDeclaredOnce(rule: any SymptomRule.Type) {
        let keys = rule.measures.map(\.key)
        let labels = rule.measures.map(\.label)
        #expect(Set(keys).count == keys.count, "\(rule) declares a key twice: \(keys.sorted())")
        #expect(Set(labels).count == labels.count, "\(rule) has one label for two measures: \(labels.sorted())")
        for head in rule.measures {
            #expect(head.kind == rule.kind, "\(rule) declares \(head.key) for \(head.kind.rawValue): pass `kind`")
            #expect(!head.label.isEmpty, "\(rule): \(head.key) has no label")
            let isKey = head.key.wholeMatch(of: #/[a-z][a-zA-Z0-9]*/#) != nil
            #expect(isKey, "\(rule): \(head.key) is no key in camelCase, which report.json needs")
        }
    }

    @Test(arguments: SymptomRules.all) func symptomsReportWhatIsDeclared(rule: any SymptomRule.Type) {
        for symptom in Gallery.logs.flatMap(\.runs).flatMap(rule.symptoms).checked() {
            #expect(symptom.kind == rule.kind, "\(rule) finds a symptom of another rule")
            #expect(symptom.firstStep <= symptom.lastStep, "\(rule) finds a symptom that ends before it begins")
        }
    }

    @Test(arguments: SymptomRules.all) func nothingIsSeenInAnEmptyLog(rule: any SymptomRule.Type) {
        #expect(Set(rule.needs).count == rule.needs.count, "\(rule) needs a curve twice: \(rule.needs)")
        let empty = LogAnalysis(TrainingHistory(format: "empty"))
        #expect(empty.runs.flatMap(rule.symptoms) == [], "\(rule) sees something where there is no curve")
    }

    @Test(arguments: SymptomRules.all) func traitsDoNotContradictEachOther(rule: any SymptomRule.Type) throws {
        let traits = rule.traits
        let isSudden = traits.contains(.jump)
        #expect(!isSudden || traits.contains(.rise), "\(rule): a .jump of the loss is a .rise, too")
        #expect(
            !isSudden || traits.isDisjoint(with: [.lasting, .undated]),
            "\(rule): a .jump neither lasts nor lacks a date"
        )
        #expect(!traits.contains(.setting) || traits.contains(.undated), "\(rule): a .setting does not date an event")
        let run = try #require(Gallery.logs.first?.runs.first)
        let symptom = Symptom(
            kind: rule.kind,
            firstStep: 500,
            lastStep: 600,
            severity: .failure,
            summary: "It was seen."
        )
        let hasSuspects = !rule.suspectSteps(of: symptom, in: run).isEmpty
        #expect(hasSuspects == (rule.suspicion < .max), "\(rule): `suspectSteps` and `suspicion` belong together")
        #expect(!traits.contains(.data) || hasSuspects, "\(rule): the trait .data needs `suspectSteps`")
    }
}
