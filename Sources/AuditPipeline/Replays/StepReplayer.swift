import DataOrder
import Diagnosis
import Foundation
import Replay
import Reporting
import Shards
import Terms
import TrainingLogs

/// One replayed step with everything the report says about it.
public struct StepReplay: Sendable {
    /// The step, in the numbering of the log.
    public var step: Int
    /// The checkpoint's file name, the updates it holds, and the last step before it.
    public var checkpoint: String
    public var updatesDone: Int
    public var checkpointStep: Int
    /// The arithmetic that was used.
    public var precision: Precision
    /// The outcome.
    public var result: ReplayResult
    /// The suspect rows, in the order of the outcome's row losses.
    public var rows: [TokenRow]
    /// Rows of the step that were left out to stay within the token budget.
    public var rowsLeftOut: Int
    /// The steps the controls were taken from.
    public var controlSteps: [Int]
    /// The loss the log printed for the step, when it is that very quantity: the same weights and all rows.
    public var loggedLoss: Double?
    /// Parameters of the checkpoint that are not finite.
    public var nonFiniteParameters: [NonFiniteParameter]
    /// What is wrong with the weights by themselves, and against the checkpoint before where that was read.
    public var weightProblems: [WeightProblem] = []
    /// The rows and positions that carry the loss; `nil` without controls to compare with.
    public var concentration: LossConcentration?
    /// The same batch in other arithmetics.
    public var emulations: [Emulation] = []
    /// The same batch and controls under another checkpoint.
    public var other: OtherCheckpoint?
    /// How far the rows' gradients agree; `nil` for large models.
    public var noise: GradientNoise?
    /// The optimizer's state beside the checkpoint; `nil` where there is none.
    public var optimizer: OptimizerNote?
    /// The tensor that one update at the step's learning rate changes the most, relative to its norm: by the optimizer's
    /// own moments where they are there, or else at most.
    public var largestUpdate: (name: String, ratio: Double)?
    /// Nearer checkpoints that could not be read, and why.
    public var skippedCheckpoints: [ReplayError]
    /// What had to be assumed about the model, and what of its configuration was not understood.
    public var notes: [CheckpointNote] = []
    /// What the log printed around the checkpoint; `nil` where it is not known.
    public var loggedNearby: LoggedNearby?

    /// Whether the controls cost so much more than the log printed that another model wrote it: then nothing that the
    /// replay shows is evidence.
    public var isAnotherModel: Bool {
        nonFiniteParameters.isEmpty && loggedNearby?.isExceeded(by: result) == true
    }

    /// The row of the batch that a replayed row is: others may have been left out.
    func batchRow(_ index: Int) -> Int { rows.indices.contains(index) ? rows[index].row : index }
}

/// Replays steps at the nearest earlier checkpoint.
public struct StepReplayer: Sendable {
    /// Where checkpoints come from.
    public enum CheckpointChoice: Sendable, Equatable {
        /// The nearest one in a folder.
        case folder(String)
        /// This file; the updates it holds, where its name does not say.
        case file(String, updatesDone: Int?)
    }

    /// How a replay is set up.
    public struct Options: Sendable {
        /// The arithmetic.
        public var precision: Precision
        /// At most so many tokens of a batch are replayed; rows beyond are left out and the report says so. `nil` chooses
        /// by the size of the model, so that a replay takes minutes and not hours.
        public var tokenBudget: Int?
        /// At most so many control batches.
        public var controls: Int
        /// Worker threads.
        public var threads: Int
        /// Other arithmetics to run the suspect batch in.
        public var emulate: [Precision] = []
        /// With an emulated arithmetic, rounds gradients too, after multiplying the loss by this.
        public var lossScale: Double?
        /// Another checkpoint to set beside; `nil` takes the one before where the model is small.
        public var otherCheckpoint: String?
        /// The step's learning rate, for the size of an update.
        public var learningRate: Double?

        /// Creates options.
        public init(
            precision: Precision = .fp32,
            tokenBudget: Int? = nil,
            controls: Int = 8,
            threads: Int,
            learningRate: Double? = nil
        ) {
            self.learningRate = learningRate
            self.precision = precision
            self.tokenBudget = tokenBudget.map { max(1, $0) }
            self.controls = max(0, controls)
            self.threads = max(1, threads)
        }
    }

    /// The map from steps to bytes.
    public var map: DataMap
    /// The folder of the shards.
    public var folder: ShardFolder
    /// What the configuration says of the model.
    public var overrides: CheckpointOverrides
    /// Where checkpoints come from.
    public var checkpoints: CheckpointChoice
    /// How a replay is set up.
    public var options: Options
    /// The losses that the log printed, by rising step, to hold against the controls'; `nil` without a log.
    public var logged: Series?

    /// Creates a stage.
    public init(
        map: DataMap,
        folder: ShardFolder,
        overrides: CheckpointOverrides,
        checkpoints: CheckpointChoice,
        options: Options
    ) {
        self.map = map
        self.folder = folder
        self.overrides = overrides
        self.checkpoints = checkpoints
        self.options = options
    }

