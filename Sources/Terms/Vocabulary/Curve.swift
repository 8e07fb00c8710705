/// What a log or a checkpoint must hold for a symptom to be visible.
public enum Curve: String, Sendable, Codable, CaseIterable {
    case trainingLoss = "training-loss"
    case validationLoss = "validation-loss"
    case gradientNorm = "gradient-norm"
    case learningRate = "learning-rate"
    case lossScale = "loss-scale"
    /// The norms of the weights in two checkpoints or more.
    case weightNorms = "weight-norms"
}
