import DataOrder
import Diagnosis
import Foundation
import Replay
import Reporting
import Shards
import Terms
import TrainingLogs

/// Trains on from a checkpoint along the run's own data order, once as the run did and once with a change, and sets the
/// two curves side by side: would the proposed fix help?
public struct Continuation: Sendable {
    /// What is changed in the second run.
    public struct Change: Sendable, Equatable {
        /// Factor of every learning rate.
        public var learningRateFactor = 1.0
        /// The largest gradient norm; `nil` keeps the run's.
        public var gradientClip: Double?
        /// Steps whose batches are left out, in the numbering of the log.
        public var skipped: Range<Int>?

        /// Creates a change of nothing.
        public init() {}

        /// Whether anything is changed.
        public var isEmpty: Bool { self == Change() }
    }

    /// One step of both runs.
    public struct Point: Sendable, Equatable {
        /// The step, in the numbering of the log.
        public var step: Int
        /// Learning rate of the run itself.
        public var learningRate: Double
        /// Loss and gradient norm as the run went.
        public var loss: Double
        public var gradientNorm: Double
        /// Loss and gradient norm with the change; `nil` where the step was left out or nothing is changed.
        public var changedLoss: Double?
        public var changedGradientNorm: Double?
        /// What the log printed, where that is the loss of the whole step.
        public var logged: Double?
    }

    /// What came of it.
    public struct Outcome: Sendable, Equatable {
        /// The checkpoint's file name and the updates it holds.
        public var checkpoint: String
        public var updatesDone: Int
        /// The steps.
        public var points: [Point]
        /// What was assumed.
        public var notes: [String]
        /// How many steps were asked for.
        public var wanted: Int
        /// Whether somebody stopped it before the last of them.
        public var isInterrupted = false
    }

    /// Checkpoints, data and model as for a replay.
    public var replay: StepReplayer
    /// The run as its log shows it.
    public var history: TrainingHistory?
    /// As configured: clip, weight decay, schedule, length, and the peak learning rate where the log does not show it.
    public var training: TrainingConfiguration

    /// Creates a stage.
    public init(replay: StepReplayer, history: TrainingHistory?, training: TrainingConfiguration) {
        self.replay = replay
        self.history = history
        self.training = training
    }

    /// Trains `count` steps on, up to and beyond `step`, from the nearest checkpoint before it. The steps made so far are
    /// the outcome when `interruption` is requested, or when the data of a later step cannot be read.
    public func run(
        from step: Int,
        count: Int,
        change: Change,
        progress: any ProgressReporter,
        interruption: Interruption = Interruption()
    ) throws -> Outcome {
        guard let file = try replay.checkpointFiles(step: step).first else {
            throw AuditError("no checkpoint is from before step \(step).")
        }
        let checkpoint = try Checkpoint.read(path: file.path, overrides: replay.overrides)
        var notes: [String] = []
        if checkpoint.description.parameterCount > 500_000_000 {
            throw AuditError("\(file.path): training on is for models of at most 500 million parameters.")
        }
        var settings = Trainer.Settings(gradientClip: training.gradientClip)
        if let weightDecay = training.weightDecay { settings.weightDecay = weightDecay }
        var plain = Trainer(checkpoint: checkpoint, settings: settings, threads: replay.options.threads)
        try restore(&plain, checkpoint, holding: file.updatesDone, notes: &notes)
        var changed = plain
        if let clip = change.gradientClip { changed.settings.gradientClip = clip }
        let first = file.updatesDone + replay.map.stepBase
        let rates = rates(notes: &notes)
        if let skipped = change.skipped, !skipped.overlaps(first..<first.addingClamped(count)) {
            throw AuditError(
                "steps \(skipped.lowerBound) to \(skipped.upperBound - 1) are not among the steps \(first) to "
                    + "\(first.addingClamped(count - 1)) that would be trained from \(file.path): choose others, or more steps."
            )
        }
        progress.begin("training on from \(file.path)", total: count)
        defer { progress.end() }
        let losses = history.flatMap { $0.lossScope == .step ? $0.train.merged() : nil }
        var reader = BatchReader(folder: replay.folder, layouts: replay.map.loader.shards)
        var points: [Point] = []
        for current in first..<first + count where !interruption.isRequested {
            if let planned = rates.plannedSteps, current >= replay.map.stepBase.addingClamped(planned) {
                notes.append("The run is planned to end before step \(current).")
                break
            }
            guard let batches = try? replay.map.microBatches(step: current) else {
                notes.append("The data end before step \(current).")
                break
            }
            let rows: [TokenRow]
            do throws(ShardError) {
                rows = try reader.rows(of: batches, geometry: replay.map.loader.geometry)
            } catch {
                guard !points.isEmpty else { throw error }
                notes.append("Stopped before step \(current): \(error).")
                break
            }
            let rate = try learningRate(current, rates)
            let outcome = try plain.step(rows: rows, learningRate: rate)
            var point = Point(
                step: current,
                learningRate: rate,
                loss: outcome.loss,
                gradientNorm: outcome.gradientNorm,
                logged: losses?.value(atStep: current)
            )
            if !change.isEmpty, change.skipped?.contains(current) != true {
                let other = try changed.step(rows: rows, learningRate: rate * change.learningRateFactor)
                point.changedLoss = other.loss
                point.changedGradientNorm = other.gradientNorm
            }
            points.append(point)
            progress.advance(by: 1)
        }
        return Outcome(
            checkpoint: file.name,
            updatesDone: file.updatesDone,
            points: points,
            notes: notes,
            wanted: count,
            isInterrupted: interruption.isRequested && points.count < count
        )
    }

