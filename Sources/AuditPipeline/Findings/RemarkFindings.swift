import Diagnosis
import Reporting
import Terms
import TrainingLogs

/// What configuration and checkpoints show without a curve, as findings.
enum RemarkFindings {
    /// - Parameters:
    ///   - history: The log.
    ///   - training: What is configured, and what shards and checkpoints say.
    ///   - others: The findings of the curves: a remark on what a graver one names as its cause already adds nothing.
    static func findings(
        _ history: TrainingHistory,
        _ training: TrainingConfiguration,
        besides others: [Finding]
    ) -> [Finding] {
        Diagnosis.remarks(history: history, configuration: training).filter { remark in
            !others.contains { other in
                other.severity >= remark.severity && remark.cause != nil
                    && remark.cause == other.hypotheses.first?.cause
            }
        }.map(finding)
    }

    private static func finding(of remark: Remark) -> Finding {
        guard let cause = remark.cause else {
            // Without a cause there is no hypothesis to hold evidence and advice.
            return Finding(
                remark.origin,
                title: remark.title,
                severity: remark.severity,
                story: remark.evidence,
                advice: [remark.fix.action, remark.nextTest].filter { !$0.isEmpty }
            )
        }
        let hypothesis = Hypothesis(
            cause: cause,
            confidence: remark.confidence,
            clues: remark.evidence.map { WeighedClue(clue: "remark", weight: 1, statement: $0) },
            nextTest: remark.nextTest,
            fix: remark.fix
        )
        return Finding(
            remark.origin,
            title: remark.title,
            severity: remark.severity,
            hypotheses: [hypothesis],
            isCauseClear: Diagnosis.standsOut([hypothesis], isShardDamaged: false)
        )
    }
}

/// What the curves of the log's other stages show. Their data are not those configured, so that nothing is traced.
enum OtherStages {
    static func findings(
        of log: TrainingHistory,
        _ configuration: AuditConfiguration
    ) -> (findings: [Finding], omission: Omission?) {
        guard let text = log.otherStagesText else { return ([], nil) }
        // Length, schedule and data are those of the main stage.
        var shared = TrainingConfiguration()
        shared.precision = configuration.training.precision
        shared.gradientClip = configuration.training.gradientClip
        shared.optimizer = configuration.training.optimizer
        shared.vocabulary = configuration.training.vocabulary
        let findings = log.stages.filter { $0.stageLine != nil }.flatMap { stage in
            LogFindings.findings(of: stage, configuration: shared)
        }
        let omission = Omission(
            .stages,
            """
            \(text: text.capitalizedFirst), of which only the curves were looked at: data and checkpoints are configured \
            for one stage.
            """
        )
        return (findings, omission)
    }
}

/// What the curves of a log alone show.
public enum LogFindings {
    /// The events of one stage of training as findings, gravest first.
    public static func findings(
        of history: TrainingHistory,
        configuration: TrainingConfiguration = TrainingConfiguration()
    ) -> [Finding] {
        let analysis = LogAnalysis(history, configuration: configuration)
        // Steps of one number are of several stages.
        let stage = history.stageLine.flatMap { line in
            history.stageNumber.map { Finding.Stage(number: $0, line: line) }
        }
        var told: [(event: Event, hypotheses: [Hypothesis])] = []
        return Diagnosis.events(from: analysis.symptoms()).compactMap { event in
            let (event, ranked) = analysis.judged(event)
            let hypotheses = Diagnosis.reconciled(ranked, of: event, with: told)
            told.append((event, hypotheses))
            return Diagnosis.finding(event, in: analysis, hypotheses: hypotheses, stage: stage)
        }.gravestFirst
    }
}
