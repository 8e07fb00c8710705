import Terms
import TrainingLogs

/// What the log prints of the run's settings beside what is configured.
package enum ConfigurationAgreement {
    /// A setting that logs print too, by its key in `audit.yaml`.
    private enum Setting: String {
        case steps = "training.steps"
        case vocabulary = "model.vocabulary"
        case batch = "order.batch"
        case sequence = "order.sequence"
        case accumulation = "order.accumulation"
        case worldSize = "order.worldSize"
        /// Tokens of a step, the product of the four.
        case order
        case shards

        /// Whether it is a factor of the tokens of a step.
        var isOfOrder: Bool {
            switch self {
            case .batch, .sequence, .accumulation, .worldSize: true
            case .steps, .vocabulary, .order, .shards: false
            }
        }
    }

    /// One remark for each setting on which log and configuration disagree.
    package static func remarks(_ history: TrainingHistory, _ configuration: TrainingConfiguration) -> [Remark] {
        let printed = history.hyperparameters
        let order = configuration.order
        let pairs: [(setting: Setting, configured: Int?, printed: Int?)] = [
            (.steps, configuration.steps, printed.totalSteps),
            (.vocabulary, configuration.vocabulary, printed.vocabulary),
            (.batch, order.batch, printed.batch),
            (.sequence, order.sequence, printed.sequence),
            (.accumulation, order.accumulation, printed.accumulation),
            (.worldSize, order.worldSize, printed.worldSize),
        ]
        let differing = pairs.compactMap { setting, configured, printed -> (setting: Setting, remark: Remark)? in
            guard let configured, let printed, configured > 0, printed > 0, configured != printed,
                !isSameButCounting(setting, configured, printed)
            else { return nil }
            return (setting, disagreement(setting, "\(configured)", printed))
        }
        var remarks = differing.map(\.remark)
        if !differing.contains(where: { $0.setting.isOfOrder }), let tokens = product(order),
            let printed = printed.tokensPerStep, printed > 0, tokens != printed
        {
            remarks.append(disagreement(.order, "\(tokens) tokens a step", printed))
        }
        if let shards = configuration.trainTokens, let printed = printed.trainTokens, printed > 0, shards > 0 {
            // A loader may leave out the tail of each shard; a hundredth is more than any tail.
            if abs(Double(shards) - Double(printed)) > 0.01 * Double(max(shards, printed)) {
                remarks.append(disagreement(.shards, "\(shards) training tokens in the shards", printed))
            }
        }
        return remarks + history.settings.compactMap { recorded($0, configuration) }
    }

    /// A setting that the run's tracker kept and logs do not print, where it is configured otherwise.
    private static func recorded(_ setting: RecordedSetting, _ configuration: TrainingConfiguration) -> Remark? {
        func differs(_ configured: Double?) -> (configured: Phrase, recorded: Phrase)? {
            guard let configured, let number = setting.number, abs(configured - number) > 1e-6 * abs(number) else {
                return nil
            }
            return ("\(setting: configured)", "\(setting: number)")
        }
        func differs(_ configured: String?) -> (configured: Phrase, recorded: Phrase)? {
            guard let configured, let word = setting.word, configured != word else { return nil }
            return ("\(quoted: configured)", "\(quoted: word)")
        }
        let difference: (configured: Phrase, recorded: Phrase)? =
            switch setting.key {
            case .gradientClip: differs(configuration.gradientClip)
            case .weightDecay: differs(configuration.weightDecay)
            case .peakLearningRate: differs(configuration.peakLearningRate)
            case .floorLearningRate: differs(configuration.floorLearningRate)
            case .warmupSteps: differs(configuration.warmupSteps.map { Double($0) })
            case .precision: differs(configuration.precision?.rawValue)
            case .optimizer: differs(configuration.optimizer)
            case .schedule: differs(configuration.schedule?.rawValue)
            // Held against what the log prints; another seed is seen in the traced data alone.
            case .batch, .sequence, .accumulation, .worldSize, .steps, .vocabulary, .seed: nil
            }
        guard let difference else { return nil }
        let key = setting.key.rawValue
        return Remark(
            .setting(key: key),
            title: "The run's own configuration disagrees with audit.yaml on \(quoted: key)",
            severity: .warning,
            evidence: [
                """
                \(quoted: key) is configured as \(difference.configured); the run recorded \(difference.recorded) \
                as \(quoted: setting.name) in \(quoted: setting.file).
                """
            ],
            nextTest: "look up the value in the trainer's command line",
            fix: """
                Correct \(quoted: key) in audit.yaml to \(difference.recorded), or leave it out, so that the recorded value \
                is taken.
                """
        )
    }

    /// A vocabulary padded to a multiple of 64 or 128, or a last step counted as a step.
    private static func isSameButCounting(_ setting: Setting, _ configured: Int, _ printed: Int) -> Bool {
        switch setting {
        case .vocabulary: printed > configured && printed.subtractingStep(configured) < 128
        case .steps: abs(printed.subtractingStep(configured)) <= 1
        default: false
        }
    }

    /// Tokens per step as configured; `nil` where a factor is not.
    private static func product(_ order: TrainingConfiguration.Order) -> Int? {
        guard let batch = order.batch, let sequence = order.sequence, let accumulation = order.accumulation,
            let world = order.worldSize
        else { return nil }
        return [sequence, accumulation, world].reduce(batch) { product, factor in
            product.flatMap { value in
                let (result, overflow) = value.multipliedReportingOverflow(by: factor)
                return overflow ? nil : result
            }
        }
    }

    private static func disagreement(_ setting: Setting, _ configured: Phrase, _ printed: Int) -> Remark {
        let key = setting.rawValue
        return Remark(
            .setting(key: key),
            title: "The log disagrees with the configuration on \(quoted: key)",
            severity: .warning,
            evidence: [
                """
                \(quoted: key) is configured as \(configured); the log prints \(printed). Which bytes fed which step, \
                and the schedule that is expected, depend on it.
                """
            ],
            nextTest: "look up the value in the trainer's command line",
            fix: """
                Correct \(quoted: key) in audit.yaml to \(printed), or find out why the run did not use \(configured).
                """
        )
    }
}
