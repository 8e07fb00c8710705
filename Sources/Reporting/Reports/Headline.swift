import Diagnosis
import Terms

/// The first thing that a report says, as parts of which each is a value.
public struct Headline: Sendable, Equatable {
    /// A part of a headline.
    public enum Part: Sendable, Equatable {
        /// Nothing is wrong in so many records of the log and so many shards.
        case sound(records: Int?, shards: Int?)
        /// Too little is known for a verdict.
        case undetermined(Verdict.Doubt)
        /// What names the gravest event.
        case seen(Phrase)
        /// The jump or climb that a lost loss came out of.
        case precededBy(SymptomKind, step: Int)
        /// The damaged shard that fed the event.
        case fedBy(ShardDamage)
        /// The event's worst step under a checkpoint.
        case replayed(Replay)
        /// The cause that stands out, and its probability.
        case cause(CauseKind, Double)
        /// No cause stands out; what would narrow it down most.
        case noCause(MissingInput?)
        /// Damaged shards: how many of how many, the first names, and whether all are missing.
        case damage(Int, of: Int, names: [String], areMissing: Bool)
        /// Damaged shards that no symptom was traced to.
        case alsoDamaged(Int)
        /// Another thing that was seen.
        case alsoSeen(Phrase)
        /// A finding without an event of the curves: its title, and what was seen where no cause says it.
        case finding(Phrase, seen: Phrase?)
        /// What a baseline accepts: the first titles, and how many more.
        case accepted([Phrase], more: Int)
    }

    /// The numbers of a replay.
    public struct Replay: Sendable, Equatable {
        /// The checkpoint's file name.
        public var checkpoint: String
        /// Mean loss of the suspect batch, nats per token.
        public var loss: Double
        /// Its loss with pristine bytes, where there were any.
        public var repairedLoss: Double?
        /// Mean and deviation of the control batches' losses.
        public var controlMean: Double?
        public var controlDeviation: Double?
        /// Whether the batch is ordinary under these weights.
        public var isOrdinary: Bool

        /// Creates the numbers.
        public init(
            checkpoint: String,
            loss: Double,
            repairedLoss: Double? = nil,
            controlMean: Double? = nil,
            controlDeviation: Double? = nil,
            isOrdinary: Bool = false
        ) {
            self.checkpoint = checkpoint
            self.loss = loss
            self.repairedLoss = repairedLoss
            self.controlMean = controlMean
            self.controlDeviation = controlDeviation
            self.isOrdinary = isOrdinary
        }
    }

    /// The parts in order.
    public var parts: [Part]

    /// Creates a headline.
    public init(_ parts: [Part] = []) { self.parts = parts }
}
