import Diagnosis
import Terms

/// A short report for pull requests and step summaries.
public enum MarkdownSummary {
    /// GitHub drops a step summary above 1 MiB altogether; this stays well below.
    package static let limit = 900_000

    /// The summary as GitHub-flavoured Markdown. Text from logs and shards cannot form Markdown, HTML, mentions or
    /// workflow commands.
    public static func text(_ report: AuditReport) -> String {
        let voice = report.voice
        var lines: [String] = []
        lines.append("## Training audit of \(escape(report.run)): \(escape(Wording.verdict(report)))")
        lines.append("")
        lines.append("**\(sentence(report.headline.text(voice)))**")
        lines.append("")
        if let history = report.history { lines.append("- Log: \(escape(Wording.history(history)))") }
        if !report.shards.isEmpty { lines.append("- \(escape(Wording.shardCounts(report.shards)))") }
        if let mixture = report.mixture {
            let plot = PlotKind.mixture.file
            let place = report.files.contains(plot) ? " ([plot](\(plot)))" : ""
            lines.append("- Fed: \(escape(Wording.mixture(mixture)))\(place)")
        }
        if let comparison = report.comparison {
            lines.append("- Since the last audit: \(escape(Wording.comparison(comparison)))")
        }
        let order = report.verdict == .anomalous ? ", gravest first" : ""
        lines.append("- Findings: \(report.findings.count)\(order)")
        for (index, finding) in report.findings.prefix(20).enumerated() {
            lines += section(finding, number: index + 1, report)
        }
        if report.findings.count > 20 {
            lines += ["", "And \(report.findings.count - 20) more findings, all in the HTML and JSON reports."]
        }
        lines += changes(report.comparison, voice)
        lines += damagedShards(report.shards)
        lines += list("Baseline", Wording.baseline(report.baseline ?? []))
        lines += list("Assumed", report.assumptions)
        lines += list("Not checked", report.notChecked.map { voice.text($0.text) })
        let commands = voice.commands.reproduction(report.reproduce)
        if !commands.isEmpty {
            lines += ["", "### Reproduce", ""]
            lines += commands.prefix(30).map { "- \(code($0))" }
        }
        return limited(lines)
    }

    private static func section(_ finding: Finding, number: Int, _ report: AuditReport) -> [String] {
        let voice = report.voice.of(finding)
        let heading = "\(sentence(voice.text(finding.title))) (\(finding.severity.rawValue))"
        var lines: [String] = ["", "### \(number). \(heading)", ""]
        let standing =
            finding.acceptance.map(Wording.acceptance) ?? Wording.expiry(of: finding, in: report.baseline ?? [])
        if let standing { lines += ["*\(sentence(standing))*", ""] }
        // What the story says is not said twice.
        let hasStory = finding.story.count > (finding.symptoms.isEmpty ? 0 : 1)
        let story = hasStory ? Array(finding.story.prefix(12)) : []
        for symptom in finding.symptoms.prefix(10) {
            let steps = NumberText.steps(symptom.firstStep, symptom.lastStep) ?? ""
            let text = story.contains(symptom.summary) ? "" : ": \(sentence(voice.text(symptom.summary)))"
            lines.append("- Seen: \(code(symptom.kind.rawValue)), \(steps)\(text)")
        }
        if !finding.symptoms.isEmpty || finding.hypotheses.isEmpty {
            lines.append("- Guide: \(link(GuideLink(of: finding, voice)))")
        }
        if !story.isEmpty { lines += ["- In order:"] + story.map { "  1. \(sentence(voice.text($0)))" } }
        let (runs, more) = SpanRun.summary(finding.spans, shards: report.shards, limit: 5)
        for run in runs {
            let steps = run.steps.map { ", \(NumberText.steps($0))" } ?? ""
            lines.append(
                "- Fed by: \(code(run.shard)) \(run.extent), bytes \(NumberText.range(run.bytes))\(steps) "
                    + "(\(run.confidence.rawValue))"
            )
        }
        if more > 0 { lines.append("- and \(NumberText.count(more, "more span"))") }
        for replay in Wording.replays(of: finding, in: report.replays).prefix(3) {
            lines.append(
                "- Replayed at step \(replay.step): \(escape(Wording.contrast(replay))). \(escape(replay.conclusion))"
            )
        }
        lines += finding.advice.prefix(3).map { "- What to do: \(sentence(voice.text($0)))" }
        return finding.isDisagreement ? lines : lines + causes(finding, voice)
    }

    private static func causes(_ finding: Finding, _ voice: Voice) -> [String] {
        let wording = CauseWording(finding, voice)
        var lines = wording.introduction.map { ["", $0] } ?? []
        for (rank, hypothesis) in finding.hypotheses.prefix(6).enumerated() {
            lines += ["", "**\(wording.heading(rank)): \(escape(Wording.name(hypothesis.cause)))**"]
            guard rank < 2 else { continue }
            lines.append("")
            if let basis = wording.basis(rank) { lines.append("- Basis: \(basis)") }
            lines += wording.evidenceFor(rank).prefix(8).map { "- Evidence: \(sentence($0))" }
            lines += wording.evidenceAgainst(rank).prefix(8).map { "- Against: \(sentence($0))" }
            if let fix = wording.fix(rank) { lines.append("- Fix: \(sentence(fix))") }
            if let test = wording.nextTest(rank) { lines.append("- Next test: \(sentence(test))") }
            if rank == 0 {
                lines += finding.missing.prefix(3).map { "- Would make it surer: \(sentence(voice.text($0)))" }
            }
            lines.append("- Guide: \(link(GuideLink(id: hypothesis.cause.rawValue, voice)))")
        }
        return lines
    }

