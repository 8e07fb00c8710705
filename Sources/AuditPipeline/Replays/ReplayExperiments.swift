import Foundation
import Replay

/// The suspect batch and the controls under another checkpoint: what follows the data and what follows the state.
public struct OtherCheckpoint: Sendable, Equatable {
    /// The file's name and the updates it holds.
    public var checkpoint: String
    public var updatesDone: Int?
    /// Mean loss of the suspect batch.
    public var loss: Double
    /// Mean loss of the controls; `nil` without any.
    public var controlMean: Double?
    /// Deviations of the suspect above the controls; `nil` where it cannot be told.
    public var zScore: Double?
}

/// What is known of the optimizer behind a checkpoint.
public struct OptimizerNote: Sendable, Equatable {
    /// The file's name.
    public var file: String
    /// The updates it has made; `nil` where it does not say.
    public var updatesDone: Int?
    /// What of it could not be checked, and why.
    public var unchecked: [UncheckedOptimizer]

    /// Creates a note.
    public init(file: String, updatesDone: Int? = nil, unchecked: [UncheckedOptimizer] = []) {
        self.file = file
        self.updatesDone = updatesDone
        self.unchecked = unchecked
    }
}

/// What `StepReplayer` runs besides the replay itself.
struct ReplayExtras {
    var weightProblems: [WeightProblem] = []
    var concentration: LossConcentration?
    var emulations: [Emulation] = []
    var other: OtherCheckpoint?
    var noise: GradientNoise?
    var optimizer: OptimizerNote?
    var largestUpdate: (name: String, ratio: Double)?

    func apply(to replay: inout StepReplay) {
        replay.weightProblems = weightProblems
        replay.concentration = concentration
        replay.emulations = emulations
        replay.other = other
        replay.noise = noise
        replay.optimizer = optimizer
        replay.largestUpdate = largestUpdate
    }
}

extension StepReplayer {
    /// The experiments beside a replay. Those that would multiply its cost are left out for large models, unless asked for.
    func experiments(
        file: CheckpointFile,
        step: Int,
        replayer: Replayer,
        experiment: ReplayExperiment,
        result: ReplayResult
    ) throws(ReplayError) -> ReplayExtras {
        let checkpoint = replayer.checkpoint
        let isSmall = checkpoint.description.parameterCount <= Self.smallModel
        var extras = ReplayExtras()
        let weights = WeightReport(checkpoint)
        extras.weightProblems = weights.problems
        let rate = options.learningRate.flatMap { $0.isFinite && $0 > 0 ? $0 : nil }
        if let rate { extras.largestUpdate = weights.updateToWeight(learningRate: rate).max { $0.ratio < $1.ratio } }
        examineOptimizer(of: checkpoint, holding: file.updatesDone, weights, rate: rate, into: &extras)
        if let mean = result.controlMean, mean.isFinite {
            let concentration = LossConcentration(tokenLosses: result.suspect.tokenLosses, expected: mean)
            // A healthy batch has no part that carries its loss.
            if abs(result.zScore ?? .infinity) >= 3 { extras.concentration = concentration }
        }
        for precision in options.emulate where precision != options.precision {
            extras.emulations.append(try emulate(precision, replayer, experiment.suspect))
        }
        if isSmall, experiment.suspect.count >= 2 {
            extras.noise = try replayer.gradientNoise(of: experiment.suspect)
        }
        if let path = try otherFile(than: file, step: step, isSmall: isSmall) {
            try compare(path, with: weights, experiment, into: &extras)
        }
        return extras
    }

    /// The moments of Adam beside the checkpoint: their health, and the update that they really make.
    private func examineOptimizer(
        of checkpoint: Checkpoint,
        holding updates: Int,
        _ weights: WeightReport,
        rate: Double?,
        into extras: inout ReplayExtras
    ) {
        do throws(ReplayError) {
            guard let seen = try OptimizerInspection.beside(checkpoint, updatesDone: updates) else { return }
            extras.optimizer = OptimizerNote(
                file: Self.name(of: seen.files),
                updatesDone: seen.updatesDone,
                unchecked: seen.unchecked
            )
            extras.weightProblems += seen.problems
            guard let rate, let state = seen.state else { return }
            let sizes = state.updateToWeight(weights, of: checkpoint.description, learningRate: rate)
            extras.largestUpdate = sizes.max { $0.ratio < $1.ratio } ?? extras.largestUpdate
        } catch {
            let path = OptimizerFile.beside(checkpoint) ?? checkpoint.path
            let name = URL(fileURLWithPath: path).lastPathComponent
            extras.optimizer = OptimizerNote(file: name, unchecked: [.unreadable(error)])
        }
    }

    /// The first file's name, and how many more there are.
    private static func name(of files: [String]) -> String {
        let name = files.first.map { URL(fileURLWithPath: $0).lastPathComponent } ?? ""
        return files.count > 1 ? "\(name) and \(files.count - 1) more" : name
    }

    private func emulate(
        _ precision: Precision,
        _ replayer: Replayer,
        _ rows: [TokenRow]
    ) throws(ReplayError) -> Emulation {
        let seen = try replayer.evaluate(
            rows: rows,
            precision: precision,
            probes: true,
            gradients: true,
            lossScale: options.lossScale ?? 1
        )
        return Emulation(seen, in: precision)
    }

    private func otherFile(than file: CheckpointFile, step: Int, isSmall: Bool) throws(ReplayError) -> String? {
        if let path = options.otherCheckpoint { return path }
        guard isSmall, case .folder(let path) = checkpoints else { return nil }
        return try CheckpointFolder.scan(path).nearest(atOrBelow: file.updatesDone - 1)?.path
    }

    private func compare(
        _ path: String,
        with weights: WeightReport,
        _ experiment: ReplayExperiment,
        into extras: inout ReplayExtras
    ) throws(ReplayError) {
        let checkpoint: Checkpoint
        do {
            checkpoint = try Checkpoint.read(path: path, overrides: overrides)
        } catch {
            // Only one that was asked for must be readable.
            if options.otherCheckpoint != nil { throw error }
            return
        }
        extras.weightProblems += weights.changes(since: WeightReport(checkpoint))
        let replayer = Replayer(checkpoint: checkpoint, threads: options.threads)
        var controls: [ControlOutcome] = []
        for control in experiment.controls {
            let loss = try replayer.evaluate(rows: control.rows, precision: options.precision, probes: false).loss
            controls.append(ControlOutcome(step: control.step, loss: loss))
        }
        let suspect = try replayer.evaluate(rows: experiment.suspect, precision: options.precision, probes: false)
        let result = ReplayResult(suspect: suspect, controls: controls)
        extras.other = OtherCheckpoint(
            checkpoint: CheckpointFile.name(ofPath: path),
            updatesDone: checkpoint.updatesDone,
            loss: suspect.loss,
            controlMean: result.controlMean,
            zScore: result.zScore
        )
    }
}
