import Terms
import TrainingLogs

/// What the log prints of the run's settings beside what is configured.
package enum ConfigurationAgreement {
    /// One remark for each setting on which log and configuration disagree.
    package static func remarks(_ history: TrainingHistory, _ configuration: TrainingConfiguration) -> [Remark] {
        let printed = history.hyperparameters
        let order = configuration.order
        let pairs: [(setting: Setting, configured: Int?, printed: Int?)] = [
            (.steps, configuration.steps, printed.totalSteps),
            (.vocabulary, configuration.vocabulary, printed.vocabulary),
            (.batch, order.batch, printed.batch),
            (.sequence, order.sequence, printed.sequence),
            (.accumulation, order.accumulation, accumulation(printed, order)),
            (.worldSize, order.worldSize, printed.worldSize),
        ]
        let differing = pairs.compactMap { setting, configured, value -> (setting: Setting, remark: Remark)? in
            guard let configured, let value, configured > 0, value > 0, configured != value,
                !isSameButCounting(setting, configured, value)
            else { return nil }
            let places = (order.sources[setting], printed.sources[setting])
            return (setting, disagreement(key(of: setting), "\(configured)", value, places))
        }
        var remarks = differing.map(\.remark)
        if !differing.contains(where: { $0.setting.isOfGeometry }) {
            remarks += FeedingAgreement.remarks(history, order)
        }
        if let shards = configuration.trainTokens, let value = printed.trainTokens, value > 0, shards > 0 {
            // A loader may leave out the tail of each shard; a hundredth is more than any tail.
            if abs(Double(shards) - Double(value)) > 0.01 * Double(max(shards, value)) {
                let configured: Phrase = "\(shards) training tokens in the shards"
                remarks.append(disagreement("shards", configured, value, (nil, printed.sources[.trainTokens])))
            }
        }
        return remarks
    }

    /// The key of a setting in `audit.yaml`.
    private static func key(of setting: Setting) -> String {
        switch setting {
        case .vocabulary: "model.vocabulary"
        case .steps: "training.steps"
        default: "order.\(setting.rawValue)"
        }
    }

    /// The micro-steps of a rank that the log prints, of a trainer that counts those of all too.
    private static func accumulation(_ printed: Hyperparameters, _ order: TrainingConfiguration.Order) -> Int? {
        guard printed.accumulationCountsRanks, let all = printed.accumulation else { return printed.accumulation }
        let world = order.worldSize ?? 1
        // Where they are not divided, the tokens of a step show it.
        return world > 0 && all.isMultiple(of: world) ? all / world : nil
    }

    /// A vocabulary padded to a multiple of 64 or 128, or a last step counted as a step.
    private static func isSameButCounting(_ setting: Setting, _ configured: Int, _ printed: Int) -> Bool {
        switch setting {
        case .vocabulary: printed > configured && printed.subtractingStep(configured) < 128
        case .steps: abs(printed.subtractingStep(configured)) <= 1
        default: false
        }
    }

    private static func disagreement(
        _ key: String,
        _ configured: Phrase,
        _ printed: Int,
        _ places: (configured: SettingSource?, printed: SettingSource?)
    ) -> Remark {
        Remark(
            .setting(key: key),
            title: "The log disagrees with the configuration on \(quoted: key)",
            severity: .warning,
            evidence: [
                """
                \(quoted: key) is configured as \(configured)\(Phrase(place: places.configured)); the log prints \
                \(printed)\(Phrase(place: places.printed)). Which bytes fed which step, and the schedule that is \
                expected, depend on it.
                """
            ],
            nextTest: "look up the value in the trainer's command line",
            fix: """
                Correct \(quoted: key) in audit.yaml to \(printed), or find out why the run did not use \(configured).
                """
        )
    }
}

extension Phrase {
    /// ` (audit.yaml line 7)`; empty where the place is not known.
    init(place: SettingSource?) {
        self = place?.text.map { " (\(text: $0))" } ?? Phrase()
    }
}
