import Diagnosis
import Foundation
import Guide
import Terms
import Testing

/// The two lists of rules, and what stands in the folders beside them.
@Suite struct RulesTests {
    @Test func idsAndTitlesAreUnique() {
        let (symptoms, causes) = (SymptomRules.heads, CauseRules.heads)
        let ids = (symptoms + causes).map(\.id)
        #expect(Set(ids).count == ids.count, "`explain` knows a page by its id alone")
        for heads in [symptoms, causes] {
            let titles = heads.map(\.title)
            #expect(Set(titles).count == titles.count)
        }
        #expect(SymptomRules.kinds.map(\.rawValue) == symptoms.map(\.id))
        #expect(CauseRules.kinds.map(\.rawValue) == causes.map(\.id))
    }

    @Test func everyRuleIsInItsList() {
        let listed = SymptomRules.all.map { "\($0)" } + CauseRules.all.map { "\($0)" }
        for (path, text) in PackageFiles.files(below: "Sources/Diagnosis", ending: ".swift") {
            for rule in text.matches(of: #/(?m)^(?:package )?(?:enum|struct) (\w+): (Symptom|Cause)Rule\b/#) {
                let list = "Sources/Diagnosis/Rules/\(rule.2)Rules.swift"
                #expect(listed.contains(String(rule.1)), "\(rule.1) of \(path) is in no list: add a line to \(list)")
            }
        }
    }

    @Test func everyPageHasARule() {
        let pages = ["Symptoms": SymptomRules.kinds.map(\.rawValue), "Causes": CauseRules.kinds.map(\.rawValue)]
        for (folder, ids) in pages {
            for (path, _) in PackageFiles.files(below: "Documentation.docc/\(folder)", ending: ".md") {
                let isKnown = ids.contains { path == "Documentation.docc/\(folder)/\($0).md" }
                #expect(isKnown, "\(path) is the page of no rule: name it after the id of one, or remove it")
            }
        }
    }

    @Test func theGuideIsInTheOrderOfTheLists() {
        let ids = SymptomRules.kinds.map(\.rawValue) + CauseRules.kinds.map(\.rawValue)
        #expect(Guide.pages.map(\.id) == ids)
    }

    @Test func headsAreFoundById() {
        #expect(Rules.head(id: "loss-spike")?.title == "Loss spike")
        #expect(Rules.head(id: "no-such-rule") == nil)
        for head in Rules.heads { #expect(head.guide == "documentation/diagnosis/\(head.id)") }
    }
}