    /// What the configuration says of the model.
    public static func overrides(_ configuration: AuditConfiguration) -> CheckpointOverrides {
        let model = configuration.model
        var overrides = CheckpointOverrides(
            heads: model.heads,
            vocabulary: model.vocabulary,
            activation: model.activation
        )
        overrides.architecture = model.architecture
        overrides.nanochatDay = model.version
        overrides.softcap = model.softcap.map { Float($0) }
        overrides.queryKeyGain = model.queryKeyGain.map { Float($0) }
        overrides.shortWindow = model.shortWindow
        overrides.ropeBase = model.ropeBase.map { Float($0) }
        overrides.normEpsilon = model.normEpsilon.map { Float($0) }
        overrides.ignoredKeys = Set(model.ignore)
        return overrides
    }

    /// Replays one step beside control steps and, where there are copies, with pristine bytes.
    /// - Parameters:
    ///   - step: The suspect step, in the numbering of the log.
    ///   - controlSteps: Healthy steps; those that cannot be read are skipped.
    ///   - pristine: Paths of pristine copies by shard name.
    ///   - former: Paths of shards as the run read them, where they have been repaired since.
    ///   - damagedTokens: Damaged tokens by shard name; rows that hold them are replayed first when the budget is
    ///     short.
    ///   - loggedLoss: The loss that the run logged at the step, to hold against the replayed one.
    public func replay(
        step: Int,
        controlSteps: [Int],
        pristine: [String: String] = [:],
        former: [String: String] = [:],
        damagedTokens: [String: [Range<Int>]] = [:],
        loggedLoss: Double? = nil
    ) throws -> StepReplay {
        let (file, checkpoint, skipped) = try readCheckpoint(step: step)
        let limit = checkpoint.description.maximumSequence
        guard map.loader.geometry.sequence <= limit else {
            throw AuditError(
                "\(file.path): the model's position table holds \(limit) positions and order.sequence is "
                    + "\(map.loader.geometry.sequence); correct order.sequence."
            )
        }
        let batches = try map.microBatches(step: step)
        guard batches.allSatisfy({ $0.confidence == .exact }) else {
            throw AuditError("step \(step): which bytes fed it is not known exactly, so its batch cannot be replayed.")
        }
        var reader = BatchReader(folder: folder, layouts: map.loader.shards, substitutes: former)
        let all = try reader.rows(of: batches, geometry: map.loader.geometry)
        guard !all.isEmpty else {
            throw AuditError(
                "step \(step): its rows are made in the trainer from text or samples; they cannot be replayed."
            )
        }
        let budget = options.tokenBudget ?? Self.tokenBudget(checkpoint.description)
        let chosen = choose(all, damagedTokens, budget: budget)
        var repaired: [TokenRow]?
        if batches.flatMap(\.spans).contains(where: { pristine[$0.name] != nil }) {
            var clean = BatchReader(folder: folder, layouts: map.loader.shards, substitutes: pristine)
            let rows = try clean.rows(of: batches, geometry: map.loader.geometry)
            repaired = chosen.map { rows[$0.row] }
        }
        try check(chosen + (repaired ?? []), step: step, model: checkpoint.description, path: file.path)
        // A control that the model cannot run is none.
        let controls = controlBatches(controlSteps, rows: chosen.count, reader: &reader).filter { control in
            (try? check(control.rows, step: control.step, model: checkpoint.description, path: file.path)) != nil
        }
        let replayer = Replayer(checkpoint: checkpoint, threads: options.threads)
        let experiment = ReplayExperiment(suspect: chosen, controls: controls, repaired: repaired)
        let result = try experiment.run(
            on: replayer,
            precision: options.precision,
            controlGradients: checkpoint.description.parameterCount <= Self.smallModel
        )
        let extras = try experiments(
            file: file,
            step: step,
            replayer: replayer,
            experiment: experiment,
            result: result
        )
        let isSameQuantity = file.updatesDone == map.update(ofStep: step) && chosen.count == all.count
        var replay = StepReplay(
            step: step,
            checkpoint: file.name,
            updatesDone: file.updatesDone,
            checkpointStep: file.updatesDone + map.stepBase - 1,
            precision: options.precision,
            result: result,
            rows: chosen,
            rowsLeftOut: all.count - chosen.count,
            controlSteps: controls.map(\.step),
            loggedLoss: isSameQuantity ? loggedLoss : nil,
            nonFiniteParameters: checkpoint.nonFiniteParameters(),
            skippedCheckpoints: skipped
        )
        replay.notes = checkpoint.notes
        replay.loggedNearby = logged.flatMap { LoggedNearby($0, around: replay.checkpointStep) }
        extras.apply(to: &replay)
        try checkpoint.checkUnchanged()
        return replay
    }

