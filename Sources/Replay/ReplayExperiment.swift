/// One suspect batch, control batches under the same weights, and the suspect's repaired bytes where there are any.
public struct ReplayExperiment: Sendable {
    /// The batch under suspicion.
    public var suspect: [TokenRow]
    /// Batches of healthy steps.
    public var controls: [ControlBatch]
    /// The suspect batch with pristine bytes.
    public var repaired: [TokenRow]?

    /// Creates an experiment.
    public init(suspect: [TokenRow], controls: [ControlBatch] = [], repaired: [TokenRow]? = nil) {
        self.suspect = suspect
        self.controls = controls
        self.repaired = repaired
    }

    /// Runs all batches: the suspect with probes and gradients, the repaired rows for their loss, the controls for loss
    /// and, unless `controlGradients` is false, gradient norm, which takes three times as long.
    public func run(
        on replayer: Replayer,
        precision: Precision = .fp32,
        controlGradients: Bool = true
    ) throws(ReplayError) -> ReplayResult {
        let evaluation = try replayer.evaluate(rows: suspect, precision: precision, probes: true, gradients: true)
        var outcomes: [ControlOutcome] = []
        for control in controls {
            let result = try replayer.evaluate(
                rows: control.rows,
                precision: precision,
                probes: false,
                gradients: controlGradients
            )
            outcomes.append(
                ControlOutcome(step: control.step, loss: result.loss, gradientNorm: result.gradientNorm)
            )
        }
        var repairedLoss: Double?
        if let repaired {
            repairedLoss = try replayer.evaluate(rows: repaired, precision: precision, probes: false).loss
        }
        return ReplayResult(suspect: evaluation, controls: outcomes, repairedLoss: repairedLoss)
    }
}
