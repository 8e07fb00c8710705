import Foundation
import Replay
import Reporting

extension DocumentBuilder {
    /// A replay, as `replay` and `audit` print it.
    public func replay(_ replay: StepReplay, finding: String? = nil) -> ReplayDocument {
        let result = replay.result
        let controls = ControlsDocument(
            mean: result.controlMean.map(JSONNumber.init),
            deviation: result.controlDeviation.map(JSONNumber.init),
            count: result.controls.count,
            steps: replay.controlSteps
        )
        let origin = result.suspect.firstNonFinite.map {
            NonFiniteDocument(
                layer: $0.layer,
                operation: $0.operation,
                row: $0.row,
                position: $0.position,
                producer: $0.producer
            )
        }
        return ReplayDocument(
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
            firstNonFinite: origin,
            layers: result.suspect.probes.map {
                ProbeDocument(
                    name: $0.name,
                    mean: JSONNumber($0.mean),
                    deviation: JSONNumber($0.deviation),
                    absoluteMaximum: JSONNumber($0.absoluteMaximum),
                    nonFinite: $0.nonFinite
                )
            },
            rows: zip(replay.rows, result.suspect.rowLosses).map { row, loss in
                RowDocument(
                    row: row.row,
                    loss: JSONNumber(loss),
                    shard: row.shard,
                    tokens: [row.tokens.lowerBound, row.tokens.upperBound]
                )
            },
            conclusion: conclusion(replay)
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
                "The first non-finite value appears at \(place), row \(origin.row), position \(origin.position), and is "
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
        if let repaired = result.repairedLoss {
            let isCured = contrastIsCured(replay, repaired)
            sentences.append(
                "With pristine bytes the same batch has \(text(repaired)): "
                    + (isCured
                        ? "the damaged bytes alone make the difference." : "the bytes do not explain the difference.")
            )
        } else if let score = result.zScore, abs(score) < 3 {
            sentences.append("The data of this step are exonerated under these weights.")
        }
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

    /// Whether pristine bytes bring the loss at least half the way back to the controls.
    private func contrastIsCured(_ replay: StepReplay, _ repaired: Double) -> Bool {
        let suspect = replay.result.suspect.loss
        guard let mean = replay.result.controlMean, suspect.isFinite else { return repaired.isFinite }
        return suspect - repaired > 0.5 * (suspect - mean) && suspect > mean
    }

    private func text(_ value: Double) -> String {
        value.isFinite ? String(format: "%.3f", locale: nil, value) : (value.isNaN ? "nan" : "inf")
    }
}
