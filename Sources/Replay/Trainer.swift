import CTransformer

/// Trains a model with AdamW. A value: a copy trains on by itself. Same inputs, same bits, at any number of threads.
public struct Trainer: Sendable {
    /// The optimizer's settings; learning rate and rows come with each step.
    public struct Settings: Sendable, Hashable {
        /// Decay of the gradient's mean, 0..<1.
        public var beta1: Double
        /// Decay of the squared gradient's mean, 0..<1.
        public var beta2: Double
        /// Added to the root of the second moment.
        public var epsilon: Double
        /// Decoupled weight decay of the two-dimensional tensors; LayerNorms and biases have none.
        public var weightDecay: Double
        /// The largest global gradient norm; longer gradients are scaled to it. `nil` for no clipping.
        public var gradientClip: Double?

        /// Creates settings; the defaults are GPT-2's.
        public init(
            beta1: Double = 0.9,
            beta2: Double = 0.95,
            epsilon: Double = 1e-8,
            weightDecay: Double = 0.1,
            gradientClip: Double? = 1.0
        ) {
            self.beta1 = beta1
            self.beta2 = beta2
            self.epsilon = epsilon
            self.weightDecay = weightDecay
            self.gradientClip = gradientClip
        }
    }

    /// What one step did.
    public struct StepResult: Sendable, Equatable {
        /// Mean loss of the batch before the update, nats per token.
        public var loss: Double
        /// Global gradient norm before clipping.
        public var gradientNorm: Double
    }

    /// The model's shape.
    public let description: TransformerDescription
    /// The optimizer's settings; may change between steps.
    public var settings: Settings
    /// The current weights, laid out as in `Checkpoint.parameters`.
    public private(set) var parameters: [Float]
    /// Number of updates made by this trainer, those of its starting state included.
    public private(set) var updatesDone: Int
    /// Names of tensors that updates leave alone, as if their gradient never arrived.
    public var frozenTensors: Set<String> = []
    /// Multiplies every gradient before its norm is taken, as a bad reduction or a broken loss would; 1 normally.
    package var gradientFactor: Float = 1
    /// Gradients pass through half precision multiplied by this factor, as in fp16 training with a loss scale; nobody
    /// looks for overflow. `nil` leaves them in single precision.
    package var lossScale: Float?
    /// Number of threads.
    public let threads: Int

    private var firstMoment: [Float]
    private var secondMoment: [Float]
    private var buffers = GradientBuffers()
    private let pool: WorkspacePool
    private let tensors: [ParameterTensor]

    /// Starts from GPT-2's random initialisation.
    public init(
        description: TransformerDescription,
        seed: UInt64,
        settings: Settings = Settings(),
        threads: Int? = nil
    ) {
        self.init(
            description: description,
            parameters: description.initialParameters(seed: seed),
            settings: settings,
            threads: threads
        )
    }

    /// Starts from a checkpoint's weights with a fresh optimizer state: moments are zero and the bias correction
    /// starts anew.
    public init(checkpoint: Checkpoint, settings: Settings = Settings(), threads: Int? = nil) {
        self.init(
            description: checkpoint.description,
            parameters: checkpoint.parameters,
            settings: settings,
            threads: threads
        )
    }

    private init(description: TransformerDescription, parameters: [Float], settings: Settings, threads: Int?) {
        self.description = description
        self.settings = settings
        self.parameters = parameters
        updatesDone = 0
        self.threads = max(1, threads ?? Parallel.defaultThreads)
        firstMoment = [Float](repeating: 0, count: parameters.count)
        secondMoment = [Float](repeating: 0, count: parameters.count)
        pool = WorkspacePool(description)
        tensors = description.tensors
    }

    /// The moments and the number of updates behind them.
    public var optimizerState: OptimizerState {
        OptimizerState(firstMoment: firstMoment, secondMoment: secondMoment, updatesDone: updatesDone)
    }

    /// Goes on with the moments of a run's own optimizer.
    ///
    /// Throws `ReplayError.wrongShape` unless they are of this model.
    public mutating func restore(_ state: OptimizerState) throws(ReplayError) {
        try restore(
            firstMoment: state.firstMoment,
            secondMoment: state.secondMoment,
            updatesDone: state.updatesDone ?? 0
        )
    }

    /// Sets the optimizer's state: both moments, laid out as the parameters, and the number of updates behind them.
    package mutating func restore(
        firstMoment: [Float],
        secondMoment: [Float],
        updatesDone: Int
    ) throws(ReplayError) {
        for moment in [firstMoment, secondMoment] where moment.count != parameters.count {
            throw .wrongShape(path: "", name: "moments", expected: [parameters.count], actual: [moment.count])
        }
        self.firstMoment = firstMoment
        self.secondMoment = secondMoment
        self.updatesDone = updatesDone
    }

