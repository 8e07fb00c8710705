import Foundation
import Terms
import TrainingLogs

/// A setting that both runs, or one of them, print or have configured.
package struct SettingDifference: Sendable, Equatable {
    /// One value as it stands in the log or the configuration.
    package enum Value: Sendable, Equatable {
        case whole(Int)
        case number(Double)
        case text(String)
    }

    /// The setting's name, by the trainer or by audit.yaml.
    package var name: String
    /// The value of each run; `nil` where it is not known.
    package var first: Value?
    package var second: Value?
}

/// Where the learning rates of two runs differ.
package struct RateDifference: Sendable, Equatable {
    /// Common steps with a rate in both.
    package var records: Int
    /// Whether the rates are multipliers of the peak in both logs.
    package var isMultiplier: Bool
    /// The first step whose rates differ; `nil` where none do.
    package var firstStep: Int?
    /// The rates there, or at the last common step where none differ.
    package var first: Double
    package var second: Double
    /// Common steps whose rates differ.
    package var differing: Int
}

/// The validation losses of two runs at one step.
package struct ValidationPair: Sendable, Equatable {
    package var step: Int
    package var first: Double
    package var second: Double
}

/// How fast two runs are, as far as their logs print it; the median of each.
package struct ThroughputComparison: Sendable, Equatable {
    package var first: StepSpeed
    package var second: StepSpeed
}

extension SettingDifference {
    /// The settings that are not the same in two runs: first those that both have, then those that one has.
    static func all(_ a: ComparedRun, _ b: ComparedRun) -> [SettingDifference] {
        let (mine, theirs) = (settings(a), settings(b))
        let known = Dictionary(theirs.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
        let names = Set(mine.map(\.name))
        let all =
            mine.map { SettingDifference(name: $0.name, first: $0.value, second: known[$0.name]) }
            + theirs.filter { !names.contains($0.name) }
            .map { SettingDifference(name: $0.name, first: nil, second: $0.value) }
        let differing = all.filter { $0.first != $0.second }
        return differing.filter { $0.first != nil && $0.second != nil }
            + differing.filter { $0.first == nil || $0.second == nil }
    }

    /// What is known of a run, each setting once, in a fixed order; what is configured before what the log prints.
    private static func settings(_ run: ComparedRun) -> [(name: String, value: Value)] {
        let configured = run.configuration
        let printed = run.history.hyperparameters
        var result: [(name: String, value: Value)] = []
        var names: Set<String> = []
        func add(_ name: String, _ value: Value?) {
            if let value, names.insert(name).inserted { result.append((name, value)) }
        }
        add("precision", configured.precision.map { .text($0.rawValue) })
        add("optimizer", configured.optimizer.map { .text($0) })
        add("schedule", configured.schedule.map { .text($0.rawValue) })
        for (name, value) in [
            ("peakLearningRate", configured.peakLearningRate), ("floorLearningRate", configured.floorLearningRate),
            ("gradientClip", configured.gradientClip), ("weightDecay", configured.weightDecay),
        ] { add(name, value.map { .number($0) }) }
        for (name, value) in [
            ("warmupSteps", configured.warmupSteps), ("steps", configured.steps), ("batch", configured.order.batch),
            ("sequence", configured.order.sequence), ("accumulation", configured.order.accumulation),
            ("worldSize", configured.order.worldSize), ("tokensPerStep", configured.tokensPerStep),
            ("vocabulary", configured.vocabulary), ("parameters", configured.parameters),
            ("layers", configured.layers), ("trainTokens", configured.trainTokens),
        ] { add(name, value.map { .whole($0) }) }
        for (name, value) in printed.named { add(name, .whole(value)) }
        for (name, value) in printed.options.sorted(by: { $0.key < $1.key }) { add(name, .text(value)) }
        return result
    }
}

extension RateDifference {
    /// The rates at common steps; `nil` without common steps, and where one log prints multipliers alone.
    init?(_ a: TrainingHistory, _ b: TrainingHistory, shift: Int) {
        guard a.learningRateIsMultiplier == b.learningRateIsMultiplier else { return nil }
        let (mine, theirs) = (a.learningRate.merged().finite, b.learningRate.moved(by: shift).merged().finite)
        var index = 0
        var pairs: [(step: Int, first: Double, second: Double)] = []
        for (step, value) in zip(mine.steps, mine.values) {
            while index < theirs.count, theirs.steps[index] < step { index += 1 }
            if index < theirs.count, theirs.steps[index] == step { pairs.append((step, value, theirs.values[index])) }
        }
        guard let last = pairs.last else { return nil }
        // Logs print two to nine digits of a rate.
        let rounding = mine.values.relativeRounding + theirs.values.relativeRounding
        let differing = pairs.filter { abs($0.first - $0.second) > rounding * max(abs($0.first), abs($0.second)) }
        let shown = differing.first ?? last
        records = pairs.count
        isMultiplier = a.learningRateIsMultiplier
        firstStep = differing.first?.step
        (first, second) = (shown.first, shown.second)
        self.differing = differing.count
    }
}

extension [Double] {
    /// The relative rounding of numbers that are printed with so many significant digits at most: 0.0051 of three digits.
    fileprivate var relativeRounding: Double {
        var digits = 1
        for index in Swift.stride(from: 0, to: count, by: Swift.max(1, count / 256)) where self[index] > 0 {
            let value = self[index]
            while digits < 9, abs(Self.rounded(value, digits: digits) - value) > 1e-7 * value { digits += 1 }
        }
        // Where all have fewer digits the log prints them in full: a constant rate of 1e-4 is not rounded.
        return 0.51 * pow(10, Double(1 - Swift.max(3, digits)))
    }

    private static func rounded(_ value: Double, digits: Int) -> Double {
        let unit = pow(10, floor(log10(value)) + 1 - Double(digits))
        return (value / unit).rounded() * unit
    }
}
