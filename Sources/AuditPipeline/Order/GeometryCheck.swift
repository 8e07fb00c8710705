import DataOrder
import Diagnosis
import Terms
import TrainingLogs

/// Holds the geometry of a map against what the log says of how much a step is fed: a wrong geometry would name a wrong
/// shard with confidence.
struct GeometryCheck {
    private let map: DataMap
    private let inputs: LoaderInputs
    private let history: TrainingHistory

    init(_ map: DataMap, _ inputs: LoaderInputs, _ history: TrainingHistory) {
        (self.map, self.inputs, self.history) = (map, inputs, history)
    }

    /// From which step on the log shows another geometry; nil where it shows none.
    /// - Throws: ``DataOrderError`` where the log contradicts it from the first step on.
    func doubt() throws(DataOrderError) -> DataMap.Doubt? {
        let first = history.train.steps.min() ?? map.stepBase
        var found: DataMap.Doubt?
        if let shown = plan.contradicted(by: history).first {
            let reason = contradiction(shown)
            guard shown.kind != .setting, shown.kind != .total, shown.kind != .throughput,
                shown.steps.lowerBound > first
            else {
                throw .conflict(key: keys, reason: reason)
            }
            found = DataMap.Doubt(step: shown.steps.lowerBound, reason: reason)
        }
        // A batch size that is configured to change has been held against the records above.
        if inputs.options.ramp.isEmpty, let change = earliestChange, let step = change.step {
            guard found.map({ $0.step > step }) ?? true else { return found }
            found = DataMap.Doubt(step: step, reason: text(of: change))
        }
        return found
    }

    // MARK: The geometry

    private var plan: PlannedFeeding {
        let updates = [0] + inputs.options.ramp.map { max(0, $0.step.subtractingStep(map.stepBase)) }.filter { $0 > 0 }
        return PlannedFeeding(
            stages: updates.sorted().map { update in
                let geometry = map.loader.geometry(ofUpdate: update)
                return .init(
                    step: update.addingStep(map.stepBase),
                    rows: geometry.tokensPerStep / geometry.sequence,
                    tokens: geometry.tokensPerStep
                )
            }
        )
    }

    private var factors: [Setting: Int] {
        let geometry = map.loader.geometry
        return [
            .batch: geometry.batch, .sequence: geometry.sequence, .accumulation: geometry.accumulation,
            .worldSize: geometry.worldSize,
        ]
    }

    private static let settings: [Setting] = [.batch, .sequence, .accumulation, .worldSize]

    private var keys: String {
        "order." + Self.settings.dropLast().map(\.rawValue).joined(separator: ", order.") + " or order.worldSize"
    }

    // MARK: Text

    /// `batch 32 (audit.yaml line 7), sequence 1024 (line 12) … make 32,768 tokens per step; the log prints 16,384 (line 58),
    /// which is batch 16`.
    private func contradiction(_ shown: StepTokens) -> String {
        let known = factors
        let parts = Self.settings.compactMap { setting in
            known[setting].map { "\(setting.rawValue) \($0)" + (source(of: setting).map { " (\($0))" } ?? "") }
        }
        let geometry = map.loader.geometry(ofUpdate: map.update(ofStep: shown.steps.lowerBound))
        let amount = shown.unit == .rows ? geometry.tokensPerStep / geometry.sequence : geometry.tokensPerStep
        let place = (source(of: shown).text).map { " (\($0))" } ?? ""
        var text = "\(parts.joined(separator: ", ")) make \(NumberText.grouped(amount)) \(Self.noun(shown)) per step; "
        text += "the log \(Self.verb(shown)) \(Self.amount(shown))\(place)"
        if let supported = SupportedFactor(shown, known, history.hyperparameters) {
            text += ", which is \(supported.setting.rawValue) \(supported.value) with the others as they are"
        }
        return text + "; correct one of them"
    }

    private func source(of setting: Setting) -> String? {
        if let source = inputs.options.sources[setting] { return source.text }
        switch setting {
        case .batch where inputs.options.batch != nil, .sequence where inputs.options.sequence != nil,
            .accumulation where inputs.options.accumulation != nil, .worldSize where inputs.options.worldSize != nil:
            return "configured"
        default: return history.hyperparameters.sources[setting]?.text ?? "assumed"
        }
    }

    private func source(of shown: StepTokens) -> SettingSource {
        SettingSource(
            file: shown.kind == .setting
                ? history.hyperparameters.sources[shown.unit == .rows ? .rowsPerStep : .tokensPerStep]?.file : nil,
            line: shown.line
        )
    }

    private static func noun(_ shown: StepTokens) -> String { shown.unit == .rows ? "rows" : "tokens" }

    private static func verb(_ shown: StepTokens) -> String {
        switch shown.kind {
        case .setting, .printed, .total: "prints"
        case .difference, .throughput, .epochs: "shows"
        }
    }

    private static func amount(_ shown: StepTokens) -> String {
        let middle = Int(step: ((shown.low + shown.high) / 2).rounded())
        let count = shown.whole.map { NumberText.grouped($0) } ?? "about \(NumberText.grouped(middle))"
        let of = shown.kind == .total ? " \(noun(shown)) up to step \(shown.steps.upperBound)" : ""
        let how = shown.kind == .throughput ? " (throughput times time)" : ""
        return count + of + how
    }

    private var earliestChange: SettingChange? {
        history.hyperparameters.changes.filter { $0.step != nil }.min { ($0.step ?? 0) < ($1.step ?? 0) }
    }

    private func text(of change: SettingChange) -> String {
        func place(_ source: SettingSource) -> String { source.text.map { " (\($0))" } ?? "" }
        return
            "the log prints \(change.setting.rawValue) \(change.before)\(place(change.sourceBefore)) and, before step "
            + "\(change.step ?? 0), \(change.after)\(place(change.sourceAfter)): the steps after it were cut otherwise"
    }
}
