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
public enum ReportFiles {
    /// The files that every report has, and the plots that one has when the log prints what they show. Plots of single
    /// findings and replays are in the folder `plots`.
    ///
    /// What the run was fed is drawn where steps can be traced (`mixture.svg`).
    public static let names: [String] = [
        "report.html", "loss.svg", "lr-loss.svg", "lr-scatter.svg", "gradient-norm.svg", "loss-scale.svg", "junit.xml",
        "report.json", "summary.md",
    ]

    /// The names of the files of a report with these plots, in the order in which they are rendered.
    public static func names(plots: PlotSet) -> [String] {
        ["report.html"] + plots.names + ["junit.xml", "report.json", "summary.md"]
    }

    /// Renders a report. Pure: no clock, no files, the same bytes for the same input.
    /// - Parameters:
    ///   - attachments: The report's folder as a CI system finds it, for `junit.xml`; `nil` attaches nothing.
    ///   - report: The result of the audit.
    ///   - history: The curves, for the plots; `nil` when no log could be read.
    ///   - plots: The plots, when they are drawn already.
    /// - Throws: `EncodingError`; `MustacheTemplate` errors cannot happen with the built-in templates.
    public static func render(
        _ report: AuditReport,
        history: TrainingHistory?,
        plots: PlotSet? = nil,
        attachments: String? = nil
    ) throws -> [ReportFile] {
        let plots = plots ?? PlotSet(report, history: history)
        let html = try HTMLReport.text(report, history: history, plots: plots)
        let junit = try JUnitReport.xml(report, history: history, attachments: attachments)
        return [ReportFile(name: "report.html", contents: html)] + (try plots.files()) + [
            ReportFile(name: "junit.xml", contents: junit),
            ReportFile(name: "report.json", contents: try JSONOutput.encode(report)),
            ReportFile(name: "summary.md", contents: MarkdownSummary.text(report)),
        ]
    }
}
