import Diagnosis
import Foundation
import Replay
import Reporting
import Terms

extension DocumentBuilder {
    /// A replay, as `replay` and `audit` print it.
    public func replay(_ replay: StepReplay, finding: String? = nil) -> ReplayReport {
        let result = replay.result
        let controls = ControlsReport(
            mean: result.controlMean.map(JSONNumber.init),
            deviation: result.controlDeviation.map(JSONNumber.init),
            count: result.controls.count,
            steps: replay.controlSteps
        )
        var document = ReplayReport(
            finding: finding,
            step: replay.step,
            checkpointStep: replay.checkpointStep,
            checkpoint: replay.checkpoint,
            precision: replay.precision.rawValue,
            loss: JSONNumber(result.suspect.loss),
            loggedLoss: replay.loggedLoss.map(JSONNumber.init),
            repairedLoss: result.repairedLoss.map(JSONNumber.init),
            controls: controls,
            zScore: result.zScore.map(JSONNumber.init),
            gradientNorm: result.suspect.gradientNorm.map(JSONNumber.init),
            firstNonFinite: result.suspect.firstNonFinite.map { Self.nonFinite($0, in: replay) },
            layers: result.suspect.probes.map(Self.probe),
            rows: zip(replay.rows, result.suspect.rowLosses).map { row, loss in
                RowReport(
                    row: row.row,
                    loss: JSONNumber(loss),
                    shard: row.shard,
                    tokens: [row.tokens.lowerBound, row.tokens.upperBound]
                )
            },
            conclusion: conclusion(replay)
        )
        document.experiments = experiments(replay)
        return document
    }

    private func experiments(_ replay: StepReplay) -> ExperimentsReport {
        let suspect = replay.result.suspect
        var document = ExperimentsReport()
        document.emulations = replay.emulations.map {
            .init(
                precision: $0.precision.rawValue,
                loss: JSONNumber($0.loss),
                gradientNorm: $0.gradientNorm.map(JSONNumber.init),
                firstNonFinite: $0.firstNonFinite.map { Self.nonFinite($0, in: replay) },
                pass: $0.firstNonFinite == nil ? nil : $0.isBackward ? "backward" : "forward",
                headroom: JSONNumber($0.headroom),
                tightest: $0.tightest
            )
        }
        document.otherCheckpoint = replay.other.map {
            .init(
                checkpoint: $0.checkpoint,
                loss: JSONNumber($0.loss),
                controlMean: $0.controlMean.map(JSONNumber.init),
                zScore: $0.zScore.map(JSONNumber.init)
            )
        }
        document.concentration = (replay.concentration?.parts ?? []).map {
            .init(
                row: replay.batchRow($0.row),
                share: JSONNumber($0.share),
                positions: [$0.positions.lowerBound, $0.positions.upperBound],
                loss: JSONNumber($0.loss)
            )
        }
        document.weights = replay.weightProblems.map {
            .init(name: $0.name, problem: $0.kind.rawValue, detail: $0.detail)
        }
        document.optimizer = replay.optimizer.map {
            .init(file: $0.file, updates: $0.updatesDone, failure: $0.failure)
        }
        document.attentionEntropy = suspect.attentionEntropy.map { $0.map(JSONNumber.init) }
        document.deadUnits = suspect.deadUnits.map(JSONNumber.init)
        document.firstNonFiniteGradient = suspect.firstNonFiniteGradient.map { Self.nonFinite($0, in: replay) }
        document.gradients = suspect.gradientProbes.map(Self.probe)
        document.rowGradientNorms = (replay.noise?.rowNorms ?? []).map(JSONNumber.init)
        document.gradientNoiseScale = replay.noise?.scale.map(JSONNumber.init)
        document.parameterGradientNorms = (suspect.parameterGradientNorms ?? []).map {
            .init(name: $0.name, value: JSONNumber($0.norm))
        }
        document.largestUpdate = replay.largestUpdate.map { .init(name: $0.name, value: JSONNumber($0.ratio)) }
        return document
    }

    private static func nonFinite(_ origin: NonFiniteOrigin, in replay: StepReplay) -> NonFiniteReport {
        var document = NonFiniteReport(
            layer: origin.layer,
            operation: origin.operation,
            row: replay.batchRow(origin.row),
            position: origin.position,
            producer: origin.producer
        )
        document.token = origin.token
        return document
    }

    private static func probe(_ probe: Probe) -> ProbeReport {
        ProbeReport(
            name: probe.name,
            mean: JSONNumber(probe.mean),
            deviation: JSONNumber(probe.deviation),
            absoluteMaximum: JSONNumber(probe.absoluteMaximum),
            nonFinite: probe.nonFinite
        )
    }

