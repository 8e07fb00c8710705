import Diagnosis
import Replay

extension StepReplay {
    /// What the replay shows, in the order in which a report says it.
    var conclusions: [ReplayConclusion] {
        let distance = step - checkpointStep - 1
        var found: [ReplayConclusion] = []
        if isAnotherModel, let loggedNearby, let controls = result.controlMean {
            found.append(.anotherModel(logged: loggedNearby.mean, controls: controls))
        }
        if let parameter = nonFiniteParameters.first { found.append(.brokenWeights(parameter)) }
        if let origin = result.suspect.firstNonFinite { found.append(.firstNonFinite(inBatch(origin))) }
        found.append(
            .loss(
                step: step,
                checkpoint: checkpoint,
                loss: result.suspect.loss,
                controls: ReplayConclusion.Controls(result)
            )
        )
        if !notes.isEmpty { found.append(.notes(notes)) }
        // What a model that is not the run's makes of the batch means nothing.
        if isAnotherModel { return found + skippedCheckpoints.map(ReplayConclusion.skippedCheckpoint) }
        if distance == 0, result.repairedLoss == nil, let loggedLoss, result.suspect.loss.isFinite,
            !ForwardContrast.agree(loggedLoss, result.suspect.loss)
        {
            found.append(.otherThanLogged(loggedLoss))
        }
        if let repaired = result.repairedLoss {
            found.append(.pristine(loss: repaired, isCured: isCured(repaired)))
        } else if let score = result.zScore, abs(score) < 3 {
            found.append(.ordinary(zScore: score))
        }
        found += experimentConclusions
        found += skippedCheckpoints.map(ReplayConclusion.skippedCheckpoint)
        if distance < 0 { found.append(.trainedOnBatch) }
        if distance > 0 { found.append(.olderWeights(updates: distance)) }
        if rowsLeftOut > 0 { found.append(.rowsLeftOut(rowsLeftOut)) }
        return found
    }

    /// What the experiments beside the replay add.
    private var experimentConclusions: [ReplayConclusion] {
        var found: [ReplayConclusion] = []
        if let concentration, let part = concentration.parts.first,
            rows.count > 1 || part.positions.count < (rows.first?.inputs.count ?? 0)
        {
            found.append(
                .concentrated(
                    rows: concentration.parts.count,
                    row: rows[part.row].row,
                    share: part.share,
                    positions: part.positions
                )
            )
        }
        if let other, let score = other.zScore, let own = result.zScore, abs(own) >= 3 {
            found.append(.underOther(checkpoint: other.checkpoint, zScore: score, standsOut: abs(score) >= 3))
        }
        for emulation in emulations {
            var emulation = emulation
            emulation.firstNonFinite = emulation.firstNonFinite.map(inBatch)
            found.append(.emulated(emulation))
        }
        // Weights that are not finite are a conclusion of their own.
        let others = weightProblems.filter { $0.kind != .nonFinite || $0.isOptimizer }
        return found + others.prefix(3).map(ReplayConclusion.problem)
    }

    /// An origin with the row that it has in the whole batch.
    private func inBatch(_ origin: NonFiniteOrigin) -> NonFiniteOrigin {
        var origin = origin
        origin.row = batchRow(origin.row)
        return origin
    }

    /// Whether pristine bytes bring the loss at least half the way back to the controls.
    private func isCured(_ repaired: Double) -> Bool {
        let suspect = result.suspect.loss
        guard let mean = result.controlMean, suspect.isFinite else { return repaired.isFinite }
        return suspect - repaired > 0.5 * (suspect - mean) && suspect > mean
    }
}
