extension TerminalText {
    /// The result of `trainaudit verify`: one line a shard with a one-character state, then a summary.
    ///
    /// `=` verified, `r` repaired, `?` nothing to prove it against, `-` missing, `*` differs, `!` unreadable, `+` extra.
    public static func verify(_ document: VerifyDocument, style: TerminalStyle = TerminalStyle()) -> String {
        var lines = TerminalLines(style)
        let names = document.shards.map { SafeText.line($0.name, limit: 200) }
        // Behind a name stand the size and a word; where both have no room, the name has a line of its own.
        let column = min(names.map(\.columns).max() ?? 0, 60, max(style.width - 26, 20))
        for (shard, name) in zip(document.shards, names) {
            let (sign, role) = sign(shard.status)
            let padded = name + String(repeating: " ", count: max(column - name.columns, 0))
            let size = shard.bytes.map(NumberText.size) ?? ""
            let field = String(repeating: " ", count: max(10 - size.count, 0)) + size
            var line = "\(style.paint(sign, role)) \(padded) \(field)"
            if name.columns > column, name.columns + 26 > style.width {
                lines.add("\(style.paint(sign, role)) \(name)")
                line = "  " + String(repeating: " ", count: column) + " \(field)"
            }
            if sign == "=" {
                line += "  \(SafeText.line(shard.level, limit: 20))"
                // An earlier proof is not passed off as one of now.
                if shard.detail.hasPrefix("proved ") {
                    line += ", " + SafeText.line(String(shard.detail.prefix { $0 != "," }), limit: 60)
                }
            } else {
                line += "  \(style.paint(SafeText.line(shard.status, limit: 20), role))"
            }
            lines.add(line)
            if sign != "=" {
                if !shard.detail.isEmpty { lines.add(label: "", shard.detail, indent: 4) }
                if let ranges = damagedRanges(shard) { lines.add(label: "damaged bytes", ranges, indent: 4) }
            }
            for finding in (shard.findings ?? []).prefix(8) {
                lines.add(
                    label: SafeText.line(finding.kind, limit: 40),
                    "\(place(finding)): \(finding.detail)",
                    indent: 4
                )
            }
            if let count = shard.findings?.count, count > 8 { lines.add(label: "", "and \(count - 8) more", indent: 4) }
        }
        let used = Set(document.shards.map { Self.sign($0.status).0 })
        let legend: [(String, String)] = [
            ("*", "differs"), ("-", "missing"), ("!", "unreadable"), ("r", "repaired"), ("?", "unproved"),
            ("+", "extra"),
        ]
        let shown = legend.filter { used.contains($0.0) }.map { "\($0.0) \($0.1)" }
        lines.blank()
        if !shown.isEmpty { lines.add("= verified, " + shown.joined(separator: ", "), .dim) }
        let damaged = document.shards.filter(\.isDamaged).count
        let bytes = document.shards.compactMap(\.bytes).reduce(0) { $0.addingReportingOverflow($1).partialValue }
        verdict(
            document.verdict,
            "\(Wording.shardCounts(document.shards)); \(damaged) damaged; \(NumberText.size(bytes))",
            &lines
        )
        if let ledger = document.ledger { add(ledger, &lines) }
        return lines.text
    }

    /// What is new since the last run.
    private static func add(_ ledger: LedgerDocument, _ lines: inout TerminalLines) {
        var work = "\(ledger.read) read now, \(ledger.reused) relied on"
        if let oldest = ledger.oldestProof { work += " (the oldest proof is of \(oldest))" }
        if ledger.left > 0 { work += ", \(ledger.left) left for the next run" }
        lines.add(label: "ledger", work)
        guard let previous = ledger.previousRun else { return lines.add(label: "since", "this is the first run") }
        let news = [
            ("newly damaged", ledger.newlyDamaged), ("sound again", ledger.recovered), ("changed", ledger.changed),
            ("new", ledger.new),
        ].filter { !$0.1.isEmpty }
        lines.add(label: "since", "\(previous)" + (news.isEmpty ? ": nothing new" : ""))
        for (title, names) in news {
            let shown = names.prefix(8).map { SafeText.line($0, limit: 200) }.joined(separator: ", ")
            lines.add(label: title, names.count > 8 ? "\(shown) and \(names.count - 8) more" : shown, indent: 4)
        }
    }

    /// One character and a name a line, as `rclone check --combined` writes it.
    public static func combined(_ document: VerifyDocument) -> String {
        document.shards.map { "\(sign($0.status).0) \(SafeText.line($0.name, limit: 4096))\n" }.joined()
    }

    private static func sign(_ status: String) -> (String, TerminalStyle.Role) {
        switch status {
        case "verified": ("=", .good)
        case "repaired": ("r", .good)
        case "unproved": ("?", .warning)
        case "extra": ("+", .note)
        case "missing": ("-", .bad)
        case "unreadable": ("!", .bad)
        default: ("*", .bad)
        }
    }

    private static func place(_ finding: ContentFindingDocument) -> String {
        finding.tokens.map { "tokens \(NumberText.range($0))" } ?? "bytes \(NumberText.range(finding.bytes))"
    }

    /// At most eight byte ranges and how many more there are.
    package static func damagedRanges(_ shard: ShardDocument) -> String? {
        guard !shard.damagedRanges.isEmpty else { return nil }
        let shown = shard.damagedRanges.prefix(8).map(NumberText.range).joined(separator: ", ")
        let more = shard.damagedRanges.count - 8
        return more > 0 ? "\(shown) and \(more) more" : shown
    }
}
