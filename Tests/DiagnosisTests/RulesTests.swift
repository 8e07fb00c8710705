import Diagnosis
import Testing

@Suite struct RulesTests {
    @Test func everyRuleHasAnIdOfTheVocabularyAndOnlyOnce() {
        let symptoms = SymptomRules.heads.map(\.id)
        let causes = CauseRules.heads.map(\.id)
        #expect(Set(symptoms).count == symptoms.count)
        #expect(symptoms.allSatisfy { SymptomKind(rawValue: $0) != nil })
        #expect(causes == CauseKind.allCases.map(\.rawValue))
        #expect(zip(CauseRules.all, CauseRules.heads).allSatisfy { $0.kind.rawValue == $1.id })
    }

    @Test func rulesStandInTheOrderOfTheVocabulary() {
        let order = SymptomKind.allCases.map(\.rawValue)
        let places = SymptomRules.heads.compactMap { order.firstIndex(of: $0.id) }
        #expect(places == places.sorted())
        #expect(places.count == order.count)
    }

    @Test func headsAreComplete() {
        for head in Rules.heads {
            #expect(!head.title.isEmpty && head.summary.count > 30, "\(head.id)")
            #expect(
                head.thresholds.allSatisfy { !$0.source.isEmpty && !$0.unit.isEmpty && $0.value.isFinite },
                "\(head.id)"
            )
            #expect(head.guide == "documentation/diagnosis/\(head.id)")
        }
        #expect(SymptomRules.heads.allSatisfy { !$0.thresholds.isEmpty })
        #expect(Rules.head(id: "loss-spike")?.title == "Loss spike")
        #expect(Rules.head(id: "no-such-rule") == nil)
    }
}
