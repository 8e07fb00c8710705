import Diagnosis

/// The cases of the replays.
enum ReplayCases {
    /// From so many deviations of the controls on a batch is an outlier.
    private static let outlier = 6.0

    static func cases(_ report: AuditReport, attachments: String?) -> [JUnitCase] {
        report.replays.enumerated().map { index, replay in
            let name = "step \(replay.step) from \(replay.checkpoint)"
            var test = JUnitCase(
                classname: "replay.\(replay.precision)",
                name: name,
                outcome: outcome(replay, report)
            )
            let plots = ["losses", "operations"].map { "plots/replay-\(index + 1)-\($0).svg" }
            test.attachments = JUnitReport.attached(plots, report, in: attachments)
            return test
        }
    }

    private static func outcome(_ replay: ReplayReport, _ report: AuditReport) -> JUnitCase.Outcome {
        var text = Wording.contrast(replay) + (replay.firstNonFinite.map { "\n" + Wording.nonFinite($0) } ?? "")
        for line in ExperimentText.lines(replay) { text += "\n\(line.term): \(line.value)" }
        let isFinite = replay.loss.value.isFinite && replay.firstNonFinite == nil
        let isOutlier = (replay.zScore?.value ?? 0) >= outlier
        if isFinite, !isOutlier { return .passed(output: "\(replay.conclusion)\n\(text)") }
        // What a baseline accepts is no failure here either.
        let findings = report.findings.filter { !Wording.replays(of: $0, in: [replay]).isEmpty }
        if let acceptance = findings.first?.acceptance, findings.allSatisfy({ $0.acceptance != nil }) {
            return .skipped(message: Wording.acceptance(acceptance))
        }
        return .failed(type: isFinite ? "outlier" : "non-finite", message: replay.conclusion, text: text)
    }
}
