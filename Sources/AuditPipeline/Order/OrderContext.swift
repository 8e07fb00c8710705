import DataOrder
import Diagnosis
import Shards
import Terms
import TrainingLogs

/// What a loader is made from: the configuration, the shards, the log, and notes of what was assumed.
struct OrderContext {
    let configuration: AuditConfiguration
    let inventory: ShardInventory
    let history: TrainingHistory?
    /// The value of `order.loader`, given or assumed.
    var loader = ""
    /// What was taken from elsewhere than the configuration.
    var assumptions: [String] = []

    var section: AuditConfiguration.OrderSection { configuration.order }
    var printed: Hyperparameters { history?.hyperparameters ?? Hyperparameters() }
    var stepBase: Int { history?.stepBase ?? 0 }

    // MARK: Values

    mutating func assume(_ sentence: String) { assumptions.append(sentence) }

    /// A value of the configuration, or the log's, or a default; what is not configured is noted.
    mutating func value(_ given: Int?, _ key: String, printed: Int? = nil, default fallback: Int? = nil) -> Int? {
        if let given { return given }
        if let printed {
            assume("\(key): \(printed), as the log prints it")
            return printed
        }
        guard let fallback else { return nil }
        assume("\(key): \(fallback), since neither the configuration nor the log says")
        return fallback
    }

    /// The trainer's own default of a setting, noted as one.
    mutating func usual<Value>(_ given: Value?, _ key: String, _ fallback: Value) -> Value {
        if let given { return given }
        assume("\(key): \(fallback), the trainer's default")
        return fallback
    }

    /// How batches are cut.
    mutating func geometry() throws(DataOrderError) -> BatchGeometry {
        guard let batch = value(section.batch, "order.batch", printed: printed.batch) else {
            throw .missing(key: "order.batch", reason: "the log does not print the rows per rank and micro-step")
        }
        guard let sequence = value(section.sequence, "order.sequence", printed: printed.sequence) else {
            throw .missing(key: "order.sequence", reason: "the log does not print the tokens per row")
        }
        let world = value(section.worldSize, "order.worldSize", printed: printed.worldSize, default: 1) ?? 1
        let accumulation =
            value(section.accumulation, "order.accumulation", printed: printed.accumulation, default: 1) ?? 1
        let geometry = try BatchGeometry(
            batch: batch,
            sequence: sequence,
            accumulation: accumulation,
            worldSize: world
        )
        if let tokens = printed.tokensPerStep, section.ramp.isEmpty, tokens != geometry.tokensPerStep {
            // A wrong geometry would name a wrong shard with confidence.
            throw .conflict(
                key: "order.batch, order.sequence, order.accumulation or order.worldSize",
                reason:
                    "they make \(geometry.tokensPerStep) tokens a step and the log prints \(tokens); correct one of them"
            )
        }
        return geometry
    }

    /// The stages of the batch size.
    mutating func ramp() throws(DataOrderError) -> BatchRamp {
        let first = try geometry()
        guard !section.ramp.isEmpty else { return BatchRamp(first) }
        var stages: [BatchStage] = []
        if section.ramp[0].step > stepBase { stages.append(BatchStage(update: 0, geometry: first)) }
        var current = first
        for stage in section.ramp {
            current = try BatchGeometry(
                batch: stage.batch ?? current.batch,
                sequence: stage.sequence ?? current.sequence,
                accumulation: stage.accumulation ?? current.accumulation,
                worldSize: first.worldSize
            )
            stages.append(BatchStage(update: max(0, stage.step - stepBase), geometry: current))
        }
        return try BatchRamp(stages: stages)
    }

    /// Refuses a batch size that grows, for loaders of which that is not known.
    func refuseRamp() throws(DataOrderError) {
        guard section.ramp.isEmpty else {
            throw .invalid(
                key: "order.ramp",
                found: "a batch size that grows",
                expected: "no ramp with the loader \(loader); contiguous, megatron and modded-nanogpt (bos) take one"
            )
        }
    }

    /// The updates to map: all that were planned and all that the log shows; where no plan is known, one more, since a run
    /// may die in the step after the last it printed.
    var updates: Int {
        let (distance, overflow) = (history?.train.steps.max() ?? stepBase).subtractingReportingOverflow(stepBase)
        // A step that no run reaches is a misprint; it must not become the size of anything.
        let shown = overflow || distance >= 1 << 40 ? 0 : distance + 1
        let plan = configuration.training.steps ?? printed.totalSteps
        return max(1, plan ?? shown + 1, shown)
    }

    // MARK: Shards

    /// The training shards as the trainer saw them: by their own headers, or by the manifest where the header is gone.
    func tokenShards() throws(DataOrderError) -> [ShardLayout] {
        try layouts(of: inventory.manifest.trainingEntries)
    }

    /// The token layouts of some shards.
    func layouts(of entries: [ManifestEntry]) throws(DataOrderError) -> [ShardLayout] {
        var found: [String: ShardVerification] = [:]
        for verification in inventory.verifications { found[verification.name] = verification }
        let fallback = inventory.verifications.lazy.compactMap(\.header).first { $0.tokens != nil }
        var known: [ShardLayout] = []
        var missing: [String] = []
        known.reserveCapacity(entries.count)
        for entry in entries {
            let verification = found[entry.name]
            let header = verification?.header
            let form = header?.tokens == nil ? fallback ?? header : header
            let bytes = entry.bytes ?? verification?.bytes
            let counted = form.flatMap { form in bytes.map { max(0, $0 - form.headerBytes) / max(1, form.tokenWidth) } }
            guard let form, ShardFormats.named(form.format)?.unit != .documents,
                let tokens = header?.tokens ?? entry.tokens ?? counted
            else {
                missing.append(entry.name)
                continue
            }
            known.append(
                ShardLayout(
                    name: entry.name,
                    tokens: tokens,
                    headerBytes: form.headerBytes,
                    tokenWidth: form.tokenWidth
                )
            )
        }
        guard missing.isEmpty else {
            if !inventory.verifications.isEmpty, inventory.verifications.allSatisfy({ $0.status == .missing }) {
                throw .missing(key: "shards", reason: "not one of them is in \(inventory.folder.path)")
            }
            let names = missing.prefix(3).joined(separator: ", ") + (missing.count > 3 ? ", …" : "")
            throw .missing(
                key: "shards",
                reason: "the token counts of \(names) are not known; they are read from the files, or from a lock file "
                    + "that `trainaudit lock` made of them"
            )
        }
        return known
    }

    /// The path of a shard's file.
    func path(of name: String) throws(DataOrderError) -> String {
        do throws(ShardError) {
            return try inventory.folder.resolve(name)
        } catch {
            throw .missing(key: "shards", reason: error.description)
        }
    }

    /// The path of `order.state`.
    func statePath(_ what: String) throws(DataOrderError) -> String {
        guard let state = section.state else { throw .missing(key: "order.state", reason: what) }
        return configuration.resolve(state)
    }
}
