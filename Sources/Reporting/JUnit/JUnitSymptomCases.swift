import Diagnosis
import TrainingLogs

/// The cases of the symptoms: one for each kind, seen or not.
enum SymptomCases {
    static func cases(_ document: AuditDocument, history: TrainingHistory?) -> [JUnitCase] {
        let seen = document.findings.filter { $0.accepted == nil }.flatMap { finding in
            finding.symptoms.map { (finding: finding.id, symptom: $0) }
        }
        let accepted = document.findings.filter { $0.accepted != nil }
        let known = SymptomKind.allCases.map(\.rawValue)
        let unknown = Set(seen.map(\.symptom.kind)).subtracting(known).sorted()
        return (known + unknown).map { kind in
            let hits = seen.filter { $0.symptom.kind == kind }
            let acceptance = accepted.first { $0.symptoms.contains { $0.kind == kind } }?.accepted
            if hits.isEmpty, let acceptance {
                let outcome = JUnitCase.Outcome.skipped(message: Wording.acceptance(acceptance))
                return JUnitCase(classname: "symptoms", name: kind, outcome: outcome)
            }
            return JUnitCase(classname: "symptoms", name: kind, outcome: outcome(kind, hits, document, history))
        }
    }

    private static func outcome(
        _ kind: String,
        _ hits: [(finding: String, symptom: SymptomDocument)],
        _ document: AuditDocument,
        _ history: TrainingHistory?
    ) -> JUnitCase.Outcome {
        guard let first = hits.first(where: { $0.symptom.severity == "failure" }) ?? hits.first else {
            return missing(kind, document, history).map { .skipped(message: $0) } ?? .passed(output: nil)
        }
        let lines = hits.prefix(50).map { hit in
            let steps = NumberText.steps(hit.symptom.firstStep, hit.symptom.lastStep) ?? ""
            return SafeText.line(
                "\(steps): \(hit.symptom.summary) (\(hit.symptom.severity), \(hit.finding))",
                limit: 1000
            )
        }
        let more = hits.count > 50 ? ["and \(hits.count - 50) more"] : []
        let guide = "Guide: \(GuideLink(first.symptom.guide, id: kind).text)"
        let text = (lines + more + [guide]).joined(separator: "\n")
        let isFailure = first.symptom.severity == "failure"
        return isFailure ? .failed(type: kind, message: first.symptom.summary, text: text) : .passed(output: text)
    }

    /// Kinds that only the training loss shows, besides those whose names say so.
    private static let ofTheLoss: Set<String> = [
        "slow-rise", "slow-learning", "epoch-jump", "initial-loss-off", "final-loss-high", "resume-jump",
    ]

    /// Why a kind of symptom could not be seen, if so.
    private static func missing(_ kind: String, _ document: AuditDocument, _ history: TrainingHistory?) -> String? {
        guard let read = document.history else { return "no log was read" }
        if kind.hasPrefix("loss-") && kind != "loss-scale-collapse" || ofTheLoss.contains(kind) {
            if let history, let reason = Diagnosis.tooLittle(history) { return reason }
            if read.trainPoints == 0 { return "the log has no training loss" }
        }
        switch kind {
        case "overfitting", "underfitting":
            return read.validationPoints == 0 ? "the log prints no validation loss" : nil
        case "gradient-explosion", "gradient-vanishing", "gradient-at-clip":
            return history.map { $0.gradientNorm.isEmpty } == true ? "the log prints no gradient norm" : nil
        case "schedule-jump", "schedule-misaligned":
            return history.map { $0.learningRate.isEmpty } == true ? "the log prints no learning rate" : nil
        case "loss-scale-collapse":
            return history.map { $0.lossScale.isEmpty } == true ? "the log prints no loss scale" : nil
        case "weight-norm-drift":
            return (document.checkpoints?.count ?? 0) < 2 ? "the norms of fewer than two checkpoints are known" : nil
        default: return nil
        }
    }
}
