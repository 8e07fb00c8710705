/// A healthy batch that the suspect one is compared with.
public struct ControlBatch: Sendable, Hashable {
    /// The step that consumed it.
    public var step: Int
    /// Its rows.
    public var rows: [TokenRow]

    /// Creates a control batch.
    public init(step: Int, rows: [TokenRow]) {
        self.step = step
        self.rows = rows
    }
}

/// Loss and gradient norm of one control batch.
public struct ControlOutcome: Sendable, Equatable {
    /// The step that consumed it.
    public var step: Int
    /// Mean loss, nats per token.
    public var loss: Double
    /// Norm of the gradient of that loss; `nil` where it was not computed.
    public var gradientNorm: Double?

    /// Creates a record.
    public init(step: Int, loss: Double, gradientNorm: Double? = nil) {
        self.step = step
        self.loss = loss
        self.gradientNorm = gradientNorm
    }
}

/// The outcome of a `ReplayExperiment`.
public struct ReplayResult: Sendable, Equatable {
    /// The suspect batch, with probes and gradient norm.
    public var suspect: BatchEvaluation
    /// The control batches, in the order given.
    public var controls: [ControlOutcome]
    /// Loss of the repaired batch; `nil` when there was none.
    public var repairedLoss: Double?

    /// Creates a record.
    public init(suspect: BatchEvaluation, controls: [ControlOutcome], repairedLoss: Double? = nil) {
        self.suspect = suspect
        self.controls = controls
        self.repairedLoss = repairedLoss
    }

    /// The controls' losses in the order given.
    public var controlLosses: [Double] { controls.map(\.loss) }

    /// Mean of the controls' losses; `nil` without controls.
    public var controlMean: Double? {
        controls.isEmpty ? nil : controlLosses.reduce(0, +) / Double(controls.count)
    }

    /// Sample standard deviation of the controls' losses; `nil` with fewer than two.
    public var controlDeviation: Double? {
        guard controls.count >= 2, let mean = controlMean else { return nil }
        let squares = controlLosses.reduce(0.0) { $0 + ($1 - mean) * ($1 - mean) }
        return (squares / Double(controls.count - 1)).squareRoot()
    }

    /// Mean of the controls' gradient norms; `nil` where they were not computed.
    public var controlGradientNorm: Double? {
        let norms = controls.compactMap(\.gradientNorm)
        return norms.isEmpty ? nil : norms.reduce(0, +) / Double(norms.count)
    }

    /// How many control deviations the suspect's loss lies above the controls' mean; `nil` with fewer than two
    /// controls, without spread among them, or when a loss is not finite.
    public var zScore: Double? {
        guard let mean = controlMean, let deviation = controlDeviation, deviation > 0 else { return nil }
        let score = (suspect.loss - mean) / deviation
        return score.isFinite ? score : nil
    }
}
