import DataOrder
import Diagnosis
import Shards
import TrainingLogs

/// The map from the steps of a log to the bytes of its shards.
public struct DataMap: Sendable {
    /// The loader's arithmetic.
    public var loader: any Loader
    /// The value of `order.loader` that was used.
    public var loaderID: String
    /// The number printed for the first update.
    public var stepBase: Int
    /// The number of updates that the log or the configuration covers.
    public var updates: Int

    /// The 0-based update that a step of the log shows.
    /// A step that no run reaches becomes −1, which no loader maps.
    public func update(ofStep step: Int) -> Int {
        let (update, overflow) = step.subtractingReportingOverflow(stepBase)
        return overflow ? -1 : update
    }

    /// The micro-batches that fed a step.
    public func microBatches(step: Int) throws(DataOrderError) -> [MicroBatch] {
        try loader.microBatches(update: update(ofStep: step))
    }

    /// The half-open ranges of steps, in the numbering of the log, that read any of some tokens of a shard.
    public func steps(
        reading tokens: Range<Int>,
        ofShard name: String,
        limit: Int? = nil
    ) throws(DataOrderError) -> [Range<Int>] {
        guard let shard = loader.shards.firstIndex(where: { $0.name == name }) else { return [] }
        return try loader.updates(reading: tokens, ofShard: shard, limit: limit ?? updates).map {
            $0.lowerBound + stepBase..<$0.upperBound + stepBase
        }
    }

    /// The first steps up to a last one that read each shard, one entry a pass over it, by step.
    public func boundaries(through lastStep: Int) -> [(step: Int, shard: String)] {
        var result: [(step: Int, shard: String)] = []
        for shard in loader.shards {
            let limit = max(0, min(updates, update(ofStep: lastStep) + 1))
            let starts = (try? steps(reading: 0..<shard.tokens, ofShard: shard.name, limit: limit)) ?? []
            result += starts.map { ($0.lowerBound, shard.name) }
        }
        return result.sorted { ($0.step, $0.shard) < ($1.step, $1.shard) }
    }
}

/// What the order stage came to.
public struct OrderOutcome: Sendable {
    /// The map; `nil` when steps cannot be mapped.
    public var map: DataMap?
    /// Why not.
    public var reason: String?
    /// What was taken from the log because the configuration does not say it.
    public var assumptions: [String]
}

/// Chooses the loader and its geometry from the configuration, and from the log what the configuration leaves out.
public enum OrderStage {
    /// The loader each log format is written with, where one arithmetic is certain enough to assume.
    private static let loaderOfFormat: [String: String] = [
        "build-nanogpt": "build-nanogpt", "build-nanogpt-log": "build-nanogpt", "llm.c-python": "llm.c-python",
        "llm.c": "llm.c-shuffled", "llm.c-c": "llm.c-shuffled", "nanochat": "nanochat", "nanogpt": "nanogpt",
        "megatron": "megatron", "olmo": "olmo", "modded-nanogpt": "modded-nanogpt",
    ]

