import DataOrder
import Diagnosis
import Foundation
import Replay
import Shards
import Terms
import TrainingLogs

/// Looks into the checkpoints of a run, whether or not its log calls for it: weight norms, dead units, attention, the
/// spread of gradients, and whether a replayed step costs what the log printed.
package struct CheckpointInspection {
    let configuration: AuditConfiguration
    let map: DataMap?
    let folder: ShardFolder?
    let history: TrainingHistory?
    let threads: Int
    /// Shards that are not what the run read, or not what they should be: what their batches cost proves nothing about the
    /// forward pass.
    package var changedShards: Set<String> = []

    package init(
        configuration: AuditConfiguration,
        map: DataMap?,
        folder: ShardFolder?,
        history: TrainingHistory?,
        threads: Int
    ) {
        self.configuration = configuration
        self.map = map
        self.folder = folder
        self.history = history
        self.threads = threads
    }

    /// Checkpoints that are read at most.
    private static let most = 5
    /// Multiply-adds of one forward pass at most; rows beyond are left out.
    private static let work = 400_000_000_000
    /// What is behind the last layer, whose size is that of the logits and no sign of trouble.
    private static let outputs: Set<Probe.Operation> = [.logits, .softcap, .logSoftmax, .loss]
    /// Parameters up to which gradients are computed too.
    private static let small = 20_000_000

    /// What was found, and the size of the model; empty where there are no checkpoints or none can be read.
    package func facts() -> (
        checkpoints: [CheckpointFacts], forward: ForwardContrast?, parameters: Int?, layers: Int?
    ) {
        guard let path = configuration.model.checkpoints.map(configuration.resolve),
            let files = try? CheckpointFolder.scan(path).files, !files.isEmpty
        else { return ([], nil, nil, nil) }
        var result: [CheckpointFacts] = []
        var forward: ForwardContrast?
        var parameters: Int?
        var layers: Int?
        let base = map?.stepBase ?? history?.stepBase ?? 0
        let chosen = Self.chosen(files)
        for file in chosen {
            guard
                let checkpoint = try? Checkpoint.read(path: file.path, overrides: StepReplayer.overrides(configuration))
            else { continue }
            parameters = checkpoint.description.parameterCount
            layers = checkpoint.description.layers
            let name = file.name
            var facts = CheckpointFacts(
                name: name,
                updates: file.updatesDone,
                step: base.addingClamped(file.updatesDone).addingClamped(-1),
                weightNorms: Self.weightNorms(checkpoint)
            )
            let isFinite = facts.weightNorms.values.allSatisfy(\.isFinite)
            let step = base.addingClamped(file.updatesDone)
            if isFinite, let rows = rows(step: step, for: checkpoint) {
                // The middle of the run: neither fresh weights, which any forward pass leaves at ln V, nor the last.
                let wantsForward = forward == nil || file == chosen[chosen.count / 2]
                examine(checkpoint, rows.rows, into: &facts)
                if wantsForward, rows.isWhole, changedShards.isDisjoint(with: rows.shards),
                    let found = contrast(checkpoint, rows.rows, name: name, step: step)
                {
                    forward = found
                }
            }
            // Weights that something has written to meanwhile say nothing.
            guard (try? checkpoint.checkUnchanged()) != nil else { continue }
            result.append(facts)
        }
        return (result, forward, parameters, layers)
    }

    /// Which files of the folder nothing looked into, and why; `nil` where all were.
    package func unopened(besides opened: [String]) -> String? {
        guard let path = configuration.model.checkpoints.map(configuration.resolve),
            let files = try? CheckpointFolder.scan(path).files
        else { return nil }
        let chosen = Self.chosen(files)
        let rest = files.filter { !chosen.contains($0) }
        guard !rest.isEmpty, !opened.isEmpty else { return nil }
        let names = rest.prefix(3).map(\.name).joined(separator: ", ") + (rest.count > 3 ? ", …" : "")
        let reason =
            rest.contains { file in !chosen.contains { $0.updatesDone == file.updatesDone } }
            ? "at most \(Self.most) are, spread over the run" : "another file with the same number stands for them"
        return "\(rest.count) of \(files.count) checkpoint files were not looked into: \(names); \(reason)."
    }

    /// Evenly spread over the run, and of the last two neighbours both.
    private static func chosen(_ files: [CheckpointFile]) -> [CheckpointFile] {
        var distinct: [CheckpointFile] = []
        for file in files where distinct.last?.updatesDone != file.updatesDone { distinct.append(file) }
        guard distinct.count > most else { return distinct }
        let last = distinct.count - 1
        let places = [0, last / 3, 2 * last / 3, last - 1, last]
        return places.map { distinct[$0] }
    }

    private static func weightNorms(_ checkpoint: Checkpoint) -> [String: Double] {
        let report = WeightReport(checkpoint)
        // A value that is not finite makes its group's norm infinite.
        let norms = report.tensors.reduce(into: [:]) { $0[$1.name] = $1.nonFinite > 0 ? .infinity : $1.norm }
        var squares: [String: Double] = [:]
        for tensor in checkpoint.description.tensors where tensor.shape.count == 2 {
            guard let norm = norms[tensor.name] else { continue }
            squares[tensor.group.rawValue, default: 0] += norm * norm
        }
        // Norms and biases have no curve of their own; that one of them is broken must be seen all the same.
        if report.tensors.contains(where: { $0.nonFinite > 0 }), squares.values.allSatisfy(\.isFinite) {
            squares["norm"] = .infinity
        }
        return squares.mapValues { $0.squareRoot() }
    }

    /// The batch of a step, within the limit of work.
    private func rows(step: Int, for checkpoint: Checkpoint) -> (rows: [TokenRow], isWhole: Bool, shards: [String])? {
        guard let map, let folder, map.loader.geometry.sequence <= checkpoint.description.maximumSequence,
            let batches = try? map.microBatches(step: step),
            batches.flatMap(\.spans).allSatisfy({ $0.confidence == .exact })
        else { return nil }
        var reader = BatchReader(folder: folder, layouts: map.loader.shards)
        guard let all = try? reader.rows(of: batches, geometry: map.loader.geometry), !all.isEmpty else { return nil }
        let tokens = max(1, Self.work / max(1, checkpoint.description.parameterCount))
        let count = max(1, tokens / max(1, map.loader.geometry.sequence))
        return (Array(all.prefix(count)), count >= all.count, batches.flatMap(\.spans).map(\.name))
    }

    private func examine(_ checkpoint: Checkpoint, _ rows: [TokenRow], into facts: inout CheckpointFacts) {
        let model = checkpoint.description
        let replayer = Replayer(checkpoint: checkpoint, threads: threads)
        guard
            let seen = try? replayer.evaluate(
                rows: rows,
                gradients: model.parameterCount <= Self.small
            )
        else { return }
        func perLayer(_ operation: Probe.Operation, _ value: (Probe) -> Double) -> [Double] {
            seen.probes.filter { $0.operation == operation }.map(value)
        }
        facts.zeroShare = perLayer(.activation) { $0.zeroFraction }
        facts.scoreDeviation = perLayer(.attentionScores) { $0.deviation }
        facts.attentionPeak = perLayer(.softmax) { probe in
            probe.mean > 0 ? (probe.deviation * probe.deviation + probe.mean * probe.mean) / probe.mean : 0
        }
        for probe in seen.probes where !Self.outputs.contains(probe.operation) {
            if probe.absoluteMaximum > facts.largestActivation {
                facts.largestActivation = probe.absoluteMaximum
                facts.largestOperation = probe.name
            }
        }
        facts.layerGradients = Self.layerGradients(seen, model)
    }

    /// The smallest and the largest gradient norm of the layers' matrices.
    private static func layerGradients(
        _ seen: BatchEvaluation,
        _ model: TransformerDescription
    ) -> ClosedRange<Double>? {
        guard let norms = seen.parameterGradientNorms else { return nil }
        var squares = [Double](repeating: 0, count: model.layers)
        for (tensor, norm) in zip(model.tensors, norms) where tensor.shape.count == 2 {
            guard let layer = tensor.layer, tensor.group != .embedding else { continue }
            squares[layer] += norm.norm * norm.norm
        }
        guard let low = squares.min(), let high = squares.max(), high.isFinite, model.layers > 1 else { return nil }
        return low.squareRoot()...high.squareRoot()
    }

    /// The step's loss as printed, as replayed, and in other ways where these disagree.
    private func contrast(_ checkpoint: Checkpoint, _ rows: [TokenRow], name: String, step: Int) -> ForwardContrast? {
        guard let history, history.lossScope == .step, history.segments.count <= 1,
            let logged = history.train.merged().value(atStep: step), logged.isFinite,
            let replayed = loss(checkpoint, rows), replayed.isFinite
        else { return nil }
        var contrast = ForwardContrast(checkpoint: name, step: step, logged: logged, replayed: replayed)
        guard !ForwardContrast.agree(logged, replayed) else { return contrast }
        let repeated = rows.map { TokenRow(inputs: $0.inputs, targets: $0.inputs, row: $0.row) }
        contrast.variants[.targetsAreInputs] = loss(checkpoint, repeated)
        contrast.variants[.attentionUnscaled] = loss(checkpoint, rows, attentionScale: 1)
        let activations: [(ForwardContrast.Variant, Activation)] = [
            (.gelu, .gelu), (.geluTanh, .geluTanh), (.geluQuick, .geluQuick), (.relu, .relu),
            (.reluSquared, .reluSquared),
            (.silu, .silu),
        ]
        for (variant, activation) in activations where activation != checkpoint.description.activation {
            contrast.variants[variant] = loss(checkpoint, rows, activation: activation)
        }
        return contrast
    }

    /// The loss of the rows under the checkpoint's weights and a changed model.
    private func loss(
        _ checkpoint: Checkpoint,
        _ rows: [TokenRow],
        attentionScale: Float? = nil,
        activation: Activation? = nil
    ) -> Double? {
        guard
            let description = try? checkpoint.description.with(attentionScale: attentionScale, activation: activation),
            let variant = try? checkpoint.with(description: description)
        else { return nil }
        return try? Replayer(checkpoint: variant, threads: threads).evaluate(rows: rows, probes: false).loss
    }
}
