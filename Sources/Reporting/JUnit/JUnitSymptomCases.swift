import Diagnosis
import Terms
import TrainingLogs

/// The cases of the symptoms: one for each kind, seen or not.
enum SymptomCases {
    /// A symptom, and the finding that it is of.
    private typealias Hit = (finding: Finding, symptom: Symptom)

    static func cases(_ report: AuditReport, history: TrainingHistory?) -> [JUnitCase] {
        let hits: [Hit] = report.findings.flatMap { finding in finding.symptoms.map { (finding, $0) } }
        let known = SymptomRules.kinds
        let others = Set(hits.map(\.symptom.kind)).subtracting(known).sorted { $0.rawValue < $1.rawValue }
        return (known + others).map { kind in
            let hits = hits.filter { $0.symptom.kind == kind }
            return JUnitCase(
                classname: "symptoms",
                name: kind.rawValue,
                outcome: outcome(hits, report.voice)
                    ?? missing(kind, report, history).map { .skipped(message: $0) } ?? .passed(output: nil)
            )
        }
    }

    /// The outcome for a kind that is seen; `nil` where it is not.
    private static func outcome(_ hits: [Hit], _ voice: Voice) -> JUnitCase.Outcome? {
        let open = hits.filter { $0.finding.acceptance == nil }
        guard let first = open.first(where: { $0.symptom.severity == .failure }) ?? open.first else {
            return hits.first?.finding.acceptance.map { .skipped(message: Wording.acceptance($0)) }
        }
        let lines = open.prefix(50).map { finding, symptom in
            let steps = NumberText.steps(symptom.firstStep, symptom.lastStep) ?? ""
            let summary = voice.of(finding).text(symptom.summary)
            return SafeText.line("\(steps): \(summary) (\(symptom.severity.rawValue), \(finding.id))", limit: 1000)
        }
        let more = open.count > 50 ? ["and \(open.count - 50) more"] : []
        let kind = first.symptom.kind.rawValue
        let text = (lines + more + ["Guide: \(GuideLink(id: kind, voice).text)"]).joined(separator: "\n")
        guard first.symptom.severity == .failure else { return .passed(output: text) }
        return .failed(type: kind, message: voice.of(first.finding).text(first.symptom.summary), text: text)
    }

    /// Why a kind of symptom could not be seen, if so.
    private static func missing(_ kind: SymptomKind, _ report: AuditReport, _ history: TrainingHistory?) -> String? {
        guard let read = report.history else { return "no log was read" }
        for curve in SymptomRules.needs(of: kind) {
            switch curve {
            case .trainingLoss:
                if let doubt = history.flatMap(Diagnosis.doubt) { return Voice.text(doubt) }
                if read.trainPoints == 0 { return "the log has no training loss" }
            case .validationLoss: if read.validationPoints == 0 { return "the log prints no validation loss" }
            case .gradientNorm: if history?.gradientNorm.isEmpty == true { return "the log prints no gradient norm" }
            case .learningRate: if history?.learningRate.isEmpty == true { return "the log prints no learning rate" }
            case .lossScale: if history?.lossScale.isEmpty == true { return "the log prints no loss scale" }
            case .speed: if history?.holds(curve) == false { return "the log prints no time and no throughput" }
            case .memory: if history?.holds(curve) == false { return "the log prints no memory" }
            case .logits: if history?.holds(curve) == false { return "the log prints no attention logit and no z-loss" }
            case .routerLoad: if history?.holds(curve) == false { return "the log prints no load of experts" }
            case .updateNorm: if history?.holds(curve) == false { return "the log prints no update norm" }
            case .weightNorms:
                if report.checkpoints.count < 2 { return "the norms of fewer than two checkpoints are known" }
            }
        }
        return nil
    }
}
