/// What a log or a checkpoint must hold for a symptom to be visible.
public enum Curve: String, Sendable, Codable, CaseIterable {
    case trainingLoss = "training-loss"
    case validationLoss = "validation-loss"
    case gradientNorm = "gradient-norm"
    case learningRate = "learning-rate"
    case lossScale = "loss-scale"
    /// The norms of the weights in two checkpoints or more.
    case weightNorms = "weight-norms"
    /// Times of steps, throughput or utilisation.
    case speed
    /// Memory of a device or of the host.
    case memory
    /// The largest logit of the attention, or the z-loss.
    case logits
    /// The balancing loss, the load of experts or dropped tokens.
    case routerLoad = "router-load"
    /// The norm of the optimizer's update.
    case updateNorm = "update-norm"
}
