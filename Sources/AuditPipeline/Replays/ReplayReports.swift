import Diagnosis
import Foundation
import Replay
import Reporting
import Terms

extension ReportBuilder {
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
            conclusion: replay.conclusions.map(\.sentence).joined(separator: " ")
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
                tightest: $0.tightest.name
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
            .init(
                file: $0.file,
                updates: $0.updatesDone,
                failure: $0.unchecked.isEmpty ? nil : $0.unchecked.map(\.sentence).joined(separator: "; ")
            )
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
            operation: origin.operation.rawValue,
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
}
