import CTransformer

/// Runs batches through a checkpoint. The same inputs give the same bits at any number of threads.
public struct Replayer: Sendable {
    /// The weights.
    public let checkpoint: Checkpoint
    /// Number of threads.
    public let threads: Int
    private let pool: WorkspacePool

    /// Creates a replayer; `threads` defaults to the number of processors.
    public init(checkpoint: Checkpoint, threads: Int? = nil) {
        self.checkpoint = checkpoint
        self.threads = max(1, threads ?? Parallel.defaultThreads)
        pool = WorkspacePool(checkpoint.description)
    }

    /// Runs a batch.
    ///
    /// - Parameters:
    ///   - rows: the sequences; none longer than `description.maximumSequence`.
    ///   - precision: the number format to emulate.
    ///   - probes: whether to record statistics of every operation and look for non-finite values.
    ///   - gradients: whether to compute the gradient of the mean loss and report its norms.
    ///   - lossScale: with gradients, rounds those of the activations to the precision too, after multiplying the loss by
    ///     this, as fp16 training does. `nil` leaves gradients in fp32 whatever the precision.
    /// - Throws: `tokenOutsideVocabulary`, `sequenceTooLong`, `unevenRow`, `emptyBatch` or `outOfMemory`.
    public func evaluate(
        rows: [TokenRow],
        precision: Precision = .fp32,
        probes: Bool = true,
        gradients: Bool = false,
        lossScale: Double? = nil
    ) throws(ReplayError) -> BatchEvaluation {
        try checkpoint.storage.withWeights { weights throws(ReplayError) -> BatchEvaluation in
            let pass = BatchPass(
                description: checkpoint.description,
                pool: pool,
                precision: precision,
                probes: probes,
                threads: threads,
                lossScale: lossScale
            )
            var buffers = GradientBuffers()
            let outcome =
                gradients
                ? try pass.forwardBackward(rows, weights: weights, buffers: &buffers)
                : try pass.forward(rows, weights: weights)
            var evaluation = Losses.evaluation(of: outcome.tokenLosses)
            if probes {
                let summary = ProbeSummary(checkpoint: checkpoint, precision: precision, rows: outcome.records)
                evaluation.probes = summary.probes
                evaluation.gradientProbes = summary.gradientProbes
                evaluation.firstNonFinite = summary.origin(rows: rows)
                evaluation.firstNonFiniteGradient = summary.gradientOrigin(rows: rows)
                evaluation.attentionEntropy = summary.attentionEntropy(rows: rows)
                evaluation.deadUnits = summary.deadUnits()
            }
            if gradients {
                let norms = buffers.norms(of: checkpoint.description.tensors)
                evaluation.gradientNorm = norms.total
                evaluation.parameterGradientNorms = norms.each
            }
            return evaluation
        }
    }

    /// The gradient noise of a batch and the gradient norm of each of its rows: one forward and backward pass a row.
    public func gradientNoise(of rows: [TokenRow]) throws(ReplayError) -> GradientNoise {
        let pass = BatchPass(description: checkpoint.description, pool: pool, threads: threads)
        let tensors = checkpoint.description.tensors
        return try checkpoint.storage.withWeights { weights throws(ReplayError) in
            var buffers = GradientBuffers()
            var norms: [Double] = []
            for row in rows {
                _ = try pass.forwardBackward([row], weights: weights, buffers: &buffers)
                norms.append(buffers.norms(of: tensors).total)
            }
            _ = try pass.forwardBackward(rows, weights: weights, buffers: &buffers)
            return GradientNoise(rowNorms: norms, batchNorm: buffers.norms(of: tensors).total)
        }
    }

    /// Losses (T) and logits (T, V) of one row in fp32.
    package func logits(of row: TokenRow) throws(ReplayError) -> (losses: [Float], logits: [Float]) {
        let model = checkpoint.description
        let pass = BatchPass(description: model, pool: pool, threads: 1)
        try pass.check([row])
        let workspace = try Workspace(model, tokens: row.inputs.count, backward: false, workers: 1)
        var c = model.c
        var losses = [Float](repeating: 0, count: row.inputs.count)
        var logits = [Float](repeating: 0, count: row.inputs.count * model.vocabulary)
        var status = CT_OK
        try checkpoint.storage.withWeights { weights throws(ReplayError) in
            row.withC(precision: .fp32, team: 1) { row in
                status = ct_forward(&c, weights, workspace.pointer, row, nil, &losses, &logits)
            }
        }
        guard status == CT_OK else {
            throw .unsupportedModel(path: nil, detail: "the forward pass reports status \(status.rawValue)")
        }
        return (losses, logits)
    }

    /// The gradient of the mean loss, laid out as the parameters.
    package func gradient(of rows: [TokenRow]) throws(ReplayError) -> [Float] {
        let pass = BatchPass(description: checkpoint.description, pool: pool, threads: threads)
        var buffers = GradientBuffers()
        _ = try checkpoint.storage.withWeights { weights throws(ReplayError) in
            try pass.forwardBackward(rows, weights: weights, buffers: &buffers)
        }
        return Array(buffers.storage.prefix(checkpoint.description.parameterCount))
    }
}