    /// One update on a batch: forward, backward, clipping, AdamW.
    ///
    /// Throws what `Replayer.evaluate` throws; the trainer is then unchanged. A non-finite loss does not throw: as in
    /// the real trainers, it poisons the weights.
    public mutating func step(rows: [TokenRow], learningRate: Double) throws(ReplayError) -> StepResult {
        let pass = BatchPass(description: description, pool: pool, threads: threads)
        let outcome = try withWeights { weights throws(ReplayError) in
            try pass.forwardBackward(rows, weights: weights, buffers: &buffers)
        }
        buffers.distort(count: self.parameters.count, factor: gradientFactor, lossScale: lossScale)
        let norm = buffers.norms(of: tensors).total
        var scale = 1.0
        if let clip = settings.gradientClip, norm > clip { scale = clip / (norm + 1e-6) }
        if !norm.isFinite, settings.gradientClip != nil { scale = .nan }
        updatesDone += 1
        update(learningRate: learningRate, gradientScale: scale)
        return StepResult(loss: Losses.mean(outcome.tokenLosses), gradientNorm: norm)
    }

    private mutating func update(learningRate: Double, gradientScale: Double) {
        var plain = ct_adamw_settings(
            learning_rate: Float(learningRate),
            beta1: Float(settings.beta1),
            beta2: Float(settings.beta2),
            epsilon: Float(settings.epsilon),
            weight_decay: 0,
            gradient_scale: Float(gradientScale),
            step: updatesDone
        )
        let withoutDecay = plain
        plain.weight_decay = Float(settings.weightDecay)
        let withDecay = plain
        let (tensors, threads, frozen) = (tensors, threads, frozenTensors)
        parameters.withUnsafeMutableBufferPointer { parameters in
            firstMoment.withUnsafeMutableBufferPointer { first in
                secondMoment.withUnsafeMutableBufferPointer { second in
                    buffers.storage.withUnsafeBufferPointer { gradients in
                        guard let p = parameters.baseAddress, let m = first.baseAddress, let v = second.baseAddress,
                            let g = gradients.baseAddress
                        else { return }
                        Parallel.forEach(tensors.count, threads: threads) { index, _ in
                            guard !frozen.contains(tensors[index].name) else { return }
                            let range = tensors[index].range
                            let start = range.lowerBound
                            ct_adamw_update(
                                p + start,
                                m + start,
                                v + start,
                                g + start,
                                range.count,
                                tensors[index].shape.count == 2 ? withDecay : withoutDecay
                            )
                        }
                    }
                }
            }
        }
    }

    /// Mean loss of a batch under the current weights; nothing is changed.
    public func evaluateLoss(_ rows: [TokenRow]) throws(ReplayError) -> Double {
        let pass = BatchPass(description: description, pool: pool, threads: threads)
        let outcome = try withWeights { weights throws(ReplayError) in try pass.forward(rows, weights: weights) }
        return Losses.mean(outcome.tokenLosses)
    }

    /// Loss of every token of a batch under the current weights, row by row, nats; nothing is changed.
    package func tokenLosses(_ rows: [TokenRow]) throws(ReplayError) -> [[Float]] {
        let pass = BatchPass(description: description, pool: pool, threads: threads)
        return try withWeights { weights throws(ReplayError) in try pass.forward(rows, weights: weights).tokenLosses }
    }

    /// Changes the weights of one tensor in place, for experiments with damaged models. Names and shapes are those of
    /// `TransformerDescription.tensors`; an unknown name throws `ReplayError.missingTensor`.
    public mutating func modify(
        _ name: String,
        _ body: (UnsafeMutableBufferPointer<Float>) -> Void
    ) throws(ReplayError) {
        guard let tensor = tensors.first(where: { $0.name == name }) else {
            throw .missingTensor(path: "trainer", name: name)
        }
        parameters.withUnsafeMutableBufferPointer { body(.init(rebasing: $0[tensor.range])) }
    }

    /// The current weights as a checkpoint.
    public func checkpoint(updatesDone: Int? = nil) throws(ReplayError) -> Checkpoint {
        try Checkpoint(
            description: description,
            parameters: parameters,
            updatesDone: updatesDone ?? self.updatesDone
        )
    }
}

extension Trainer {
    private func withWeights<T>(
        _ body: (UnsafePointer<ct_weights>) throws(ReplayError) -> T
    ) throws(ReplayError) -> T {
        try ModelParameters.values(parameters).withWeights(body)
    }
}
