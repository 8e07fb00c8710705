import DataOrder
import Diagnosis
import Shards
import TrainingLogs

/// Chooses the loader and its geometry from the configuration, and from log and shards what the configuration leaves out.
public enum OrderStage {
    /// Makes the map.
    public static func run(
        _ configuration: AuditConfiguration,
        inventory: ShardInventory?,
        history: TrainingHistory?
    ) -> OrderOutcome {
        guard let inventory else {
            let reason = "the configuration names no shards (`shards:`)"
            return OrderOutcome(map: nil, reason: reason, assumptions: [])
        }
        var context = OrderContext(configuration: configuration, inventory: inventory, history: history)
        do throws(DataOrderError) {
            let loader = try loader(&context)
            let map = DataMap(
                loader: loader,
                loaderID: context.loader,
                stepBase: context.stepBase,
                updates: context.updates
            )
            return OrderOutcome(map: map, reason: nil, assumptions: context.assumptions)
        } catch {
            return OrderOutcome(map: nil, reason: error.description, assumptions: context.assumptions)
        }
    }

    private static func loader(_ context: inout OrderContext) throws(DataOrderError) -> any Loader {
        guard let id = context.section.loader ?? LoaderChoice.infer(&context) else {
            throw .missing(
                key: "order.loader",
                reason: "neither the log nor the shards tell which data loader read them; expected one of "
                    + LoaderWirings.ids.joined(separator: ", ")
            )
        }
        context.loader = id
        guard let wiring = LoaderWirings.all.first(where: { $0.ids.contains(id) }) else {
            throw .invalid(
                key: "order.loader",
                found: id,
                expected: "one of \(LoaderWirings.ids.joined(separator: ", "))"
            )
        }
        if let variant = context.section.variant, !wiring.variants.contains(variant) {
            let known = wiring.variants.isEmpty ? "none" : wiring.variants.joined(separator: ", ")
            throw .invalid(key: "order.variant", found: variant, expected: "a variant of the loader \(id): \(known)")
        }
        if !wiring.takesRamp { try context.refuseRamp() }
        let loader = try wiring.make(&context)
        if try isFixed(&context, loader) { return FixedBatchLoader(loader) }
        return resumed(loader, wiring, &context)
    }

    /// Whether every step reads the first batch: as configured, or because losses that never change show it.
    private static func isFixed(
        _ context: inout OrderContext,
        _ loader: any Loader
    ) throws(DataOrderError) -> Bool {
        if let fixed = context.section.fixedBatch { return fixed }
        guard ["llm.c-python", "llm.c", "llm.c-shuffled"].contains(context.loader) else { return false }
        let losses = context.history?.train.values ?? []
        // Weights that do not move give different losses on different batches: equal to the last digit, they read one.
        if losses.count >= 16, let first = losses.first, first.isFinite, losses.allSatisfy({ $0 == first }) {
            context.assume(
                "order.fixedBatch: true, since all \(losses.count) losses are equal to the last digit, which different "
                    + "batches do not give; with false, steps would be traced one after another"
            )
            return true
        }
        if context.loader == "llm.c-python" {
            context.assume(
                "order.fixedBatch: false; train_gpt2.py repeats its first batch unless it was given "
                    + "--overfit_single_batch 0, and then every step would be traced to that batch"
            )
        }
        return false
    }

    private static func resumed(
        _ loader: any Loader,
        _ wiring: any LoaderWiring.Type,
        _ context: inout OrderContext
    ) -> any Loader {
        guard let history = context.history, wiring.handlesResumes == false else { return loader }
        let processes = Processes(history)
        guard !processes.restarts.isEmpty else { return loader }
        let steps = processes.restarts.prefix(4).map { "\($0 + context.stepBase)" }.joined(separator: ", ")
        let startsOver = (context.section.resume ?? (wiring.startsOver ? .startsOver : .goesOn)) == .startsOver
        let how =
            startsOver
            ? "starts over with the first data" : "goes on where the process before it stopped"
        if context.section.resume == nil {
            let other: AuditConfiguration.OrderSection.Resume = startsOver ? .goesOn : .startsOver
            context.assume(
                "order.resume: the run resumed at step \(steps), and the loader \(context.loader) \(how); with "
                    + "`\(other.rawValue)`, the steps after it would be traced to other bytes"
            )
        }
        guard startsOver else { return loader }
        if let uncertain = processes.uncertainFrom {
            context.assume(
                "from step \(uncertain + context.stepBase) on the mapping is unknown: the log does not print every step, so "
                    + "the step at which the run resumed is not certain"
            )
        }
        return ResumedLoader(loader, restarts: processes.restarts, uncertainFrom: processes.uncertainFrom)
    }
}
