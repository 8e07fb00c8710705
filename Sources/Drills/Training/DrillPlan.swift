import Foundation
import Replay

/// One shard of a drill.
struct DrillShard: Sendable, Equatable {
    var name: String
    /// The tokens as they should be.
    var pristine: [UInt16]
    /// The tokens as the trainer finds them.
    var tokens: [UInt16]

    init(name: String, pristine: [UInt16]) {
        self.name = name
        self.pristine = pristine
        tokens = pristine
    }

    /// Makes other tokens the data set's own: the shard is then as it should be.
    mutating func replace(with new: [UInt16]) {
        pristine = new
        tokens = new
    }

    /// Puts tokens into the data set itself: the shard is then as it should be.
    mutating func insert(_ new: [UInt16], at position: Int) {
        let range = position..<min(pristine.count, position + new.count)
        pristine.replaceSubrange(range, with: new.prefix(range.count))
        tokens = pristine
    }
}

/// Everything a drill is about to do, and what is true of it; faults change both before it runs.
struct DrillPlan: Sendable {
    /// The shapes of schedule that a drill can be configured with; the raw values are those of `audit.yaml`.
    enum Schedule: String, Sendable {
        case constant
        case warmupCosine = "warmup-cosine"
        case warmupStableDecay = "warmup-stable-decay"
        case step
    }

    /// The seed of text, weights and fault.
    var seed: UInt64
    /// The training shards, in order.
    var shards: [DrillShard] = []
    /// The validation shard.
    var validation = DrillShard(name: "", pristine: [])
    var batch = 8
    var sequence = 64
    var steps = 600
    var schedule = Schedule.warmupCosine
    var warmupSteps = 40
    var peakLearningRate = 3e-3
    var floorLearningRate = 3e-4
    var gradientClip: Double? = 5
    var weightDecay = 0.1
    /// Momentum SGD instead of AdamW.
    var isPlainGradientDescent = false
    /// As configured; what the drill does to emulate it is ``Conduct/lossScale``.
    var isHalfPrecision = false
    var layers = 3
    var heads = 4
    var channels = 64
    var activation = Activation.geluTanh
    let vocabulary = 256
    /// A checkpoint is written every so many updates.
    var checkpointInterval = 50
    /// The validation loss is printed every so many updates.
    var validationInterval = 100
    /// A line is printed every so many updates.
    var logInterval = 1
    /// What the trainer does in addition to, or instead of, what is configured.
    var conduct = Conduct()
    /// The first step that the fault touches, in the numbering of the log.
    var onset: Int?
    /// The data that the fault damaged.
    var culprits: [DrillTruth.Culprit] = []
    /// Where faults draw from.
    var random: SplitMix64

    /// What a fault makes the trainer do.
    struct Conduct: Sendable {
        /// The rate an update applies and prints, from the planned one.
        var rate: (@Sendable (_ update: Int, _ planned: Double) -> Double)?
        /// Whether updates reach the weights.
        var isStepping = true
        /// The position in the data that an update reads, as the number of the update that should read it.
        var position: (@Sendable (_ update: Int) -> Int)?
        /// The rows an update is given, from those that were read.
        var rows: (@Sendable ([TokenRow]) -> [TokenRow])?
        /// A factor of the gradient.
        var gradientFactor: (@Sendable (_ update: Int) -> Float)?
        /// The loss scale of half-precision gradients.
        var lossScale: (@Sendable (_ update: Int) -> Float)?
        /// Probabilities below this are zero when the loss takes their logarithm.
        var leastProbability: Double?
        /// What happens to the weights before an update.
        var weights: [Int: @Sendable (inout Trainer) throws -> Void] = [:]
        /// Factor of the attention scores; `nil` for the usual one.
        var attentionScale: Float?
        /// What the time of an update is multiplied by in the log.
        var slowness: (@Sendable (_ update: Int) -> Double)?
        /// Fields that the log prints behind the others: a name with its colon, a value and its unit.
        var fields: [@Sendable (_ update: Int) -> String] = []
        /// The process dies and is started again.
        var restart: Restart?
    }

    /// A process that dies before one update and goes on from the checkpoint of another.
    struct Restart: Sendable {
        /// What the new process has of the old one.
        enum State: Sendable {
            case everything
            /// Weights without the optimizer's moments.
            case weights
            /// Everything but the position in the data, which begins again.
            case withoutPosition
            /// Weights of which one is not a number any more.
            case brokenWeights
        }
        var dies: Int
        var resumes: Int
        var state: State
        /// Updates by which what is loaded is older than its number says.
        var age = 0
    }

    /// A plan with the usual settings.
    init(seed: UInt64) {
        self.seed = seed
        random = SplitMix64(seed: seed &* 0x9e37_79b9_7f4a_7c15 &+ 1)
    }

    /// Draws model, batch, length, schedule and logging from the seed.
    mutating func vary() {
        var random = SplitMix64(seed: seed &* 0xd134_2543_de82_ef95 &+ 7)
        (batch, sequence) =
            [(4, 64), (6, 64), (8, 48), (8, 64), (10, 64), (16, 32)].randomElement(using: &random) ?? (8, 64)
        (layers, channels) = [(2, 64), (3, 48), (3, 64), (4, 48), (2, 80)].randomElement(using: &random) ?? (3, 64)
        steps = 50 * Int.random(in: 8...15, using: &random)
        warmupSteps = Int.random(in: 10...60, using: &random)
        peakLearningRate = [1e-3, 1.5e-3, 2e-3, 3e-3, 4e-3].randomElement(using: &random) ?? 3e-3
        floorLearningRate = Bool.random(using: &random) ? peakLearningRate / 10 : 0
        schedule =
            [.constant, .warmupCosine, .warmupCosine, .warmupStableDecay].randomElement(using: &random) ?? .constant
        gradientClip = [1, 1, 2, 5].randomElement(using: &random)
        validationInterval = [50, 100].randomElement(using: &random) ?? 100
        logInterval = [1, 1, 1, 2, 5].randomElement(using: &random) ?? 1
    }

    /// Tokens of one optimizer step.
    var tokensPerStep: Int { batch * sequence }

    /// The planned learning rate of a 0-based update.
    func learningRate(update: Int) -> Double {
        if update < warmupSteps { return peakLearningRate * Double(update + 1) / Double(warmupSteps) }
        let progress = Double(update - warmupSteps) / Double(max(1, steps - warmupSteps))
        switch schedule {
        case .constant: return peakLearningRate
        case .warmupCosine:
            let decay = 0.5 * (1 + cos(Double.pi * min(1, progress)))
            return floorLearningRate + decay * (peakLearningRate - floorLearningRate)
        case .warmupStableDecay:
            let decay = min(1, max(0, (1 - progress) / 0.25))
            return floorLearningRate + decay * (peakLearningRate - floorLearningRate)
        case .step: return peakLearningRate * pow(0.1, progress < 0.5 ? 0 : progress < 0.75 ? 1 : 2)
        }
    }

    /// The shard and the position in it at which the stream of an update begins.
    func place(update: Int) -> (shard: Int, token: Int) {
        let perShard = shards[0].tokens.count / tokensPerStep
        let shard = min(update / perShard, shards.count - 1)
        return (shard, (update - shard * perShard) * tokensPerStep)
    }

    /// An update in the middle of the run: enough healthy steps before it to know what is normal, and after it to recover.
    mutating func middle() -> Int { steps / 2 + Int.random(in: 0..<steps / 8, using: &random) }
}
