import TrainingLogs

/// The model has learned what its size allows.
package enum CapacityLimitCause: CauseRule {
    package static let kind = CauseKind.capacityLimit
    package static let head = RuleHead(
        id: CauseKind.capacityLimit.rawValue,
        title: "Model too small",
        summary: "The model has learned what its size allows.",
        references: ["arXiv:2203.15556"]
    )

    package static func weigh(_ file: CaseFile) -> Weighing? {
        guard file.shows(.underfitting, .lossPlateau, .finalLossHigh) else { return nil }
        var weighing = Weighing(prior: -1.2)
        if let ratio = file.measured(.underfitting, "tokensPerParameter") {
            weighing.add(3, file.symptom(.underfitting)?.summary ?? "")
            if ratio > 20 {
                weighing.add(0.6, "Twenty tokens per parameter are compute-optimal; these are \(Format.ratio(ratio)).")
            }
        }
        if let excess = file.rateExcess, excess > 3 { weighing.add(-1.5, "The learning rate is too high to tell.") }
        if let reached = file.symptom(.lossPlateau)?.firstStep, reached < 100, file.run.loss.count >= 100 {
            weighing.add(-0.6, "The loss stalls by step \(reached), before size can matter.")
        }
        weighing.nextTest = "train a model twice as wide for the same steps"
        weighing.fix = "Use more layers or width: about one parameter for 20 training tokens."
        return weighing
    }
}