    /// What a replay shows, in a few sentences.
    func conclusion(_ replay: StepReplay) -> String {
        let result = replay.result
        let loss = text(result.suspect.loss)
        let distance = replay.step - replay.checkpointStep - 1
        var sentences: [String] = []
        if let parameter = replay.nonFiniteParameters.first {
            sentences.append(
                "The checkpoint itself holds \(parameter.count) non-finite values in \(parameter.name), so every batch "
                    + "fails under it."
            )
        }
        if let origin = result.suspect.firstNonFinite {
            let place = origin.layer.map { "layer \($0), \(origin.operation)" } ?? origin.operation
            sentences.append(
                "The first non-finite value appears at \(place), row \(replay.batchRow(origin.row)), position \(origin.position), and is "
                    + (origin.producer ? "produced there from finite inputs" : "passed on from its inputs")
                    + (origin.weightsFinite ? "." : ", by weights that are not finite.")
            )
        }
        if let mean = result.controlMean {
            let spread = result.controlDeviation.map { " ± \(text($0))" } ?? ""
            let score = result.zScore.map { String(format: ", %.1f deviations apart", locale: nil, $0) } ?? ""
            sentences.append(
                "Under the weights of \(replay.checkpoint) the batch of step \(replay.step) has loss \(loss); "
                    + "\(result.controls.count) control batches have \(text(mean))\(spread)\(score)."
            )
        } else {
            sentences.append(
                "Under the weights of \(replay.checkpoint) the batch of step \(replay.step) has loss \(loss)."
            )
        }
        if distance == 0, result.repairedLoss == nil, let logged = replay.loggedLoss, result.suspect.loss.isFinite,
            !ForwardContrast.agree(logged, result.suspect.loss)
        {
            sentences.append(
                "The log printed \(text(logged)) for this very batch under these very weights: the trainer did not compute "
                    + "what is replayed here. Either the bytes, their order, the weights or the forward pass differ, so this "
                    + "replay tells nothing about the step."
            )
        }
        if let repaired = result.repairedLoss {
            let isCured = contrastIsCured(replay, repaired)
            sentences.append(
                "With pristine bytes the same batch has \(text(repaired)): "
                    + (isCured
                        ? "the damaged bytes alone make the difference." : "the bytes do not explain the difference.")
            )
        } else if let score = result.zScore, abs(score) < 3 {
            sentences.append(
                score < 1
                    ? "Under these weights the data of this step cost no more than those of the controls."
                    : "That is within what batches differ by: under these weights the data of this step are ordinary."
            )
        }
        sentences += experimentSentences(replay)
        for problem in replay.skippedCheckpoints {
            sentences.append("A nearer checkpoint could not be read: \(problem).")
        }
        if distance < 0 {
            sentences.append("The checkpoint is from after the step: it was trained on this very batch.")
        }
        if distance > 0 {
            sentences.append(
                "The weights are \(distance) update\(distance == 1 ? "" : "s") older than those the step was trained with."
            )
        }
        if replay.rowsLeftOut > 0 {
            sentences.append("\(replay.rowsLeftOut) rows were left out to stay within the token budget.")
        }
        return sentences.joined(separator: " ")
    }

    /// What the experiments beside the replay add to the conclusion.
    private func experimentSentences(_ replay: StepReplay) -> [String] {
        var sentences: [String] = []
        if let part = replay.concentration?.parts.first, let concentration = replay.concentration,
            replay.rows.count > 1 || part.positions.count < (replay.rows.first?.inputs.count ?? 0)
        {
            let share = String(format: "%.0f %%", locale: nil, part.share * 100)
            let rows = concentration.parts.count
            sentences.append(
                "\(rows == 1 ? "One row carries" : "\(rows) rows carry") 80 % of the excess; row "
                    + "\(replay.rows[part.row].row) alone \(share), at positions \(part.positions.lowerBound) to "
                    + "\(part.positions.upperBound - 1)."
            )
        }
        if let other = replay.other, let score = other.zScore, let own = replay.result.zScore {
            let value = String(format: "%.1f", locale: nil, score)
            if abs(own) >= 3, abs(score) >= 3 {
                sentences.append(
                    "Under \(other.checkpoint) too the batch stands \(value) deviations apart: the data, not the state."
                )
            } else if abs(own) >= 3 {
                sentences.append(
                    "Under \(other.checkpoint) the batch is unremarkable (\(value) deviations): the state, not the data."
                )
            }
        }
        for emulation in replay.emulations {
            guard let origin = emulation.firstNonFinite else {
                if emulation.headroom == 0 {
                    sentences.append(
                        "In \(emulation.precision.rawValue) the loss is \(text(emulation.loss)) and \(emulation.tightest) "
                            + "overflows: the update would be skipped, or ruin the weights."
                    )
                    continue
                }
                let room = String(format: "%.3g", locale: nil, emulation.headroom)
                sentences.append(
                    "In \(emulation.precision.rawValue) the loss is \(text(emulation.loss)) and \(emulation.tightest) has "
                        + "\(room) times its largest value to spare."
                )
                continue
            }
            let place = origin.layer.map { "layer \($0), \(origin.operation)" } ?? origin.operation
            sentences.append(
                "In \(emulation.precision.rawValue) the \(emulation.isBackward ? "backward" : "forward") pass overflows "
                    + "first at \(place), row \(replay.batchRow(origin.row)), position \(origin.position)."
            )
        }
        // Weights that are not finite have a sentence of their own.
        let told = replay.weightProblems.filter { $0.kind != .nonFinite || $0.isOptimizer }
        for problem in told.prefix(3) {
            let owner = problem.isOptimizer ? "The optimizer's" : "Weights of"
            let isCount = problem.name == "optimizer"
            sentences.append(isCount ? "Note that \(problem.detail)." : "\(owner) \(problem.name): \(problem.detail).")
        }
        return sentences
    }

    /// Whether pristine bytes bring the loss at least half the way back to the controls.
    private func contrastIsCured(_ replay: StepReplay, _ repaired: Double) -> Bool {
        let suspect = replay.result.suspect.loss
        guard let mean = replay.result.controlMean, suspect.isFinite else { return repaired.isFinite }
        return suspect - repaired > 0.5 * (suspect - mean) && suspect > mean
    }

    private func text(_ value: Double) -> String {
        NumberText.loss(value)
    }
}