    /// Makes the map.
    public static func run(
        _ configuration: AuditConfiguration,
        inventory: ShardInventory?,
        history: TrainingHistory?
    ) -> OrderOutcome {
        var assumptions: [String] = []
        func fail(_ reason: String) -> OrderOutcome {
            OrderOutcome(map: nil, reason: reason, assumptions: assumptions)
        }
        guard let inventory else { return fail("the configuration names no shards (`shards:`)") }
        let printed = history?.hyperparameters ?? Hyperparameters()
        guard let id = configuration.order.loader ?? assumedLoader(history, &assumptions) else {
            return fail("the data loader is not known; set `order.loader`")
        }
        guard let batch = configuration.order.batch ?? take(printed.batch, "order.batch", &assumptions) else {
            return fail("the batch size is not known; set `order.batch`")
        }
        guard let sequence = configuration.order.sequence ?? take(printed.sequence, "order.sequence", &assumptions)
        else {
            return fail("the sequence length is not known; set `order.sequence`")
        }
        let world =
            configuration.order.worldSize ?? take(printed.worldSize, "order.worldSize", &assumptions)
            ?? assume(1, "order.worldSize", &assumptions)
        let accumulation =
            configuration.order.accumulation
            ?? take(printed.accumulation, "order.accumulation", &assumptions)
            ?? assume(1, "order.accumulation", &assumptions)
        do throws(DataOrderError) {
            let geometry = try BatchGeometry(
                batch: batch,
                sequence: sequence,
                accumulation: accumulation,
                worldSize: world
            )
            if let tokens = printed.tokensPerStep, tokens != geometry.tokensPerStep {
                // A wrong geometry would name a wrong shard with confidence.
                return fail(
                    "the configuration makes \(geometry.tokensPerStep) tokens a step and the log prints \(tokens); "
                        + "correct `order.batch`, `order.sequence`, `order.accumulation` or `order.worldSize`"
                )
            }
            let updates = updates(configuration, history)
            let layouts = layouts(inventory)
            guard layouts.missing.isEmpty else {
                return fail("the token counts of \(layouts.missing.joined(separator: ", ")) are not known")
            }
            let loader = try Loaders.make(id: id, shards: layouts.known, geometry: geometry, horizon: max(1, updates))
            let base = history?.stepBase ?? 0
            let map = DataMap(loader: loader, loaderID: id, stepBase: base, updates: max(1, updates))
            return OrderOutcome(map: map, reason: nil, assumptions: assumptions)
        } catch {
            return fail(error.description)
        }
    }

    private static func assumedLoader(_ history: TrainingHistory?, _ assumptions: inout [String]) -> String? {
        guard let history, let loader = loaderOfFormat[history.format] else { return nil }
        assumptions.append(
            "order.loader: \(loader), because the log is in the format \(history.format); another loader would "
                + "trace steps to other bytes"
        )
        return loader
    }

    private static func take(_ value: Int?, _ key: String, _ assumptions: inout [String]) -> Int? {
        guard let value else { return nil }
        assumptions.append("\(key): \(value), as the log prints it")
        return value
    }

    private static func assume(_ value: Int, _ key: String, _ assumptions: inout [String]) -> Int {
        assumptions.append("\(key): \(value), since neither the configuration nor the log says")
        return value
    }

    /// The updates to map: all that were planned and all that the log shows; where no plan is known, one more, since a run
    /// may die in the step after the last it printed.
    private static func updates(_ configuration: AuditConfiguration, _ history: TrainingHistory?) -> Int {
        let base = history?.stepBase ?? 0
        let (distance, overflow) = (history?.train.steps.max() ?? base).subtractingReportingOverflow(base)
        // A step that no run reaches is a misprint; it must not become the size of anything.
        let shown = overflow || distance >= 1 << 40 ? 0 : distance + 1
        let plan = configuration.training.steps ?? history?.hyperparameters.totalSteps
        return max(plan ?? shown + 1, shown)
    }

    /// The training shards as the trainer saw them: by their own headers, or by the manifest where the header is gone.
    private static func layouts(_ inventory: ShardInventory) -> (known: [ShardLayout], missing: [String]) {
        let fallback = inventory.verifications.lazy.compactMap(\.header).first { $0.tokens != nil }
        var known: [ShardLayout] = []
        var missing: [String] = []
        for entry in inventory.manifest.trainingEntries {
            let header = inventory.verification(of: entry.name)?.header
            let form = header ?? fallback
            guard let form, let tokens = header?.tokens ?? entry.tokens ?? tokens(entry, inventory, form) else {
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
        return (known, missing)
    }

    private static func tokens(_ entry: ManifestEntry, _ inventory: ShardInventory, _ form: ShardHeader) -> Int? {
        let bytes = entry.bytes ?? inventory.verification(of: entry.name)?.bytes
        return bytes.map { max(0, $0 - form.headerBytes) / max(1, form.tokenWidth) }
    }
}