    private static func link(_ guide: GuideLink) -> String {
        switch guide {
        case .address(let address): "<\(address)>"
        case .command(let command): code(command)
        }
    }

    /// What is new or gone; what is still there has its section above.
    private static func changes(_ comparison: ComparisonReport?, _ voice: Voice) -> [String] {
        guard let comparison else { return [] }
        let findings = comparison.findings.filter { $0.state != .stillThere }.map { finding in
            "- \(Wording.change(finding.state)): \(sentence(voice.text(finding.title))) (\(finding.severity.rawValue))"
        }
        let shards = comparison.shards.filter { $0.state != .stillThere }.map { shard in
            "- \(Wording.change(shard.state)): \(code(shard.name)) \(shard.now?.rawValue ?? "not listed")"
        }
        let all = findings + shards
        guard !all.isEmpty else { return [] }
        let more = all.count > 50 ? ["- and \(all.count - 50) more"] : []
        return ["", "### Since the last audit", ""] + all.prefix(50) + more
    }

    private static func damagedShards(_ shards: [ShardReport]) -> [String] {
        let damaged = shards.filter(\.isDamaged)
        guard !damaged.isEmpty else { return [] }
        var lines: [String] = ["", "### Damaged shards", "", "| Shard | State | Level | Damage | Detail |"]
        lines.append("| --- | --- | --- | --- | --- |")
        for shard in damaged.prefix(50) {
            let details = [shard.detail, shard.acceptance.map(Wording.acceptance) ?? ""].filter { !$0.isEmpty }
            let cells = [
                code(shard.name, inTable: true), shard.status.rawValue, shard.level.rawValue,
                shard.damagedRanges.isEmpty ? "" : ByteText.ranges(shard.damagedRanges, limit: 8),
                escape(details.joined(separator: "; ")),
            ]
            lines.append("| \(cells.joined(separator: " | ")) |")
        }
        if damaged.count > 50 { lines += ["", "And \(damaged.count - 50) more damaged shards."] }
        return lines
    }

    private static func list(_ title: String, _ items: [String]) -> [String] {
        guard !items.isEmpty else { return [] }
        var lines = ["", "### \(title)", ""]
        lines += items.prefix(30).map { "- \(sentence($0))" }
        if items.count > 30 { lines.append("- and \(items.count - 30) more") }
        return lines
    }

    private static func limited(_ lines: [String]) -> String {
        var result = ""
        for line in lines {
            if result.utf8.count + line.utf8.count > limit {
                return result + "\n\nCut here; the HTML report has everything.\n"
            }
            result += line + "\n"
        }
        return result
    }

    /// A sentence whose backticks quote names and commands: those are code, all else shows as itself.
    private static func sentence(_ text: String) -> String {
        Wording.parts(SafeText.line(text, limit: 1000)).map {
            $0.isCode && !$0.text.isEmpty ? code($0.text) : escape($0.text, limit: 1000)
        }
        .joined()
    }

    /// A text that shows as itself: nothing in it is markup, a mention, a link or a workflow command.
    package static func escape(_ text: String, limit: Int = SafeText.limit) -> String {
        let scalars = Array(SafeText.line(text, limit: limit).unicodeScalars)
        var result = ""
        for (index, scalar) in scalars.enumerated() {
            switch scalar {
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "&": result += "&amp;"
            // GitHub looks for mentions and issues in what Markdown has become, so that neither an entity nor a backslash
            // stops it; a character without width between the two does.
            case "@": result += "@&#8203;"
            case "#" where index + 1 < scalars.count && scalars[index + 1].properties.numericType != nil:
                result += "#&#8203;"
            case ":":
                let next = index + 1 < scalars.count ? scalars[index + 1] : " "
                let previous = index > 0 ? scalars[index - 1] : " "
                result += next == " " && previous != ":" ? ":" : "&#58;"
            case "\\", "`", "*", "_", "[", "]", "#", "|", "~", "$", "!", "{", "}": result += "\\" + String(scalar)
            case "."
            where index >= 3 && String(String.UnicodeScalarView(scalars[index - 3..<index])).lowercased() == "www":
                result += "&#46;"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// A text as a code span; inside a table bars need a backslash even there.
    package static func code(_ text: String, inTable: Bool = false) -> String {
        let line = SafeText.line(text)
        // A table is cut at its bars before code is looked for, and a backslash before a bar would end there.
        let clean = inTable ? line.replacing("\\|", with: "\u{FF3C}|").replacing("|", with: "\\|") : line
        var longest = 0
        var run = 0
        for character in clean.unicodeScalars {
            run = character == "`" ? run + 1 : 0
            longest = max(longest, run)
        }
        let fence = String(repeating: "`", count: longest + 1)
        let padding = clean.hasPrefix("`") || clean.hasSuffix("`") || clean.isEmpty ? " " : ""
        return fence + padding + clean + padding + fence
    }
}
