/// The case for one cause: a prior and pieces of evidence, all in log-odds (natural logarithm).
///
/// A weight of 0.7 doubles the odds, 1.6 multiplies them by five, 3 by twenty. The weight stands where the evidence is
/// described, so that a reader of a rule sees both.
package struct Weighing: Sendable {
    /// The sum so far.
    package private(set) var score: Double
    /// What is done about it.
    package var fix: String = ""
    /// What would settle it.
    package var nextTest: String = ""
    private var items: [(weight: Double, sentence: String)] = []

    /// Starts from a prior: how often this cause is behind such a symptom before anything else is known.
    package init(prior: Double) { score = prior }

    /// Adds evidence; positive weights speak for the cause, negative ones against it.
    package mutating func add(_ weight: Double, _ sentence: String) {
        guard weight.isFinite else { return }
        score += weight
        items.append((weight, sentence))
    }

    /// The sentences that speak for the cause, strongest first.
    package var evidenceFor: [String] { sentences { $0 > 0 } }

    /// The sentences that speak against the cause, strongest first.
    package var evidenceAgainst: [String] { sentences { $0 < 0 } }

    private func sentences(where keep: (Double) -> Bool) -> [String] {
        let kept = items.enumerated().filter { keep($0.element.weight) }
        let sorted = kept.sorted { left, right in
            let (a, b) = (abs(left.element.weight), abs(right.element.weight))
            return a != b ? a > b : left.offset < right.offset
        }
        return sorted.map(\.element.sentence)
    }
}
