import Terms
import TrainingLogs

/// What the log prints of the run's settings beside what is configured.
package enum ConfigurationAgreement {
    /// One remark for each setting on which log and configuration disagree.
    package static func remarks(_ history: TrainingHistory, _ configuration: TrainingConfiguration) -> [Remark] {
        let printed = history.hyperparameters
        let order = configuration.order
        let pairs: [(key: String, configured: Int?, printed: Int?)] = [
            ("training.steps", configuration.steps, printed.totalSteps),
            ("model.vocabulary", configuration.vocabulary, printed.vocabulary),
            ("order.batch", order.batch, printed.batch),
            ("order.sequence", order.sequence, printed.sequence),
            ("order.accumulation", order.accumulation, printed.accumulation),
            ("order.worldSize", order.worldSize, printed.worldSize),
        ]
        var remarks = pairs.compactMap { key, configured, printed -> Remark? in
            guard let configured, let printed, configured > 0, printed > 0, configured != printed,
                !isSameButCounting(key, configured, printed)
            else { return nil }
            return disagreement(key, "\(configured)", "\(printed)")
        }
        if remarks.allSatisfy({ !$0.id.hasPrefix("configuration-order") }), let tokens = product(order),
            let printed = printed.tokensPerStep, printed > 0, tokens != printed
        {
            remarks.append(disagreement("order", "\(tokens) tokens a step", "\(printed)"))
        }
        if let shards = configuration.trainTokens, let printed = printed.trainTokens, printed > 0, shards > 0 {
            // A loader may leave out the tail of each shard; a hundredth is more than any tail.
            if abs(Double(shards) - Double(printed)) > 0.01 * Double(max(shards, printed)) {
                remarks.append(disagreement("shards", "\(shards) training tokens in the shards", "\(printed)"))
            }
        }
        return remarks
    }

    /// A vocabulary padded to a multiple of 64 or 128, or a last step counted as a step.
    private static func isSameButCounting(_ key: String, _ configured: Int, _ printed: Int) -> Bool {
        switch key {
        case "model.vocabulary": printed > configured && printed.subtractingStep(configured) < 128
        case "training.steps": abs(printed.subtractingStep(configured)) <= 1
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

    private static func disagreement(_ key: String, _ configured: String, _ printed: String) -> Remark {
        Remark(
            id: "configuration-\(key)",
            title: "The log disagrees with the configuration on \(key)",
            severity: .warning,
            evidence: [
                "`\(key)` is configured as \(configured); the log prints \(printed). Which bytes fed which step, and the "
                    + "schedule that is expected, depend on it."
            ],
            nextTest: "look up the value in the trainer's command line",
            fix: "Correct `\(key)` in audit.yaml to \(printed), or find out why the run did not use \(configured)."
        )
    }
}
