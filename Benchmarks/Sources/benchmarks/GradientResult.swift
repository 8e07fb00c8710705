import Replay

/// What gradients.py reads: everything about a case that the checkpoint file does not say, and what came out.
struct GradientResult: Encodable {
    struct Shape: Encodable {
        var heads: Int
        var vocabulary: Int
        var activation: String
    }

    struct Tensor: Encodable {
        var name: String
        var shape: [Int]
        /// Elements before it in gradient.bin and weights.bin.
        var start: Int
        var gradientNorm: Double
    }

    struct Row: Encodable {
        var inputs: [Int32]
        var targets: [Int32]
        var loss: Double
    }

    struct AdamW: Encodable {
        var beta1: Double
        var beta2: Double
        var epsilon: Double
        var weightDecay: Double
        var gradientClip: Double?
        var learningRates: [Double]
        var losses: [Double]
        var gradientNorms: [Double]

        init(settings: Trainer.Settings, learningRates: [Double], steps: [Trainer.StepResult]) {
            beta1 = settings.beta1
            beta2 = settings.beta2
            epsilon = settings.epsilon
            weightDecay = settings.weightDecay
            gradientClip = settings.gradientClip
            self.learningRates = learningRates
            losses = steps.map(\.loss)
            gradientNorms = steps.map(\.gradientNorm)
        }
    }

    var checkpoint: String
    var shape: Shape
    var tensors: [Tensor]
    var rows: [Row]
    var loss: Double
    var gradientNorm: Double
    var adamW: AdamW

    init(
        checkpoint: String,
        model: TransformerDescription,
        rows: [TokenRow],
        evaluation: BatchEvaluation,
        adamW: AdamW
    ) {
        self.checkpoint = checkpoint
        self.adamW = adamW
        shape = Shape(heads: model.heads, vocabulary: model.vocabulary, activation: model.activation.rawValue)
        let norms = evaluation.parameterGradientNorms ?? []
        tensors = zip(model.tensors, norms).map { tensor, norm in
            Tensor(name: tensor.name, shape: tensor.shape, start: tensor.range.lowerBound, gradientNorm: norm.norm)
        }
        self.rows = zip(rows, evaluation.rowLosses).map { row, loss in
            Row(inputs: row.inputs, targets: row.targets, loss: loss)
        }
        loss = evaluation.loss
        gradientNorm = evaluation.gradientNorm ?? .nan
    }
}
