import Terms

/// What records show of how much a step is fed: a printed batch size, the difference of two running totals, throughput times
/// time, a fraction of an epoch.
public struct StepTokens: Sendable, Equatable {
    /// What is counted.
    public enum Unit: Sendable {
        case tokens
        /// Rows (samples, sequences).
        case rows
        /// Passes over the training data.
        case epochs
    }

    /// How it is known.
    public enum Kind: Sendable {
        /// Each record prints it.
        case printed
        /// It is the difference of two printed totals.
        case difference
        /// The total that is printed with the last of ``steps``, since the first step of the run.
        case total
        /// Printed throughput times printed time; the program measures both, so that they agree only roughly.
        case throughput
        /// The difference of two printed fractions of an epoch.
        case epochs
        /// The log's banner, or the settings it prints.
        case setting
    }

    /// What is counted.
    public var unit: Unit
    /// How it is known.
    public var kind: Kind
    /// The steps of which it holds.
    public var steps: ClosedRange<Int>
    /// The least and the most it can be, given the rounding of the print.
    public var low: Double
    public var high: Double
    /// The training record with which it begins.
    var record = 0
    /// The 1-based line of it; nil where no line shows it.
    public var line: Int?

    /// Creates one.
    public init(
        _ kind: Kind,
        _ unit: Unit,
        steps: ClosedRange<Int>,
        low: Double,
        high: Double,
        line: Int? = nil
    ) {
        self.kind = kind
        self.unit = unit
        self.steps = steps
        self.low = low
        self.high = high
        self.line = line
    }

    /// The whole number it must be, where only one can be meant.
    public var whole: Int? {
        let (least, most) = (low.rounded(.up), high.rounded(.down))
        return least == most && least > 0 && least < 0x1p48 ? Int(least) : nil
    }

    /// Whether an amount agrees with it.
    public func agrees(with amount: Double) -> Bool { amount >= low * (1 - 1e-9) && amount <= high * (1 + 1e-9) }
}

extension TrainingHistory {
    /// Decides which of the printed values of the geometry hold, with what the records show.
    mutating func resolveGeometry() {
        var shown: [Quantity: (value: Int, line: Int)] = [:]
        for (unit, quantity) in [(StepTokens.Unit.rows, Quantity.rows), (.tokens, .tokens)] {
            let exact = stepTokens.filter { $0.unit == unit && ($0.kind == .printed || $0.kind == .difference) }
            guard let first = exact.first, let value = first.whole, let line = first.line,
                exact.allSatisfy({ $0.agrees(with: Double(value)) })
            else { continue }
            shown[quantity] = (value, line)
        }
        hyperparameters.resolve(ledger, steps: train.steps, shown: shown)
    }

    /// All that the log says of how much a step is fed: its settings and its records.
    public var feeding: [StepTokens] {
        guard let first = train.steps.min(), let last = train.steps.max() else { return [] }
        func setting(_ setting: Setting, _ unit: StepTokens.Unit) -> StepTokens? {
            // What follows from other settings holds nothing against them.
            let source = hyperparameters.sources[setting]
            guard let value = hyperparameters[setting], source?.isComputed != true else { return nil }
            let end = hyperparameters.changes.first { $0.setting == setting }?.step.map { max(first, $0 - 1) }
            return StepTokens(
                .setting,
                unit,
                steps: first...(end ?? last),
                low: Double(value),
                high: Double(value),
                line: source?.line
            )
        }
        return [setting(.tokensPerStep, .tokens), setting(.rowsPerStep, .rows)].compactMap { $0 }
            + stepTokens.compactMap { $0.unit == .epochs ? rows(ofEpochs: $0) : $0 }
    }

    /// Rows of a step, from the part of an epoch that it is; nil where the rows of an epoch are not known.
    private func rows(ofEpochs shown: StepTokens) -> StepTokens? {
        guard let rows = hyperparameters.trainRows, shown.low > 0, shown.high < 0.5 else { return nil }
        var result = shown
        result.unit = .rows
        // The last batch of an epoch may be left out, or not be full.
        result.low = shown.low * (1 - shown.high) * Double(rows)
        result.high = shown.high * (1 + shown.high) * Double(rows)
        return result
    }
}

extension SettingsLedger {
    /// What is printed for some of the records.
    func part(_ records: Range<Int>) -> SettingsLedger {
        var result = SettingsLedger()
        for entry in entries where records.contains(entry.records) {
            result.add(
                entry.quantity,
                entry.value,
                entry.authority,
                line: entry.line,
                records: entry.records - records.lowerBound
            )
        }
        return result
    }
}