    /// Goes on with the optimizer's own moments where they lie beside the checkpoint.
    private func restore(
        _ trainer: inout Trainer,
        _ checkpoint: Checkpoint,
        holding updates: Int,
        notes: inout [String]
    ) throws(ReplayError) {
        let anew = "The optimizer starts anew:"
        let architecture = checkpoint.description.architecture
        if architecture.optimizer == .muon {
            notes.append(
                "\(architecture.title) trains its matrices with Muon and here they are trained with AdamW: compare the curves with "
                    + "each other and not with the log."
            )
        }
        do throws(ReplayError) {
            guard let seen = try OptimizerInspection.beside(checkpoint, updatesDone: updates) else {
                notes.append("\(anew) no file beside the checkpoint holds the moments of Adam.")
                return
            }
            let name = seen.files.first.map { URL(fileURLWithPath: $0).lastPathComponent } ?? ""
            guard var state = seen.state else {
                let reason = seen.unchecked.first?.sentence ?? "it holds parts of moments"
                notes.append("\(anew) \(name): \(reason).")
                return
            }
            state.updatesDone = state.updatesDone ?? updates
            try trainer.restore(state)
            notes.append("The optimizer goes on from \(name), after \(state.updatesDone ?? updates) updates.")
            // Poisoned moments go on poisoning.
            for problem in seen.problems.prefix(3) { notes.append("Beware: \(problem.name): \(problem.detail).") }
        } catch {
            notes.append("\(anew) \(error.description).")
        }
    }

    /// Where the learning rate of a step comes from.
    private struct Rates {
        /// What the log printed.
        var logged = Series()
        /// What is configured.
        var plan: PlannedRate?
        /// Updates of the whole run.
        var plannedSteps: Int?
    }

    private func rates(notes: inout [String]) -> Rates {
        let history = history ?? TrainingHistory(format: "")
        var rates = Rates()
        if !history.learningRateIsMultiplier { rates.logged = history.learningRate.merged() }
        rates.plannedSteps = training.steps ?? history.hyperparameters.totalSteps
        rates.plan = PlannedRate(RunCurves(history: history, configuration: training))
        if rates.logged.isEmpty, rates.plan == nil, let peak = training.peakLearningRate {
            notes.append(
                "Every step uses the peak learning rate, \(peak): the log prints none, and the configuration "
                    + "does not give schedule, warm-up and length of the run (`training.schedule`, `warmupSteps`, `steps`)."
            )
        }
        return rates
    }

    /// The rate that the log printed for a step or the last one before it, or else that of the configured schedule, or else
    /// the configured peak.
    private func learningRate(_ step: Int, _ rates: Rates) throws -> Double {
        let series = rates.logged
        if let index = series.steps.lastIndex(where: { $0 <= step }), series.values[index].isFinite {
            return series.values[index]
        }
        if let plan = rates.plan { return plan.rate(atStep: step) }
        guard let peak = training.peakLearningRate else {
            throw AuditError("the log prints no learning rate; set `training.peakLearningRate`.")
        }
        return peak
    }
}
