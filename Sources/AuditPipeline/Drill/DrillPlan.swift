import Foundation

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
}

/// Everything a drill is about to do; faults change it before it runs.
struct DrillPlan: Sendable {
    /// The training shards, in order.
    var shards: [DrillShard]
    /// The validation shard.
    var validation: DrillShard
    var batch = 8
    var sequence = 64
    var steps = 600
    var warmupSteps = 40
    var peakLearningRate = 3e-3
    var floorLearningRate = 3e-4
    var gradientClip: Double? = 5
    var weightDecay = 0.1
    var layers = 3
    var heads = 4
    var channels = 64
    let vocabulary = 256
    /// A checkpoint is written every so many updates.
    var checkpointInterval = 50
    /// The validation loss is printed every so many updates.
    var validationInterval = 100

    /// Tokens of one optimizer step.
    var tokensPerStep: Int { batch * sequence }

    /// The warm-up and cosine decay, for a 0-based update.
    func learningRate(update: Int) -> Double {
        if update < warmupSteps { return peakLearningRate * Double(update + 1) / Double(warmupSteps) }
        let progress = Double(update - warmupSteps) / Double(max(1, steps - warmupSteps))
        let decay = 0.5 * (1 + cos(Double.pi * min(1, progress)))
        return floorLearningRate + decay * (peakLearningRate - floorLearningRate)
    }
}

/// What a fault did: the truth an audit has to find.
struct DrillTruth: Encodable, Sendable, Equatable {
    /// Damaged data.
    struct Culprit: Encodable, Sendable, Equatable {
        var shard: String
        /// Tokens [first, end) in the shard.
        var tokens: [Int]
        /// Bytes [first, end) in the file.
        var bytes: [Int]
        /// Steps [first, last], in the numbering of the log.
        var steps: [Int]
    }

    var schema = "trainaudit.truth/1"
    var fault: String
    /// The cause an audit should rank first; absent for a healthy run.
    var cause: String?
    var culprits: [Culprit]
}