    /// Throws where a token is none of the model's: its embedding does not exist.
    private func check(_ rows: [TokenRow], step: Int, model: TransformerDescription, path: String) throws {
        for row in rows {
            let stream = row.inputs + row.targets.suffix(1)
            guard let position = stream.firstIndex(where: { $0 < 0 || Int($0) >= model.vocabulary }) else { continue }
            let place = row.shard.isEmpty ? "" : " (\(row.shard), token \(row.tokens.lowerBound + position))"
            throw AuditError(
                "step \(step), row \(row.row), position \(position)\(place): token \(stream[position]) is outside the "
                    + "vocabulary of \(model.vocabulary) of \(path); correct model.vocabulary, or look for damage and for "
                    + "another tokenizer's tokens with `trainaudit verify --level decode`."
            )
        }
    }

    /// The checkpoints for a step, the nearest first: those whose updates all came before it.
    public func checkpointFiles(step: Int) throws -> [CheckpointFile] {
        switch checkpoints {
        case .file(let path, let updatesDone):
            guard let updates = updatesDone ?? CheckpointFile.number(inName: path) else {
                throw AuditError("\(path): its name does not say how many updates it holds; add --updates N.")
            }
            return [CheckpointFile(path: path, updatesDone: updates)]
        case .folder(let path):
            let folder = try CheckpointFolder.scan(path)
            guard !folder.files.isEmpty else {
                throw AuditError("\(path): holds no checkpoint; expected files such as model_00000500.bin.")
            }
            guard let nearest = folder.nearest(atOrBelow: map.update(ofStep: step)) else {
                let first = folder.files.first?.updatesDone ?? 0
                throw AuditError(
                    "\(path): no checkpoint is from before step \(step) (the earliest holds \(first) updates); "
                        + "replay a later step or name a checkpoint with --checkpoint."
                )
            }
            let earlier = folder.files.reversed().filter { $0.updatesDone < nearest.updatesDone }
            return [nearest] + earlier
        }
    }

    /// Reads the nearest checkpoint that can be read.
    private func readCheckpoint(
        step: Int
    ) throws -> (file: CheckpointFile, checkpoint: Checkpoint, skipped: [ReplayError]) {
        var skipped: [ReplayError] = []
        for file in try checkpointFiles(step: step).prefix(3) {
            do throws(ReplayError) {
                return (file, try Checkpoint.read(path: file.path, overrides: overrides), skipped)
            } catch {
                skipped.append(error)
            }
        }
        throw AuditError(skipped.map(\.description).joined(separator: "; "))
    }

    /// Up to this many parameters the controls' gradient norms are computed too; beyond, they would triple their cost.
    static let smallModel = 20_000_000

    /// Tokens of a batch so that suspect, controls and repaired rows together take about 10^13 operations: a minute or
    /// two on two cores. Does not depend on the machine, so that reports do not.
    private static func tokenBudget(_ description: TransformerDescription) -> Int {
        // 6 operations a token and parameter for the suspect, 2 for each of eight controls and for the repaired rows.
        min(65_536, max(1, 10_000_000_000_000 / (24 * max(1, description.parameterCount))))
    }

    /// Rows within the token budget: those with damaged tokens first, otherwise from the start, in their order.
    private func choose(_ rows: [TokenRow], _ damaged: [String: [Range<Int>]], budget: Int) -> [TokenRow] {
        let count = max(1, budget / max(1, map.loader.geometry.sequence))
        guard rows.count > count else { return rows }
        let isDamaged = rows.map { row in (damaged[row.shard] ?? []).contains { $0.overlaps(row.tokens) } }
        let order = rows.indices.sorted { (isDamaged[$0] ? 0 : 1, $0) < (isDamaged[$1] ? 0 : 1, $1) }
        return order.prefix(count).sorted().map { rows[$0] }
    }

    private func controlBatches(_ steps: [Int], rows: Int, reader: inout BatchReader) -> [ControlBatch] {
        var controls: [ControlBatch] = []
        for step in steps where controls.count < options.controls {
            guard let batches = try? map.microBatches(step: step),
                let all = try? reader.rows(of: batches, geometry: map.loader.geometry)
            else { continue }
            controls.append(ControlBatch(step: step, rows: Array(all.prefix(rows))))
        }
        return controls
    }
}

extension StepReplay {
    /// The replay as evidence.
    package var contrast: ReplayContrast? {
        guard let mean = result.controlMean, !isAnotherModel else { return nil }
        let deviation = result.controlDeviation ?? 0
        var contrast = ReplayContrast(
            step: step,
            checkpointStep: checkpointStep,
            suspectLoss: result.suspect.loss,
            controlMean: mean,
            controlDeviation: deviation,
            controlCount: result.controls.count,
            zScore: result.zScore ?? (result.suspect.loss.isFinite ? 0 : .infinity),
            repairedLoss: result.repairedLoss,
            loggedLoss: loggedLoss,
            gradientNorm: result.suspect.gradientNorm,
            controlGradientNorm: result.controlGradientNorm
        )
        // Another count of updates, or moments that were never filled, may have a good reason.
        let unsound: Set<WeightProblem.Kind> = [.nonFinite, .negativeMoment, .impossibleMoment, .outlyingMoment]
        contrast.unsoundMoments = weightProblems.filter { $0.isOptimizer && unsound.contains($0.kind) }
            .map { "\($0.name): \($0.detail)" }
        return contrast
    }
}
