import DataOrder
import Diagnosis
import Shards
import TrainingLogs

/// Chooses the loader and its geometry from the configuration, and from log and shards what the configuration leaves out.
public enum LoaderMapping {
    /// Makes the map.
    public static func run(
        _ configuration: AuditConfiguration,
        inventory: ShardInventory?,
        history: TrainingHistory?,
        resume: ResumeEvidence? = nil
    ) -> MappingOutcome {
        guard let inventory else {
            let reason = "the configuration names no shards (`shards:`)"
            return MappingOutcome(map: nil, reason: reason, assumptions: [])
        }
        var inputs = LoaderInputs(configuration, inventory: inventory, history: history)
        do throws(DataOrderError) {
            let loader = try loader(&inputs, inventory, history, resume)
            var map = DataMap(
                loader: loader,
                loaderID: inputs.loader,
                stepBase: inputs.stepBase,
                updates: inputs.updates
            )
            if let history { map.doubt = try GeometryCheck(map, inputs, history).doubt() }
            return MappingOutcome(map: map, reason: nil, assumptions: inputs.assumptions)
        } catch {
            return MappingOutcome(map: nil, reason: error.description, assumptions: inputs.assumptions)
        }
    }

    private static func loader(
        _ inputs: inout LoaderInputs,
        _ inventory: ShardInventory,
        _ history: TrainingHistory?,
        _ resume: ResumeEvidence?
    ) throws(DataOrderError) -> any Loader {
        let rule = try rule(&inputs, inventory, history)
        inputs.loader = rule.id
        if let variant = inputs.options.variant, !rule.variants.contains(variant) {
            let known = rule.variants.isEmpty ? "none" : rule.variants.joined(separator: ", ")
            throw .invalid(
                key: "order.variant",
                found: variant,
                expected: "a variant of the loader \(rule.id): \(known)"
            )
        }
        if !rule.takesRamp { try inputs.refuseRamp() }
        let loader = try rule.make(&inputs)
        if isFixed(rule, &inputs, history) { return FixedBatchLoader(loader, doubt: fixedBatchDoubt(inputs)) }
        return resumed(loader, rule, &inputs, history, resume)
    }

    /// The loader that is configured, or else the one that log or shards show.
    private static func rule(
        _ inputs: inout LoaderInputs,
        _ inventory: ShardInventory,
        _ history: TrainingHistory?
    ) throws(DataOrderError) -> LoaderRule {
        if let id = inputs.options.loader { return try LoaderRule.named(id) }
        guard let (id, reason) = LoaderChoice.infer(format: history?.format, inventory: inventory) else {
            throw .missing(
                key: "order.loader",
                reason: "neither the log nor the shards tell which data loader read them; expected one of "
                    + LoaderRule.all.map(\.id).joined(separator: ", ")
            )
        }
        inputs.assume("order.loader: \(id), because \(reason); another loader would trace steps to other bytes")
        return try LoaderRule.named(id)
    }

    /// Whether every step reads the first batch: as configured, or because losses that never change show it.
    private static func isFixed(
        _ rule: LoaderRule,
        _ inputs: inout LoaderInputs,
        _ history: TrainingHistory?
    ) -> Bool {
        if let fixed = inputs.options.fixedBatch { return fixed }
        guard rule.firstBatch != .onlyOnce else { return false }
        let losses = history?.train.values ?? []
        // Weights that do not move give different losses on different batches: equal to the last digit, they read one.
        if losses.count >= 16, let first = losses.first, first.isFinite, losses.allSatisfy({ $0 == first }) {
            inputs.assume(
                "order.fixedBatch: true, since all \(losses.count) losses are equal to the last digit, which different "
                    + "batches do not give; with false, steps would be traced one after another"
            )
            return true
        }
        if rule.firstBatch == .repeatedByDefault {
            inputs.assume(
                "order.fixedBatch: false; train_gpt2.py repeats its first batch unless it was given "
                    + "--overfit_single_batch 0, and then every step would be traced to that batch"
            )
        }
        return false
    }

    private static func fixedBatchDoubt(_ inputs: LoaderInputs) -> String? {
        guard inputs.options.fixedBatch == nil else { return nil }
        return
            "the losses never change, so that every step reads one batch; that it is the first follows from the trainer's "
            + "default alone (order.fixedBatch: true confirms it)"
    }

    private static func resumed(
        _ loader: any Loader,
        _ rule: LoaderRule,
        _ inputs: inout LoaderInputs,
        _ history: TrainingHistory?,
        _ evidence: ResumeEvidence?
    ) -> any Loader {
        guard let history, rule.resume != .mapped else { return loader }
        let processes = Processes(history)
        guard !processes.restarts.isEmpty else { return loader }
        let steps = processes.restarts.prefix(4).map { "\($0 + inputs.stepBase)" }.joined(separator: ", ")
        let usual: OrderOptions.Resume = rule.resume == .startsOver ? .startsOver : .goesOn
        let startsOver = (inputs.options.resume ?? evidence?.resume ?? usual) == .startsOver
        let how =
            startsOver
            ? "starts over with the first data" : "goes on where the process before it stopped"
        if inputs.options.resume == nil {
            let other: OrderOptions.Resume = startsOver ? .goesOn : .startsOver
            inputs.assume(
                "order.resume: the run resumed at step \(steps), and the loader \(inputs.loader) \(how)"
                    + (evidence.map { " (\($0.source))" } ?? ", as it usually does") + "; with "
                    + "`\(other.rawValue)`, the steps after it would be traced to other bytes"
            )
        }
        guard startsOver else { return loader }
        if !processes.repeated.isEmpty {
            let ranges = processes.repeated.prefix(4).map {
                "\($0.lowerBound + inputs.stepBase) to \($0.upperBound - 1 + inputs.stepBase)"
            }
            inputs.assume(
                "steps \(ranges.joined(separator: ", ")) were done more than once, on other data each time; each is traced "
                    + "for the process that printed it last"
            )
        }
        return ResumedLoader(loader, stretches: inputs.processes ?? [])
    }
}
