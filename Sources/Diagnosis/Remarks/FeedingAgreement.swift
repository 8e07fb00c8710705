import Terms
import TrainingLogs

/// How much a step is fed by the geometry that is configured, or that the log prints, beside what the log shows of it.
package enum FeedingAgreement {
    /// A remark where they disagree, and one for a geometry that a later process of the run prints otherwise.
    package static func remarks(_ history: TrainingHistory, _ order: TrainingConfiguration.Order) -> [Remark] {
        [contradiction(history, order), change(history.hyperparameters)].compactMap { $0 }
    }

    private static let settings: [Setting] = [.batch, .sequence, .accumulation, .worldSize]

    private static func contradiction(_ history: TrainingHistory, _ order: TrainingConfiguration.Order) -> Remark? {
        let printed = history.hyperparameters
        let configured: [Setting: Int] = [
            .batch: order.batch, .sequence: order.sequence, .accumulation: order.accumulation,
            .worldSize: order.worldSize,
        ].compactMapValues { $0 }
        var factors = configured
        for setting in settings where factors[setting] == nil { factors[setting] = printed[setting] }
        // What the log prints of all ranks together holds with one rank too.
        if printed.accumulationCountsRanks, configured[.accumulation] == nil, configured[.worldSize] == nil {
            factors[.worldSize] = 1
        }
        let rows = product(factors, [.batch, .accumulation, .worldSize])
        let plan = PlannedFeeding(
            stages: [.init(step: history.stepBase, rows: rows, tokens: product(factors, settings))]
        )
        let contradicted = plan.contradicted(by: history)
        // Records that disagree among themselves show a batch size that changes.
        guard let shown = contradicted.first,
            shown.kind == .setting || contradicted.allSatisfy({ $0.kind != .setting }),
            shown.kind != .total || contradicted.count == 1,
            let amount = shown.unit == .rows ? rows : product(factors, settings)
        else { return nil }
        let places = order.sources.merging(printed.sources) { mine, _ in mine }
        let parts = settings.compactMap { setting -> Phrase? in
            guard let value = factors[setting] else { return nil }
            return "\(quoted: setting.rawValue) \(value)\(Phrase(place: places[setting]))"
        }
        let supported = SupportedFactor(shown, factors, printed)
        let list = parts.dropFirst().reduce(parts.first ?? Phrase()) { "\($0), \($1)" }
        let evidence: Phrase = """
            \(list) make \(grouped: amount) \(noun(shown)) per step; the log \(verb(shown)) \(amountPhrase(shown))\
            \(Phrase(place: shown.line.map { SettingSource(line: $0) }))\(clause(supported)). Which bytes fed which step \
            depends on it: no step is traced as long as they disagree.
            """
        return Remark(
            .setting(key: configured.isEmpty ? "geometry" : "order"),
            title: title(shown, amount, isConfigured: !configured.isEmpty),
            severity: .warning,
            evidence: [evidence],
            nextTest: "look up batch, sequence, accumulation and ranks in the trainer's command line",
            fix: supported.map { factor in
                """
                Set \(quoted: "order." + factor.setting.rawValue) in audit.yaml to \(factor.value), or find out which other \
                value the run did not use.
                """
            } ?? "Correct \(quoted: "order") in audit.yaml to what the run used."
        )
    }

    private static func title(_ shown: StepTokens, _ amount: Int, isConfigured: Bool) -> Phrase {
        let whose: Phrase = isConfigured ? "configured" : "printed"
        guard shown.kind != .total else { return "The log disagrees with the \(whose) geometry" }
        return """
            The log shows \(amountPhrase(shown)) \(noun(shown)) per step, the \(whose) geometry makes \(grouped: amount)
            """
    }

    private static func clause(_ supported: SupportedFactor?) -> Phrase {
        guard let supported else { return Phrase() }
        return ", which is \(quoted: supported.setting.rawValue) \(supported.value) with the others as they are"
    }

    private static func noun(_ shown: StepTokens) -> Phrase { shown.unit == .rows ? "rows" : "tokens" }

    private static func verb(_ shown: StepTokens) -> Phrase {
        switch shown.kind {
        case .setting, .printed, .total: "prints"
        case .difference, .throughput, .epochs: "shows"
        }
    }

    private static func amountPhrase(_ shown: StepTokens) -> Phrase {
        let middle = Int(step: ((shown.low + shown.high) / 2).rounded())
        let amount: Phrase = shown.whole.map { "\(grouped: $0)" } ?? "about \(grouped: middle)"
        return shown.kind == .total ? "\(amount) up to step \(shown.steps.upperBound)" : amount
    }

    /// A product; nil where a factor is not known.
    private static func product(_ factors: [Setting: Int], _ of: [Setting]) -> Int? {
        of.reduce(1) { product, setting in
            guard let product, let factor = factors[setting], factor > 0 else { return nil }
            let (result, overflow) = product.multipliedReportingOverflow(by: factor)
            return overflow ? nil : result
        }
    }

    private static func change(_ printed: Hyperparameters) -> Remark? {
        guard let change = printed.changes.filter({ $0.step != nil }).min(by: { ($0.step ?? 0) < ($1.step ?? 0) }),
            let step = change.step
        else { return nil }
        return Remark(
            .setting(key: "order.\(change.setting.rawValue)"),
            title: "The run goes on with another \(quoted: change.setting.rawValue) from step \(step) on",
            severity: .warning,
            evidence: [
                """
                The log prints \(quoted: change.setting.rawValue) \(change.before)\(Phrase(place: change.sourceBefore)) and, \
                before step \(step), \(change.after)\(Phrase(place: change.sourceAfter)). Steps from there on are not \
                traced with the first value.
                """
            ],
            nextTest: "compare the command lines of both processes",
            fix: """
                Resume with \(quoted: change.setting.rawValue) \(change.before), or describe the change in audit.yaml \
                (\(quoted: "order.ramp")).
                """
        )
    }
}
