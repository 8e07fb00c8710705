import DataOrder
import Diagnosis
import Foundation
import Replay
import Reporting
import Shards
import TrainingLogs

extension Preflight {
    /// The model of a run before its first step: a checkpoint, or fresh GPT-2 weights of a shape.
    public enum Model: Sendable {
        /// A file or folder; its weights are fresh where it holds no update yet.
        case checkpoint(String)
        /// GPT-2's random initialisation.
        case fresh(layers: Int, heads: Int, channels: Int, vocabulary: Int)
    }

    /// Puts the checks of a configured run together. Rows come from its first batches, as far as the budget goes.
    public static func prepare(
        model: Model,
        configuration: AuditConfiguration,
        training: TrainingConfiguration,
        map: DataMap,
        folder: ShardFolder,
        overfitSteps: Int,
        threads: Int
    ) throws -> Preflight {
        let sequence = map.loader.geometry.sequence
        var checkpoint: Checkpoint
        switch model {
        case .checkpoint(let path):
            checkpoint = try Checkpoint.read(path: path, overrides: StepReplayer.overrides(configuration))
        case .fresh(let layers, let heads, let channels, let vocabulary):
            let description = try TransformerDescription(
                layers: layers,
                heads: heads,
                channels: channels,
                maximumSequence: sequence,
                vocabulary: vocabulary,
                activation: configuration.model.activation ?? .geluTanh
            )
            checkpoint = try Trainer(description: description, seed: 1337).checkpoint(updatesDone: 0)
        }
        var reader = BatchReader(folder: folder, layouts: map.loader.shards)
        var rows: [TokenRow] = []
        // Enough for a gradient that reaches everything, few enough for a large model.
        let budget = max(1, min(32, 16_384 / max(sequence, 1)))
        for update in 0..<max(map.updates, 1) where rows.count < budget {
            guard let batches = try? map.microBatches(step: map.stepBase + update) else { break }
            rows += try reader.rows(of: batches, geometry: map.loader.geometry)
        }
        rows = Array(rows.prefix(budget))
        var training = training
        let geometry = map.loader.geometry
        let perStep = geometry.batch * geometry.sequence * geometry.accumulation * geometry.worldSize
        training.tokensPerStep = training.tokensPerStep ?? perStep
        training.trainTokens = training.trainTokens ?? map.loader.shards.reduce(0) { $0 + $1.tokens }
        return Preflight(
            checkpoint: checkpoint,
            rows: rows,
            training: training,
            overfitSteps: overfitSteps,
            threads: threads
        )
    }

    /// The model in a few words.
    public var modelText: String {
        let model = checkpoint.description
        return "\(model.architecture.id) of \(model.layers) layers, \(model.channels) channels, "
            + "\(model.parameterCount) parameters, vocabulary \(model.vocabulary)"
    }
}

extension ReportBuilder {
    /// A run trained on, as `replay --continue` prints it.
    public func continuation(
        _ outcome: Continuation.Outcome,
        change: Continuation.Change
    ) -> ContinuationReport {
        var words: [String] = []
        if change.learningRateFactor != 1 { words.append("learning rate times \(change.learningRateFactor)") }
        if let clip = change.gradientClip { words.append("gradients clipped to \(clip)") }
        if let skipped = change.skipped {
            words.append("steps \(skipped.lowerBound) to \(skipped.upperBound - 1) left out")
        }
        let text = words.joined(separator: ", ")
        return ContinuationReport(
            checkpoint: outcome.checkpoint,
            updatesDone: outcome.updatesDone,
            change: text.isEmpty ? nil : text,
            points: outcome.points.map {
                .init(
                    step: $0.step,
                    learningRate: JSONNumber($0.learningRate),
                    loss: JSONNumber($0.loss),
                    gradientNorm: JSONNumber($0.gradientNorm),
                    changedLoss: $0.changedLoss.map(JSONNumber.init),
                    changedGradientNorm: $0.changedGradientNorm.map(JSONNumber.init),
                    logged: $0.logged.map(JSONNumber.init)
                )
            },
            steps: outcome.wanted,
            isInterrupted: outcome.isInterrupted,
            notes: outcome.notes,
            conclusion: conclusion(outcome, change: text)
        )
    }

    /// The ends of both curves, over the last quarter of the steps.
    private func conclusion(_ outcome: Continuation.Outcome, change: String) -> String {
        let early =
            outcome.isInterrupted ? "Interrupted after \(outcome.points.count) of \(outcome.wanted) steps. " : ""
        guard !outcome.points.isEmpty else { return early + "No step was made." }
        func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(values.count, 1)) }
        func text(_ value: Double) -> String {
            value.isFinite ? String(format: "%.3f", locale: nil, value) : "\(value)"
        }
        let steps = "\(outcome.points.count) steps"
        // Both means are over the same steps.
        let compared = change.isEmpty ? outcome.points : outcome.points.filter { $0.changedLoss != nil }
        guard !compared.isEmpty else { return early + "With \(change), none of the \(steps) is left to compare." }
        let tail = compared.suffix(max(1, compared.count / 4))
        let plain = mean(tail.map(\.loss))
        guard !change.isEmpty else { return early + "Trained \(steps) on; the last quarter has loss \(text(plain))." }
        let changed = mean(tail.compactMap(\.changedLoss))
        func highest(_ values: [Double]) -> Double { values.contains { $0.isNaN } ? .nan : values.max() ?? .nan }
        let worst = highest(outcome.points.map(\.loss))
        let changedWorst = highest(outcome.points.compactMap(\.changedLoss))
        let helps = changed < plain - 0.02 || (changedWorst < worst - 0.1 && changed < plain + 0.02)
        let verdict =
            switch (plain.isFinite, changed.isFinite) {
            case (false, true): "The change helps: without it the loss is not finite."
            case (true, false): "The change harms: with it the loss is not finite."
            case (false, false): "The change makes no difference: the loss is not finite either way."
            default:
                helps
                    ? "The change helps."
                    : changed > plain + 0.02 ? "The change harms." : "The change makes no difference."
            }
        return
            early
            + "\(verdict) With \(change), the last quarter of \(steps) has loss \(text(changed)) and not \(text(plain)); "
            + "the highest loss is \(text(changedWorst)) and not \(text(worst))."
    }

    /// A debug state, as `replay --check` prints it.
    public func goldenCheck(_ check: DebugStateCheck) -> GoldenCheckReport {
        GoldenCheckReport(
            agrees: check.agrees,
            tolerance: JSONNumber(DebugStateCheck.tolerance),
            loss: JSONNumber(check.loss),
            recordedLoss: JSONNumber(check.recordedLoss),
            logitDifference: JSONNumber(check.logitDifference),
            gradients: check.gradients.map { .init(name: $0.name, difference: JSONNumber($0.difference)) }
        )
    }
}
