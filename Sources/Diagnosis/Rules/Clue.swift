import Terms

/// A kind of evidence that a cause rule weighs, declared at the head of the rule: its name, its weight with the reason for
/// it, and its sentence.
///
/// Weights are in log-odds (natural logarithm): 0.7 doubles the odds, 1.6 multiplies them by five, 3 by twenty. Positive
/// weights speak for the cause, negative ones against it.
package struct Clue<Value>: Sendable {
    /// The name within the rule, as `report.json` has it.
    package let id: String
    /// Log-odds.
    package let weight: Double
    /// Why it weighs so much.
    package let reason: String
    /// The sentence, of the values that the case gives.
    package let sentence: @Sendable (Value) -> Phrase

    /// Declares a clue.
    package init(
        _ id: String,
        _ weight: Double,
        because reason: String,
        sentence: @escaping @Sendable (Value) -> Phrase
    ) {
        self.id = id
        self.weight = weight
        self.reason = reason
        self.sentence = sentence
    }
}

extension Clue where Value == Void {
    /// Declares a clue whose sentence holds no values.
    package init(_ id: String, _ weight: Double, because reason: String, _ sentence: Phrase) {
        self.init(id, weight, because: reason) { _ in sentence }
    }
}

extension Clue where Value == Symptom {
    /// Declares a clue that is a symptom of the event itself: its sentence is the symptom's.
    package init(symptom id: String, _ weight: Double, because reason: String) {
        self.init(id, weight, because: reason) { $0.summary }
    }
}
