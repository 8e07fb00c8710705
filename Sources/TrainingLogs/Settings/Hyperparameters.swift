import Terms

/// What a log prints of the run's configuration. Absent is "not printed", or "printed with several values of which none is
/// the last": see ``unclear``.
public struct Hyperparameters: Sendable, Equatable {
    /// Rows per rank and micro-step.
    public var batch: Int?
    /// Tokens per row.
    public var sequence: Int?
    /// Micro-steps per optimizer step and rank; over all ranks where ``accumulationCountsRanks``.
    public var accumulation: Int?
    /// Whether ``accumulation`` counts the micro-steps of all ranks together (nanoGPT).
    public var accumulationCountsRanks = false
    /// Number of data-parallel ranks.
    public var worldSize: Int?
    /// Tokens per optimizer step.
    public var tokensPerStep: Int?
    /// Rows per optimizer step.
    public var rowsPerStep: Int?
    /// Entries of the vocabulary.
    public var vocabulary: Int?
    /// Planned optimizer steps (the denominator of `step 3/900`).
    public var totalSteps: Int?
    /// Number of training tokens the loader found.
    public var trainTokens: Int?
    /// Number of training shards the loader found.
    public var trainShards: Int?
    /// Number of training rows the loader found.
    public var trainRows: Int?
    /// Parameters of the model.
    public var parameters: Int?
    /// Other settings by the trainer's own name, as printed: nanoGPT's `n_layer`, `eval_interval`, `dropout`, …
    public var options: [String: String] = [:]
    /// Where each value stands, as far as that is known.
    public var sources: [Setting: SettingSource] = [:]
    /// Settings that the log prints with several values, none of which overrides the others.
    public var unclear: [Setting: UnclearSetting] = [:]
    /// Settings that a later process of the run prints with another value; the values above are those of the first.
    public var changes: [SettingChange] = []
    /// Optimizer groups whose parameters are in ``parameters`` already.
    var optimizerGroups = 0

    /// Creates an empty set.
    public init() {}

    /// The value of a setting.
    public subscript(setting: Setting) -> Int? {
        get { self[keyPath: setting.path] }
        set { self[keyPath: setting.path] = newValue }
    }

    /// Takes a value and where it stands.
    public mutating func set(_ setting: Setting, _ value: Int?, source: SettingSource?) {
        self[setting] = value
        sources[setting] = value == nil ? nil : source
    }
}

/// A setting that is printed with several values, of which none is known to be the run's.
public struct UnclearSetting: Sendable, Equatable {
    /// The values, and where each stands.
    public var values: [(value: Int?, source: SettingSource)]
    /// Why no value was taken, as a clause; nil where ``values`` shows it.
    public var reason: String?

    /// Creates one.
    public init(values: [(value: Int?, source: SettingSource)], reason: String? = nil) {
        self.values = values
        self.reason = reason
    }

    public static func == (left: Self, right: Self) -> Bool {
        left.reason == right.reason && left.values.map(\.value) == right.values.map(\.value)
            && left.values.map(\.source) == right.values.map(\.source)
    }

    /// `8 (line 3) and 16 (line 9)`.
    public var text: String {
        if let reason { return reason }
        let shown = values.prefix(4).map { entry in
            (entry.value.map(String.init) ?? "an expression") + (entry.source.text.map { " (\($0))" } ?? "")
        }
        return "the log prints " + shown.joined(separator: " and ")
    }
}

/// A setting that changes when a run is resumed.
public struct SettingChange: Sendable, Equatable {
    /// What changes.
    public var setting: Setting
    /// The value at the beginning of the log, and the one of a later process.
    public var before: Int
    public var after: Int
    /// The first step after it, as printed; nil when none follows.
    public var step: Int?
    /// Where the values stand.
    public var sourceBefore: SettingSource
    public var sourceAfter: SettingSource

    /// Creates a change.
    public init(
        _ setting: Setting,
        before: Int,
        after: Int,
        step: Int?,
        sourceBefore: SettingSource,
        sourceAfter: SettingSource
    ) {
        self.setting = setting
        self.before = before
        self.after = after
        self.step = step
        self.sourceBefore = sourceBefore
        self.sourceAfter = sourceAfter
    }
}

extension Setting {
    /// Where ``Hyperparameters`` keeps it.
    var path: any WritableKeyPath<Hyperparameters, Int?> & Sendable {
        switch self {
        case .batch: \.batch
        case .sequence: \.sequence
        case .accumulation: \.accumulation
        case .worldSize: \.worldSize
        case .tokensPerStep: \.tokensPerStep
        case .rowsPerStep: \.rowsPerStep
        case .vocabulary: \.vocabulary
        case .steps: \.totalSteps
        case .trainTokens: \.trainTokens
        case .trainShards: \.trainShards
        case .trainRows: \.trainRows
        case .parameters: \.parameters
        }
    }
}

extension Hyperparameters {
    /// What is known, by name, in a fixed order.
    public var named: [(name: String, value: Int)] {
        let order: [Setting] = [
            .batch, .sequence, .accumulation, .worldSize, .tokensPerStep, .rowsPerStep, .vocabulary, .steps,
            .parameters, .trainTokens, .trainShards, .trainRows,
        ]
        return order.compactMap { setting in self[setting].map { (setting.rawValue, $0) } }
    }

    /// Takes what is absent here from another log of the run. When two values differ, this log's is kept and the change
    /// noted.
    /// - Parameter step: The first step of which the other log may tell.
    mutating func fill(from other: Hyperparameters, step: Int? = nil) {
        for setting in Setting.allCases {
            guard let theirs = other[setting] else { continue }
            guard let mine = self[setting] else {
                // What is unclear here is not made clear by another log: it may be of another process.
                if unclear[setting] == nil { set(setting, theirs, source: other.sources[setting]) }
                continue
            }
            if mine != theirs, setting.isOfGeometry {
                changes.append(
                    SettingChange(
                        setting,
                        before: mine,
                        after: theirs,
                        step: step,
                        sourceBefore: sources[setting] ?? SettingSource(),
                        sourceAfter: other.sources[setting] ?? SettingSource()
                    )
                )
            }
        }
        if accumulation == other.accumulation { accumulationCountsRanks = other.accumulationCountsRanks }
        unclear.merge(other.unclear) { mine, _ in mine }
        changes += other.changes
        options.merge(other.options) { mine, _ in mine }
    }

    /// Names the file of each source that has none.
    mutating func name(file: String) {
        func named(_ source: SettingSource) -> SettingSource {
            var source = source
            source.file = source.file ?? file
            return source
        }
        sources = sources.mapValues(named)
        unclear = unclear.mapValues { one in
            UnclearSetting(values: one.values.map { ($0.value, named($0.source)) }, reason: one.reason)
        }
        for index in changes.indices {
            changes[index].sourceBefore = named(changes[index].sourceBefore)
            changes[index].sourceAfter = named(changes[index].sourceAfter)
        }
    }
}

extension Setting {
    /// Whether it decides which tokens feed a step.
    public var isOfGeometry: Bool {
        switch self {
        case .batch, .sequence, .accumulation, .worldSize, .tokensPerStep, .rowsPerStep: true
        case .vocabulary, .steps, .trainTokens, .trainShards, .trainRows, .parameters: false
        }
    }
}
