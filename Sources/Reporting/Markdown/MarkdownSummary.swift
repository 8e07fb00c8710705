/// A short report for pull requests and step summaries.
public enum MarkdownSummary {
    /// GitHub drops a step summary above 1 MiB altogether; this stays well below.
    package static let limit = 900_000

    /// The summary as GitHub-flavoured Markdown. Text from logs and shards cannot form Markdown, HTML, mentions or
    /// workflow commands.
    public static func text(_ document: AuditDocument) -> String {
        var lines: [String] = []
        let isHealthy = document.verdict == "healthy"
        lines.append("## Training audit of \(escape(document.run)): \(escape(Wording.verdict(document)))")
        lines.append("")
        lines.append("**\(escape(document.headline))**")
        lines.append("")
        if let history = document.history { lines.append("- Log: \(escape(Wording.history(history)))") }
        if !document.shards.isEmpty { lines.append("- \(escape(Wording.shardCounts(document.shards)))") }
        if let comparison = document.comparison {
            lines.append("- Since the last audit: \(escape(Wording.comparison(comparison)))")
        }
        lines.append("- Findings: \(document.findings.count)\(isHealthy ? "" : ", gravest first")")
        for (index, finding) in document.findings.prefix(20).enumerated() {
            lines += section(finding, number: index + 1, document)
        }
        if document.findings.count > 20 {
            lines += ["", "And \(document.findings.count - 20) more findings, all in the HTML and JSON reports."]
        }
        lines += changes(document.comparison)
        lines += damagedShards(document.shards)
        lines += list("Baseline", Wording.baseline(document.baseline ?? []))
        lines += list("Assumed", document.assumptions)
        lines += list("Not checked", document.notChecked)
        if !document.reproduce.isEmpty {
            lines += ["", "### Reproduce", ""]
            lines += document.reproduce.prefix(30).map { "- \(code($0))" }
        }
        return limited(lines)
    }

    private static func section(_ finding: FindingDocument, number: Int, _ document: AuditDocument) -> [String] {
        var lines: [String] = ["", "### \(number). \(escape(finding.title)) (\(escape(finding.severity)))", ""]
        let standing =
            finding.accepted.map(Wording.acceptance) ?? Wording.expiry(of: finding, in: document.baseline ?? [])
        if let standing { lines += ["*\(sentence(standing))*", ""] }
        // What the story tells is not said twice.
        let isTold = finding.story.count > (finding.symptoms.isEmpty ? 0 : 1)
        let story = isTold ? Array(finding.story.prefix(12)) : []
        for symptom in finding.symptoms.prefix(10) {
            let steps = NumberText.steps(symptom.firstStep, symptom.lastStep) ?? ""
            let text = story.contains(symptom.summary) ? "" : ": \(escape(symptom.summary))"
            lines.append("- Seen: \(code(symptom.kind)), \(steps)\(text)")
        }
        if !finding.symptoms.isEmpty || finding.hypotheses.isEmpty, let guide = GuideLink(of: finding) {
            lines.append("- Guide: \(link(guide))")
        }
        if !story.isEmpty { lines += ["- In order:"] + story.map { "  1. \(sentence($0))" } }
        let (runs, more) = SpanRun.summary(finding.spans, shards: document.shards, limit: 5)
        for run in runs {
            let steps = run.steps.flatMap { NumberText.steps($0.lowerBound, $0.upperBound) }.map { ", \($0)" } ?? ""
            lines.append(
                "- Fed by: \(code(run.shard)) \(escape(run.extent)), bytes "
                    + "\(NumberText.range(run.bytes))\(steps) (\(escape(run.confidence)))"
            )
        }
        if more > 0 { lines.append("- and \(NumberText.count(more, "more span"))") }
        for replay in Wording.replays(of: finding, in: document.replays).prefix(3) {
            lines.append(
                "- Replayed at step \(replay.step): \(escape(Wording.contrast(replay))). \(escape(replay.conclusion))"
            )
        }
        let wording = CauseWording(finding, in: document)
        if finding.isDisagreement {
            return lines + finding.wouldSharpen.prefix(3).map { "- What to do: \(sentence($0))" }
        }
        if let introduction = wording.introduction { lines += ["", introduction] }
        for (rank, hypothesis) in finding.hypotheses.prefix(6).enumerated() {
            lines += ["", "**\(wording.heading(rank)): \(escape(Wording.name(hypothesis.cause)))**"]
            guard rank < 2 else { continue }
            lines.append("")
            if let basis = wording.basis(rank) { lines.append("- Basis: \(basis)") }
            lines += wording.evidence(rank).prefix(8).map { "- Evidence: \(sentence($0))" }
            lines += hypothesis.evidenceAgainst.prefix(8).map { "- Against: \(sentence($0))" }
            if !hypothesis.fix.isEmpty { lines.append("- Fix: \(sentence(hypothesis.fix))") }
            if !hypothesis.nextTest.isEmpty { lines.append("- Next test: \(sentence(hypothesis.nextTest))") }
            if rank == 0 { lines += finding.wouldSharpen.prefix(3).map { "- Would make it surer: \(sentence($0))" } }
            lines.append("- Guide: \(link(GuideLink(hypothesis.guide, id: hypothesis.cause)))")
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
    private static func changes(_ comparison: ComparisonDocument?) -> [String] {
        guard let comparison else { return [] }
        let findings = comparison.findings.filter { $0.state != "still-there" }.map { finding in
            "- \(escape(Wording.change(finding.state))): \(escape(finding.title)) (\(escape(finding.severity)))"
        }
        let shards = comparison.shards.filter { $0.state != "still-there" }.map { shard in
            "- \(escape(Wording.change(shard.state))): \(code(shard.name)) \(escape(shard.now ?? "not listed"))"
        }
        let all = findings + shards
        guard !all.isEmpty else { return [] }
        let more = all.count > 50 ? ["- and \(all.count - 50) more"] : []
        return ["", "### Since the last audit", ""] + all.prefix(50) + more
    }

    private static func damagedShards(_ shards: [ShardDocument]) -> [String] {
        let damaged = shards.filter(\.isDamaged)
        guard !damaged.isEmpty else { return [] }
        var lines: [String] = ["", "### Damaged shards", "", "| Shard | State | Level | Damaged bytes | Detail |"]
        lines.append("| --- | --- | --- | --- | --- |")
        for shard in damaged.prefix(50) {
            let ranges = TerminalText.damagedRanges(shard) ?? ""
            let cells = [
                code(shard.name, inTable: true), escape(shard.status), escape(shard.level), ranges,
                escape(
                    [shard.detail, shard.accepted.map(Wording.acceptance) ?? ""].filter { !$0.isEmpty }.joined(
                        separator: "; "
                    )
                ),
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
