import Terms

extension TerminalText {
    /// The result of `trainaudit verify`: one line a shard with a one-character state, then a summary.
    ///
    /// `=` verified, `r` repaired, `?` nothing to prove it against, `-` missing, `*` differs, `!` unreadable, `+` extra.
    public static func verify(_ report: VerifyReport, style: TerminalStyle = TerminalStyle()) -> String {
        var lines = TerminalLines(style)
        let names = report.shards.map { SafeText.line($0.name, limit: 200) }
        // Behind a name stand the size and a word; where both have no room, the name has a line of its own.
        let column = min(names.map(\.columns).max() ?? 0, 60, max(style.width - 26, 20))
        for (shard, name) in zip(report.shards, names) { add(shard, name, column: column, &lines) }
        lines.blank()
        let used = Set(report.shards.map { Sign($0.status) }).union([.verified])
        let legend = Sign.allCases.filter(used.contains).map { "\($0.look.mark) \($0.rawValue)" }
        if legend.count > 1 { lines.add(legend.joined(separator: ", "), .dim) }
        let damaged = report.shards.count(where: \.isDamaged)
        let bytes = report.shards.compactMap(\.bytes).reduce(0) { $0.addingReportingOverflow($1).partialValue }
        verdict(
            report.verdict,
            "\(Wording.shardCounts(report.shards)); \(damaged) damaged; \(NumberText.size(bytes))",
            &lines
        )
        if let ledger = report.ledger { add(ledger, &lines) }
        return lines.text
    }

    private static func add(_ shard: ShardReport, _ name: String, column: Int, _ lines: inout TerminalLines) {
        let style = lines.style
        let sign = Sign(shard.status)
        let mark = style.paint(sign.look.mark, sign.look.role)
        let size = right(shard.bytes.map(NumberText.size) ?? "", 10)
        var line = "\(mark) \(left(name, column)) \(size)"
        if name.columns > column, name.columns + 26 > style.width {
            lines.add("\(mark) \(name)")
            line = "  \(left("", column)) \(size)"
        }
        if sign == .verified {
            // An earlier proof is not passed off as one of now.
            let proof = shard.provedOn.map { ", proved on \(SafeText.line($0, limit: 20))" } ?? ""
            lines.add("\(line)  \(shard.level.rawValue)\(proof)")
        } else {
            lines.add("\(line)  \(style.paint(shard.status.rawValue, sign.look.role))")
            if !shard.detail.isEmpty { lines.add(label: "", shard.detail, indent: 4) }
            if !shard.damagedRanges.isEmpty {
                lines.add(label: "damaged:", ByteText.ranges(shard.damagedRanges, limit: 8), indent: 4)
            }
        }
        let defects = shard.defects ?? []
        for defect in defects.prefix(8) {
            let label = SafeText.line(defect.kind, limit: 40)
            lines.add(label: label, "\(place(defect)): \(defect.detail)", indent: 4)
        }
        if defects.count > 8 { lines.add(label: "", "and \(defects.count - 8) more", indent: 4) }
    }

    /// What is new since the last run.
    private static func add(_ ledger: LedgerReport, _ lines: inout TerminalLines) {
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
    public static func combined(_ report: VerifyReport) -> String {
        report.shards.map { "\(Sign($0.status).look.mark) \(SafeText.line($0.name, limit: 4096))\n" }.joined()
    }

    /// What the first character of a line means, in the order of the legend.
    private enum Sign: String, CaseIterable {
        case verified, differs, missing, unreadable, repaired, unproved, extra

        init(_ status: ShardStatus) {
            self =
                switch status {
                case .verified: .verified
                case .repaired: .repaired
                case .unproved: .unproved
                case .extra: .extra
                case .missing: .missing
                case .unreadable: .unreadable
                case .short, .long, .mismatch, .malformed: .differs
                }
        }

        /// The character and its colour.
        var look: (mark: String, role: TerminalStyle.Role) {
            switch self {
            case .verified: ("=", .good)
            case .differs: ("*", .bad)
            case .missing: ("-", .bad)
            case .unreadable: ("!", .bad)
            case .repaired: ("r", .good)
            case .unproved: ("?", .warning)
            case .extra: ("+", .note)
            }
        }
    }

    private static func place(_ defect: DefectReport) -> String {
        defect.tokens.map { "tokens \(NumberText.range($0))" } ?? "bytes \(NumberText.range(defect.bytes))"
    }
}
