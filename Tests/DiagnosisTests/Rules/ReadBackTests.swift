import Foundation
import Testing

/// No decision reads back text of ours: what a sentence says is a value before it is a sentence.
///
/// Text that came from outside has no values, so it may be searched: by the files in ``foreign``, for the reason there.
@Suite struct ReadBackTests {
    private static let rooms = ["Diagnosis", "AuditPipeline", "Reporting"]

    /// What may be searched, and by which files; a name with a slash at its end is a folder.
    private static let foreign: [(reason: String, files: [String])] = [
        (
            "files, options and field names of trainers",
            [
                "FinalLossHigh.swift", "RateFacts.swift", "ScheduleChecks.swift",
                "SettingsInRange.swift",
            ]
        ),
        (
            "what people write into audit.yaml and baselines",
            ["AuditPipeline/Configuration/", "BaselineReader.swift"]
        ),
        (
            "paths, addresses and file names",
            [
                "AuditPipeline/Trackers/", "ComparedRunReader.swift", "ConfiguredShares.swift",
                "ContinuousIntegration.swift", "EndingFacts.swift",
                "GuideLink.swift",
                "PlotSet.swift", "ReportStage.swift", "ReportWriter.swift", "SourceNames.swift",
                "VerifyStage.swift", "ShardStrip.swift", "Voice.swift",
            ]
        ),
        (
            "earlier reports, which hold ids and schemas as text",
            ["FindingMatch.swift", "OperationsPlot.swift", "PreviousReportReader.swift"]
        ),
        ("Markdown of the guide", ["GuideExcerpt.swift"]),
        ("the style sheet of plots", ["Appearance.swift", "StyleFallback.swift"]),
        (
            "characters that a shell, GitHub, Jenkins or Markdown would obey",
            ["JUnitCase.swift", "MarkdownSummary.swift", "RunCommands.swift", "WorkflowText.swift", "Wording.swift"]
        ),
        (
            "the layout of text that is printed already: its lines, the width of its characters, the digits of ticks",
            ["TerminalStyle.swift", "TextColumns.swift", "TextFit.swift", "Ticks.swift"]
        ),
    ]

    private struct Search {
        var path: String
        var line: Int
        var code: String

        /// Whether it stands in a file, or in a folder below `Sources`.
        func isIn(_ name: String) -> Bool {
            name.hasSuffix("/") ? path.hasPrefix("Sources/" + name) : path.hasSuffix("/" + name)
        }
    }

    @Test func noTextOfOursIsSearched() {
        for search in Self.searches where !Self.foreign.contains(where: { $0.files.contains { search.isIn($0) } }) {
            Issue.record(
                """
                \(search.path):\(search.line) searches text: \(search.code)
                If the text is ours, decide by the value that it was made of. If it comes from outside, name the file \
                in `foreign` of Tests/DiagnosisTests/Rules/ReadBackTests.swift.
                """
            )
        }
    }

    @Test func everyExceptionIsNeeded() {
        for file in Self.foreign.flatMap(\.files) {
            let isNeeded = Self.searches.contains { $0.isIn(file) }
            #expect(isNeeded, "\(file) searches no text any more: remove it from `foreign`")
        }
    }

    private static let searches: [Search] = rooms.flatMap { room in
        PackageFiles.files(below: "Sources/\(room)", ending: ".swift").flatMap { path, text in
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            // Comments may speak of what code may not do; their lines stay empty, so that numbers stay right.
            let code = lines.map { $0.drop { $0 == " " }.hasPrefix("//") ? "" : $0 }.joined(separator: "\n")
            return patterns.flatMap { code.matches(of: $0) }.map { match in
                let line = code[..<match.range.lowerBound].count { $0 == "\n" } + 1
                return Search(path: path, line: line, code: String(lines[line - 1].drop { $0 == " " }))
            }
        }
    }

    /// The ways to search text. They are made anew each time, since a `Regex` cannot be shared between threads.
    private static var patterns: [Regex<Substring>] {
        [
            #/\.has(?:Prefix|Suffix)\(/#,
            #/\.contains\(\s*["#]/#,
            #/components\(\s*separatedBy:|\.split\(\s*separator:/#,
            #/\.(?:matches|ranges|range|firstRange)\(\s*of:/#,
            #/\.(?:whole|first|prefix)Match\(|NSRegularExpression/#,
        ]
    }
}
