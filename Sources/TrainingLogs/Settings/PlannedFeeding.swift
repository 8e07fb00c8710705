import Terms

/// How much each step is fed by a geometry: one that is configured, assumed, or read from a checkpoint.
public struct PlannedFeeding: Sendable, Equatable {
    /// Steps of one size.
    public struct Stage: Sendable, Equatable {
        /// The first step, in the numbering of the log.
        public var step: Int
        /// Rows and tokens of a step; nil where they are not known.
        public var rows: Int?
        public var tokens: Int?

        /// Creates a stage.
        public init(step: Int, rows: Int?, tokens: Int?) {
            self.step = step
            self.rows = rows
            self.tokens = tokens
        }
    }

    /// The stages, by rising steps; the first holds from the first step of the run.
    public var stages: [Stage]

    /// Creates a plan.
    public init(stages: [Stage]) { self.stages = stages }

    /// What the log says of the feeding and this contradicts, the most direct first.
    public func contradicted(by history: TrainingHistory) -> [StepTokens] {
        history.feeding.filter { !agrees(with: $0) }.sorted { left, right in
            // A sum is off wherever one of its parts is.
            (left.kind == .total ? 1 : 0, left.steps.lowerBound) < (
                right.kind == .total ? 1 : 0, right.steps.lowerBound
            )
        }
    }

    private func agrees(with shown: StepTokens) -> Bool {
        if shown.kind == .total {
            guard let sum = total(shown.unit, steps: shown.steps) else { return true }
            return shown.agrees(with: sum)
        }
        return [shown.steps.lowerBound, shown.steps.upperBound].allSatisfy { step in
            guard let amount = amount(shown.unit, of: stage(of: step)) else { return true }
            return shown.agrees(with: Double(amount))
        }
    }

    private func stage(of step: Int) -> Stage? { stages.last { $0.step <= step } ?? stages.first }

    private func amount(_ unit: StepTokens.Unit, of stage: Stage?) -> Int? {
        switch unit {
        case .rows: stage?.rows
        case .tokens: stage?.tokens
        case .epochs: nil
        }
    }

    /// What some steps are fed together.
    private func total(_ unit: StepTokens.Unit, steps: ClosedRange<Int>) -> Double? {
        // As numbers with a fraction: steps of a damaged log may be near the largest whole number.
        let (lowest, past) = (Double(steps.lowerBound), Double(steps.upperBound) + 1)
        var sum = 0.0
        for (index, stage) in stages.enumerated() {
            let first = index == 0 ? lowest : max(Double(stage.step), lowest)
            let end = index + 1 < stages.count ? min(Double(stages[index + 1].step), past) : past
            guard end > first else { continue }
            guard let amount = amount(unit, of: stage) else { return nil }
            sum += (end - first) * Double(amount)
        }
        return sum
    }
}

/// The factor of a geometry that would make it agree with the log.
public struct SupportedFactor: Sendable, Equatable {
    /// The factor, and its value in the geometry and by the log.
    public var setting: Setting
    public var value: Int

    /// Finds it: of the factors that the log does not confirm, the first that makes up for the difference alone.
    /// - Parameters:
    ///   - shown: What the log shows.
    ///   - factors: The geometry's factors.
    ///   - hyperparameters: What the log prints of them.
    public init?(_ shown: StepTokens, _ factors: [Setting: Int], _ hyperparameters: Hyperparameters) {
        let settings: [Setting] = shown.unit == .rows ? [.batch, .accumulation, .worldSize] : Self.all
        guard shown.kind != .total, shown.kind != .throughput || shown.low > 0, let whole = shown.whole else {
            return nil
        }
        for setting in settings where hyperparameters[setting] != factors[setting] || hyperparameters[setting] == nil {
            let others = settings.filter { $0 != setting }
            var product = 1
            for other in others {
                guard let factor = factors[other] else { return nil }
                let (next, overflow) = product.multipliedReportingOverflow(by: factor)
                guard !overflow, next > 0 else { return nil }
                product = next
            }
            guard whole.isMultiple(of: product), whole >= product else { continue }
            self.setting = setting
            value = whole / product
            return
        }
        return nil
    }

    private static let all: [Setting] = [.batch, .accumulation, .worldSize, .sequence]
}
