import Terms

/// A setting of `audit.yaml` that the run's own configuration gives, as its tracker or trainer kept it.
public struct RecordedSetting: Sendable, Equatable {
    /// A setting by its key in `audit.yaml`, in the order of reports.
    public enum Key: String, Sendable, CaseIterable {
        case batch = "order.batch"
        case sequence = "order.sequence"
        case accumulation = "order.accumulation"
        case worldSize = "order.worldSize"
        case seed = "order.seed"
        case steps = "training.steps"
        case precision = "training.precision"
        case optimizer = "training.optimizer"
        case gradientClip = "training.gradientClip"
        case weightDecay = "training.weightDecay"
        case schedule = "training.schedule"
        case peakLearningRate = "training.peakLearningRate"
        case floorLearningRate = "training.floorLearningRate"
        case warmupSteps = "training.warmupSteps"
        case vocabulary = "model.vocabulary"
    }

    /// A value: a number, or the word that `audit.yaml` has for it.
    public enum Value: Sendable, Equatable {
        case number(Double)
        case word(String)
    }

    /// The setting.
    public var key: Key
    /// Its value; a number that its key allows.
    public var value: Value
    /// Its name in the run's configuration, with the names of what it stands in: `optimizer.lr`.
    public var name: String
    /// The file that it stands in.
    public var file: String

    /// Creates a setting.
    public init(key: Key, value: Value, name: String, file: String) {
        self.key = key
        self.value = value
        self.name = name
        self.file = file
    }

    /// The number, where it is one.
    public var number: Double? {
        if case .number(let number) = value { return number }
        return nil
    }

    /// The number, where it is a whole one.
    public var integer: Int? { number.flatMap { Int(exactly: $0) } }

    /// The word, where it is one.
    public var word: String? {
        if case .word(let word) = value { return word }
        return nil
    }
}

extension RecordedSetting: CustomStringConvertible {
    /// The setting with its value and source, as one of the assumptions of a report.
    public var description: String { "\(key.rawValue): \(text), from \(name) in \(file)" }

    /// The value as `audit.yaml` has it.
    public var text: String { word ?? integer.map(String.init) ?? number.map { "\($0)" } ?? "" }
}

extension [RecordedSetting] {
    /// The setting of a key.
    package subscript(key: RecordedSetting.Key) -> RecordedSetting? { first { $0.key == key } }
}

extension HistoryBuilder {
    /// Keeps the settings of the run's configuration, and what they say that logs print too.
    mutating func add(_ settings: [RecordedSetting]) { history.add(settings) }
}

extension TrainingHistory {
    /// Keeps settings of the run's configuration beside those that are known, which stay, and what they say that logs print too.
    package mutating func add(_ found: [RecordedSetting]) {
        settings += found.filter { settings[$0.key] == nil }
        fillFromSettings()
    }

    /// Takes what the log does not print of the geometry and the plan from the run's own configuration.
    mutating func fillFromSettings() {
        let keys: [(Setting, RecordedSetting.Key)] = [
            (.batch, .batch), (.sequence, .sequence), (.accumulation, .accumulation), (.worldSize, .worldSize),
            (.steps, .steps), (.vocabulary, .vocabulary),
        ]
        for (setting, key) in keys where hyperparameters[setting] == nil && hyperparameters.unclear[setting] == nil {
            guard let found = settings[key], let value = found.integer else { continue }
            hyperparameters.set(setting, value, source: SettingSource(file: "\(found.name) in \(found.file)"))
            // nanoGPT's name for the micro-steps of all ranks, beside its names for rows and tokens of one.
            if setting == .accumulation, found.name == "gradient_accumulation_steps",
                settings[.batch]?.name == "batch_size", settings[.sequence]?.name == "block_size"
            {
                hyperparameters.accumulationCountsRanks = true
            }
        }
    }
}
