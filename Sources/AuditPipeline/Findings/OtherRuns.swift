import Diagnosis
import Foundation
import Reporting
import Terms
import TrainingLogs

/// The runs of a log beside the one that a report is about. Their curves are judged; their data are not those configured, so
/// that nothing is traced.
enum OtherRuns {
    /// Lines that a report has for runs that are no finding.
    private static let most = 24

    /// What the other runs show.
    /// - Parameters:
    ///   - log: The whole log.
    ///   - configuration: What is configured of the training.
    /// - Returns: The findings of each, and a sentence on each: those that a finding names, and some of the others.
    static func judged(
        _ log: TrainingHistory,
        _ configuration: TrainingConfiguration = TrainingConfiguration()
    ) -> (findings: [Finding], lines: [(number: Int, text: Phrase)]) {
        // Length, schedule and data are those of the main run.
        var shared = TrainingConfiguration()
        shared.precision = configuration.precision
        shared.gradientClip = configuration.gradientClip
        shared.optimizer = configuration.optimizer
        shared.vocabulary = configuration.vocabulary
        var findings: [Finding] = []
        var lines: [(number: Int, text: Phrase)] = []
        var quiet = 0
        for run in log.runs {
            guard let place = run.place, !place.isMain else { continue }
            let own = LogFindings.findings(of: run, configuration: shared)
            findings += own
            let verdict = Diagnosis.verdict(own.map(\.severity).max(), history: run, symptoms: own.flatMap(\.symptoms))
            if verdict != .anomalous {
                quiet += 1
                if quiet > most { continue }
            }
            lines.append((place.number, line(run, place, verdict)))
        }
        if quiet > most {
            lines.append((0, "\(count: quiet - most, "more run") of the log show no sign of trouble."))
        }
        return (findings, lines)
    }

    /// Which run a report is about, where the log holds several.
    static func chosen(_ run: TrainingHistory?, isConfigured: Bool) -> Phrase? {
        guard let place = run?.place else { return nil }
        let why: Phrase =
            isConfigured
            ? "as chosen"
            : place.isWhole
                ? "the last whole one that begins with fresh weights" : "the last that came far from fresh weights"
        return """
            The report is about run \(place.number) of the \(place.count) in the log (\(lines(place))), \(why); another is \
            chosen with \(quoted: "--run") or \(quoted: "runs:").
            """
    }

    private static func lines(_ place: RunPlace) -> Phrase {
        let file: Phrase = place.file.map { "\(quoted: $0), " } ?? Phrase()
        return "\(file)lines \(place.lines.lowerBound) to \(place.lines.upperBound)"
    }

    private static func line(_ run: TrainingHistory, _ place: RunPlace, _ verdict: Verdict) -> Phrase {
        let curve = run.train.isEmpty ? run.validation : run.train
        let steps: Phrase =
            curve.steps.min().map { ", \(steps: $0...(curve.steps.max() ?? $0))" } ?? Phrase()
        let last: Phrase =
            curve.values.last.map { $0.isFinite ? ", last loss \(loss: $0)" : ", last loss not finite" } ?? Phrase()
        let from: Phrase = run.startsTrained ? ", from the weights of the run before" : Phrase()
        let word: Phrase =
            switch verdict {
            case .healthy: "healthy"
            case .undetermined: "too little to judge"
            case .anomalous: "anomalous"
            }
        return "Run \(place.number) (\(lines(place))\(steps)\(last)\(from)): \(word)."
    }
}
