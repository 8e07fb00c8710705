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
        if isFixed(&context) { return FixedBatchLoader(loader, doubt: fixedBatchDoubt(context)) }
        return resumed(loader, wiring, &context)
    }

    /// Whether every step reads the first batch: as configured, or because losses that never change show it.
    private static func isFixed(_ context: inout OrderContext) -> Bool {
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

    private static func fixedBatchDoubt(_ context: OrderContext) -> String? {
        guard context.section.fixedBatch == nil else { return nil }
        return
            "the losses never change, so that every step reads one batch; that it is the first follows from the trainer's "
            + "default alone (order.fixedBatch: true confirms it)"
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
        if !processes.repeated.isEmpty {
            let ranges = processes.repeated.prefix(4).map {
                "\($0.lowerBound + context.stepBase) to \($0.upperBound - 1 + context.stepBase)"
            }
            context.assume(
                "steps \(ranges.joined(separator: ", ")) were done more than once, on other data each time; each is traced "
                    + "for the process that printed it last"
            )
        }
        return ResumedLoader(loader, stretches: stretches(processes, context.stepBase))
    }

    /// The stretches of a loader that starts over, with what is not certain of them.
    private static func stretches(_ processes: Processes, _ base: Int) -> [ProcessStretch] {
        processes.stretches.map { update, process in
            guard let process else {
                return ProcessStretch(
                    update: update,
                    processStart: 0,
                    doubt:
                        "the log does not show the process that did the steps before \(base + (processes.restarts.first ?? 0))"
                )
            }
            let doubt =
                process.isCertain
                ? nil
                : "the log does not show with which step the process began that printed \(process.start + base) first, and "
                    + "its loader started over there"
            return ProcessStretch(update: update, processStart: process.start, doubt: doubt)
        }
    }
}
