import Diagnosis
import Reporting
import Terms
import TrainingLogs

extension AuditAssembly {
    /// What configuration and checkpoints show without a curve.
    mutating func addRemarks() {
        guard let history else { return }
        for remark in Diagnosis.remarks(history: history, configuration: training) {
            let isTold = findings.contains { finding in
                rank(finding.severity) >= rank(remark.severity.rawValue)
                    && remark.cause.map { $0.rawValue == finding.hypotheses.first?.cause } ?? false
            }
            if !isTold { findings.append(finding(of: remark)) }
        }
    }

    /// What the curves of the log's other stages show. Their data are not those configured, so that nothing is traced.
    mutating func addOtherStages(of whole: TrainingHistory) {
        guard let text = whole.otherStagesText else { return }
        notChecked.append(
            "\(text.uppercasedFirst), of which only the curves were looked at: data and checkpoints "
                + "are configured for one stage."
        )
        // Length, schedule and data are those of the main stage.
        var shared = TrainingConfiguration()
        shared.precision = audit.configuration.training.precision
        shared.gradientClip = audit.configuration.training.gradientClip
        shared.optimizer = audit.configuration.training.optimizer
        shared.vocabulary = audit.configuration.training.vocabulary
        for stage in whole.stages where stage.stageLine != nil {
            let found = DocumentBuilder(guide: builder.guide).diagnosis(of: stage, configuration: shared).findings
            findings += found
            otherStages.formUnion(found.map(\.id))
        }
    }

    private func finding(of remark: Remark) -> FindingDocument {
        var hypotheses: [HypothesisDocument] = []
        if let cause = remark.cause {
            hypotheses.append(
                HypothesisDocument(
                    cause: cause.rawValue,
                    confidence: remark.confidence,
                    symptoms: [],
                    evidenceFor: remark.evidence,
                    evidenceAgainst: [],
                    nextTest: commands.fill(remark.nextTest),
                    fix: commands.fill(remark.fix),
                    guide: builder.link(GuidePage.path(id: cause.rawValue))
                )
            )
        }
        return FindingDocument(
            id: remark.id,
            title: remark.title,
            severity: remark.severity.rawValue,
            hypotheses: hypotheses,
            // Without a cause there is no hypothesis to hold evidence and advice.
            story: remark.cause == nil ? remark.evidence : [],
            wouldSharpen: remark.cause == nil
                ? [remark.fix, remark.nextTest].filter { !$0.isEmpty }.map(commands.fill) : [],
            guide: remark.cause == nil ? builder.link(GuidePage.path(id: "configuration")) : nil
        )
    }
}
