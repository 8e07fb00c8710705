import Terms

extension TerminalText {
    /// The result of `trainaudit trace`. Ranges are half-open, so that they can be pasted behind `--tokens`.
    public static func trace(_ report: TraceReport, style: TerminalStyle = TerminalStyle()) -> String {
        var lines = TerminalLines(style)
        let loader = "\(SafeText.line(report.loader, limit: 60)) loader"
        lines.add(report.step.map { "step \($0) · \(loader)" } ?? loader, .bold)
        for run in SpanRun.joined(report.spans) { lines.add(label: "", run.text(tracing: report.step), indent: 2) }
        for reason in reasons(report.spans) { lines.add("  \(reason)", .warning) }
        if report.spans.isEmpty { lines.add("  no data span is known", .warning) }
        if let steps = report.steps {
            let ranges = steps.filter { !$0.isEmpty }.map { NumberText.steps(ClosedRange($0)) }
            lines.add(label: "read in", ranges.isEmpty ? "no step" : ranges.joined(separator: ", "), indent: 2)
        }
        if let epoch = report.epoch { lines.add(label: "pass", "\(epoch) over the data", indent: 2) }
        if let boundary = report.boundary { lines.add(label: "shard boundary", text(boundary), indent: 2) }
        for row in report.rows ?? [] { add(row, &lines) }
        list("Notes", report.notes, &lines)
        return lines.text
    }

    private static func add(_ row: ShownRow, _ lines: inout TerminalLines) {
        lines.blank()
        let range = Range(bounds: row.tokens).map(NumberText.input) ?? "?"
        let shard = SafeText.line(row.shard, limit: 200)
        lines.add("\(shard) \(range), rank \(row.rank), micro-step \(row.microStep)", .bold)
        let rest = row.omitted > 0 ? " … \(row.omitted) more" : ""
        fact("tokens", row.ids.map(String.init).joined(separator: " ") + rest, &lines)
        if let text = row.text { fact("text  ", text, &lines) }
    }

    /// Why spans are not exact, each reason once.
    private static func reasons(_ spans: [TracedSpan]) -> [String] {
        spans.reduce(into: []) { found, traced in
            guard let reason = traced.span.reason else { return }
            let text = "\(traced.span.confidence.rawValue): \(SafeText.line(reason, limit: 400))"
            if !found.contains(text) { found.append(text) }
        }
    }

    /// How near the step is to a boundary, and that most boundaries are quiet.
    private static func text(_ boundary: NearestBoundary) -> String {
        let steps = NumberText.count(Int(clamping: boundary.distance.magnitude), "step")
        let place =
            boundary.distance == 0
            ? "this is the first step that reads"
            : "\(steps) \(boundary.distance > 0 ? "after" : "before") the first that reads"
        let rate =
            boundary.quietBoundaries.map { "\($0) of \(boundary.boundaries) boundaries show no spike" }
            ?? "without a log it is not known how many of \(boundary.boundaries) boundaries show a spike"
        return "\(place) \(SafeText.line(boundary.shard, limit: 200)) (step \(boundary.step)); \(rate)"
    }
}
