/// A place where the composition of the data changes by more than sampling explains, near an event.
public struct MixtureChange: Sendable, Equatable {
    /// The first step of the new composition, in the numbering of the log.
    public var step: Int
    /// The onset of the event less that step.
    public var distance: Int
    /// The source whose share changes most.
    public var source: String
    /// Its share before and after, 0 to 1.
    public var before: Double
    public var after: Double
    /// All such changes of the run, and those with no suspect step of any event near them.
    public var changes: Int
    public var quietChanges: Int

    /// Creates a record.
    public init(
        step: Int,
        distance: Int,
        source: String,
        before: Double,
        after: Double,
        changes: Int,
        quietChanges: Int
    ) {
        self.step = step
        self.distance = distance
        self.source = source
        self.before = before
        self.after = after
        self.changes = changes
        self.quietChanges = quietChanges
    }
}

/// What a run was fed of each source, beside what is configured.
public struct MixtureFacts: Sendable, Equatable {
    /// A source of the data.
    public struct Source: Sendable, Equatable {
        /// Its name.
        public var name: String
        /// Its share of what was read, 0 to 1.
        public var share: Double
        /// The share that is configured.
        public var configuredShare: Double
        /// How often it was read through; `nil` where its size is not known.
        public var passes: Double?

        /// Creates a record.
        public init(name: String, share: Double, configuredShare: Double, passes: Double? = nil) {
            self.name = name
            self.share = share
            self.configuredShare = configuredShare
            self.passes = passes
        }
    }

    /// The setting that says the shares.
    public var key: String
    /// The sources.
    public var sources: [Source]
    /// Of how many independent rows the shares are.
    public var draws: Double

    /// Creates a record.
    public init(key: String, sources: [Source], draws: Double) {
        self.key = key
        self.sources = sources
        self.draws = draws
    }
}
