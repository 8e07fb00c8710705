import TrainingLogs

/// One file of a report.
public struct ReportFile: Sendable, Equatable {
    /// The name, relative to the report's folder.
    public var name: String
    /// The text; always UTF-8 with a line feed at the end.
    public var contents: String

    /// Creates a file.
    public init(name: String, contents: String) {
        self.name = name
        self.contents = contents
    }
}

/// Turns the result of an audit into the files of its report.
public enum AuditReport {
    /// The names of all files that a report may have, in the order in which they are rendered.
    public static let names: [String] = [
        "report.html", "loss.svg", "lr-loss.svg", "gradient-norm.svg", "junit.xml", "report.json", "summary.md",
    ]

    /// Renders a report. Pure: no clock, no files, the same bytes for the same input.
    ///
    /// `gradient-norm.svg` is only written for a log that prints gradient norms; the other files are always there.
    /// - Parameters:
    ///   - document: The result of the audit.
    ///   - history: The curves, for the plots; `nil` when no log could be read.
    /// - Throws: `EncodingError`; `MustacheTemplate` errors cannot happen with the built-in templates.
    public static func render(_ document: AuditDocument, history: TrainingHistory?) throws -> [ReportFile] {
        let damaged = document.shards.filter(\.isDamaged).map(\.name)
        let boundaries = document.shardBoundaries
        let findings = document.findings
        var files: [ReportFile] = [
            ReportFile(name: "report.html", contents: try HTMLReport.text(document, history: history)),
            ReportFile(
                name: "loss.svg",
                contents: try LossPlot.svg(
                    history: history,
                    findings: findings,
                    shardBoundaries: boundaries,
                    damagedShards: damaged
                )
            ),
            ReportFile(
                name: "lr-loss.svg",
                contents: try LearningRatePlot.svg(
                    history: history,
                    findings: findings,
                    shardBoundaries: boundaries,
                    damagedShards: damaged
                )
            ),
        ]
        if let history, !history.gradientNorm.isEmpty {
            let plot = try GradientNormPlot.svg(
                history: history,
                findings: findings,
                shardBoundaries: boundaries,
                damagedShards: damaged
            )
            files.append(ReportFile(name: "gradient-norm.svg", contents: plot))
        }
        files.append(ReportFile(name: "junit.xml", contents: try JUnitReport.xml(document, history: history)))
        files.append(ReportFile(name: "report.json", contents: try JSONOutput.encode(document)))
        files.append(ReportFile(name: "summary.md", contents: MarkdownSummary.text(document)))
        return files
    }
}
