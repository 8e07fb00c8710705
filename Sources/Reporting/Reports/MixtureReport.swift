import Terms

/// What a run was fed: the share of each source of its data, window by window.
public struct MixtureReport: Codable, Sendable, Equatable {
    /// What the groups of data are.
    public enum Grouping: String, Codable, Sendable {
        /// Sources, as folders and names of shards or the configuration tell them apart.
        case source
        /// Shards of the only source, or neighbours of them together.
        case shard
        /// Equal parts of the only shard.
        case part
    }

    /// A group of data.
    public struct Source: Codable, Sendable, Equatable {
        /// The name: of a source, of a shard, or of the first and the last of several.
        public var name: String
        /// How many shards it holds.
        public var shards: Int
        /// How much of it the steps of the log read, in the unit of the report.
        public var read: Int
        /// Its share of all that was read, 0 to 1.
        public var share: JSONNumber
        /// How often it was read through; absent where its size is not known in the unit of the report.
        public var passes: JSONNumber?
        /// The share that is configured, 0 to 1; absent where none is.
        public var configuredShare: JSONNumber?

        /// Creates a group.
        public init(
            name: String,
            shards: Int,
            read: Int,
            share: Double,
            passes: Double? = nil,
            configuredShare: Double? = nil
        ) {
            self.name = name
            self.shards = shards
            self.read = read
            self.share = JSONNumber(share)
            self.passes = passes.map(JSONNumber.init)
            self.configuredShare = configuredShare.map(JSONNumber.init)
        }
    }

    /// Whole steps in a row.
    public struct Window: Codable, Sendable, Equatable {
        /// The first step, in the numbering of the log.
        public var firstStep: Int
        /// The last step.
        public var lastStep: Int
        /// How much of each group the steps read, in the order of the groups; absent where it is not known.
        public var read: [Int]?

        /// Creates a window.
        public init(firstStep: Int, lastStep: Int, read: [Int]?) {
            self.firstStep = firstStep
            self.lastStep = lastStep
            self.read = read
        }
    }

    /// A place where the composition changes by more than sampling explains.
    public struct Change: Codable, Sendable, Equatable {
        /// The first step of the new composition, in the numbering of the log.
        public var step: Int
        /// The share of each group before, in the order of the groups.
        public var before: [JSONNumber]
        /// The share of each group after.
        public var after: [JSONNumber]

        /// Creates a change.
        public init(step: Int, before: [Double], after: [Double]) {
            self.step = step
            self.before = before.map(JSONNumber.init)
            self.after = after.map(JSONNumber.init)
        }
    }

    /// A shard that was read more often than most others.
    public struct Repetition: Codable, Sendable, Equatable {
        /// The shard's name.
        public var shard: String
        /// How often it was read through.
        public var passes: JSONNumber

        /// Creates a repetition.
        public init(shard: String, passes: Double) {
            self.shard = shard
            self.passes = JSONNumber(passes)
        }
    }

    /// What the groups are.
    public var grouping: Grouping
    /// How sure the mapping of steps is.
    public var confidence: MappingConfidence
    /// What is counted: tokens, or samples.
    public var unit: ShardUnit
    /// Steps of a window; the last may be shorter.
    public var windowSteps: Int
    /// How many steps were mapped; where these are not all, the others of a window are taken to have read alike.
    public var mappedSteps: Int
    /// The groups, at most twelve, in the loader's order.
    public var sources: [Source]
    /// The windows by rising step.
    public var windows: [Window]
    /// Where the composition changes; empty where shards are read one after another.
    public var changes: [Change]
    /// Shards that were read more often than most; empty where not every step was mapped.
    public var repetitions: [Repetition]

    /// Creates a document.
    public init(
        grouping: Grouping,
        confidence: MappingConfidence,
        unit: ShardUnit,
        windowSteps: Int,
        mappedSteps: Int,
        sources: [Source],
        windows: [Window],
        changes: [Change] = [],
        repetitions: [Repetition] = []
    ) {
        self.grouping = grouping
        self.confidence = confidence
        self.unit = unit
        self.windowSteps = windowSteps
        self.mappedSteps = mappedSteps
        self.sources = sources
        self.windows = windows
        self.changes = changes
        self.repetitions = repetitions
    }
}
