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

/// What the curves of a log alone show.
public enum LogFindings {
    /// The events of one run as findings, gravest first.
    public static func findings(
        of history: TrainingHistory,
        configuration: TrainingConfiguration = TrainingConfiguration()
    ) -> [Finding] {
        let analysis = LogAnalysis(history, configuration: configuration)
        // Steps of one number are of several runs.
        let run = history.place.flatMap { place in
            place.isMain ? nil : Finding.Run(number: place.number, line: place.lines.lowerBound)
        }
        var told: [(event: Event, hypotheses: [Hypothesis])] = []
        return Diagnosis.events(from: analysis.symptoms()).compactMap { event in
            let (event, ranked) = analysis.judged(event)
            let hypotheses = Diagnosis.reconciled(ranked, of: event, with: told)
            told.append((event, hypotheses))
            return Diagnosis.finding(event, in: analysis, hypotheses: hypotheses, run: run)
        }.gravestFirst
    }
}
