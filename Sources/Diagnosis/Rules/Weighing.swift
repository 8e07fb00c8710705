import Terms

/// The case for one cause: a prior and pieces of evidence, all in log-odds (natural logarithm).
package struct Weighing: Sendable {
    /// The sum so far.
    package private(set) var score: Double
    /// What was weighed, in the order in which it was looked at.
    package private(set) var clues: [WeighedClue] = []

    /// Starts from a prior: how often this cause is behind such a symptom before anything else is known.
    package init(prior: Double) { score = prior }

    /// Weighs a clue.
    /// - Parameters:
    ///   - clue: What was found.
    ///   - value: What its sentence holds.
    ///   - force: How much of the clue's weight applies, such as the share of a batch that is damaged.
    package mutating func add<Value>(_ clue: Clue<Value>, _ value: Value, times force: Double = 1) {
        add(clue.id, clue.weight * force, clue.sentence(value))
    }

    /// Weighs a clue whose sentence holds no values.
    package mutating func add(_ clue: Clue<Void>, times force: Double = 1) { add(clue, (), times: force) }

    /// Weighs a symptom of the event that is a clue itself; nothing where the event does not show it.
    package mutating func add(_ clue: Clue<Symptom>, _ symptom: Symptom?) {
        guard let symptom else { return }
        add(clue.id, clue.weight, clue.sentence(symptom), symptom: symptom.kind)
    }

    private mutating func add(_ clue: String, _ weight: Double, _ statement: Phrase, symptom: SymptomKind? = nil) {
        guard weight.isFinite else { return }
        score += weight
        clues.append(WeighedClue(clue: clue, weight: weight, statement: statement, symptom: symptom))
    }
}
