import TrainingLogs

extension TrainingConfiguration {
    /// What a run's tracker kept of its configuration; nothing where the log is a plain one.
    package init(recordedBy history: TrainingHistory) {
        self.init()
        _ = fill(from: history.settings)
    }

    /// Takes what is absent here from the settings that a run's tracker kept.
    /// - Returns: The settings that were taken.
    package mutating func fill(from settings: [RecordedSetting]) -> [RecordedSetting] {
        settings.filter { setting in
            switch setting.key {
            case .steps: take(setting.integer, \.steps)
            case .precision: take(setting.word.flatMap(Precision.init), \.precision)
            case .optimizer: take(setting.word, \.optimizer)
            case .gradientClip: take(setting.number, \.gradientClip)
            case .weightDecay: take(setting.number, \.weightDecay)
            case .schedule: take(setting.word.flatMap(Schedule.init), \.schedule)
            case .peakLearningRate: take(setting.number, \.peakLearningRate)
            case .floorLearningRate: take(setting.number, \.floorLearningRate)
            case .warmupSteps: take(setting.integer, \.warmupSteps)
            case .batch, .sequence, .accumulation, .worldSize, .seed, .vocabulary: false
            }
        }
    }

    private mutating func take<Value>(_ value: Value?, _ path: WritableKeyPath<Self, Value?>) -> Bool {
        guard let value, self[keyPath: path] == nil else { return false }
        self[keyPath: path] = value
        return true
    }
}
