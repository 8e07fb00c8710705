import Terms
import TrainingLogs

/// One of two runs that are compared.
package struct ComparedRun: Sendable {
    /// What the logs say; the main stage.
    package var history: TrainingHistory
    /// What is configured; empty where only logs are known.
    package var configuration: TrainingConfiguration

    package init(_ history: TrainingHistory, configuration: TrainingConfiguration = TrainingConfiguration()) {
        self.history = history
        self.configuration = configuration
    }
}

/// How far two losses may lie apart and still count as equal.
package enum ComparisonTolerance: Sendable, Equatable {
    case nats(Double)
    /// A share of the first run's loss: 0.01 for one per cent.
    case share(Double)

    /// The tolerance at a loss, in nats.
    package func nats(at level: Double) -> Double {
        switch self {
        case .nats(let value): value
        case .share(let share): share * abs(level)
        }
    }

    /// Whether every difference counts.
    package var isNone: Bool { self == .nats(0) || self == .share(0) }
}

/// Two runs beside each other: what is the same, where their losses part, and what else differs. Differences are the second
/// run minus the first, steps are in the numbering of the first.
package struct RunComparison: Sendable {
    /// What the losses come to.
    package enum Verdict: String, Sendable, CaseIterable {
        /// Every value at a common step is the same to the digit.
        case identical
        /// No difference beyond noise, or beyond the tolerance.
        case equal
        /// They differ.
        case different
        /// Too little is there to tell.
        case undetermined
    }

    /// Why nothing can be told.
    package enum Doubt: Sendable, Equatable {
        /// One of them has no loss: whether the first lacks it, and the second.
        case noLoss(first: Bool, second: Bool)
        /// The steps of the two have no place in common.
        case disjoint(ClosedRange<Int>, ClosedRange<Int>)
        /// So many common records, of ``DifferenceScan/leastRecords`` that noise needs to be known.
        case fewRecords(Int)
    }

    /// Which losses were compared.
    package enum Curve: String, Sendable { case training, validation }

    /// Where both have records of the loss.
    package struct Overlap: Sendable, Equatable {
        package var curve: Curve
        package var steps: ClosedRange<Int>
        /// Pairs of finite losses.
        package var records: Int
        /// Whether the pairs are records of equal steps; else one log was taken to the steps of the other.
        package var isPaired: Bool
    }

    /// The records from the first on that are the same to the digit.
    package struct Identity: Sendable, Equatable {
        package var records: Int
        /// The last of their steps.
        package var lastStep: Int
        /// The first step whose values are not the same; `nil` where all are.
        package var firstOtherStep: Int?
    }

    /// Values that are not finite in one run alone.
    package struct NonFinite: Sendable, Equatable {
        package var firstStep: Int
        package var records: Int
        /// Whether the second run has the first of them.
        package var isInSecond: Bool
    }

    /// The loss that a run ends on, and its last step in the numbering of its own log.
    package struct End: Sendable, Equatable {
        package var loss: Double
        package var step: Int
    }

    /// A mean difference over some records.
    package struct Size: Sendable, Equatable {
        /// Second minus first, in nats.
        package var nats: Double
        /// 0 where the records are too few to know it.
        package var standardError: Double
        package var steps: ClosedRange<Int>
        package var records: Int
    }

    /// A difference beyond noise.
    package struct Departure: Sendable, Equatable {
        /// How it goes on.
        package enum Course: String, Sendable, CaseIterable { case lasts, returns, reverses }

        /// The step from which they differ, as well as noise lets it be known.
        package var firstStep: Int
        /// The step at which the difference is first beyond chance.
        package var shownAtStep: Int
        /// The difference between these two.
        package var size: Size
        /// The probability that noise alone does this anywhere in a log of this length; an upper bound.
        package var probability: Double
        /// The largest difference of any stretch that is beyond chance.
        package var largest: Size
        package var course: Course
    }

    /// What the losses come to.
    package var verdict = Verdict.undetermined
    /// Why they come to nothing.
    package var doubt: Doubt?
    package var tolerance: ComparisonTolerance
    package var overlap: Overlap?
    package var order = OrderComparison()
    package var identity: Identity?
    package var nonFinite: NonFinite?
    package var departure: Departure?
    /// The difference at the end of what both have: the last tenth, 8 to 200 records.
    package var final: Size?
    /// The standard deviation of one difference about its trend, in nats.
    package var noise: Double?
    /// The smallest difference, in nats, that would have been found had it lasted over the last quarter.
    package var resolution: Double?
    /// Stretches that were tested.
    package var places = 0
    package var settings: [SettingDifference] = []
    package var rate: RateDifference?
    package var throughput: ThroughputComparison?
    package var validation: [ValidationPair] = []
    /// The loss that each run ends on: the median of its last tenth, 5 to 200 finite records; `nil` without any.
    package var firstEnd: End?
    package var secondEnd: End?
    /// The differences by step, for a plot.
    package var differences = Series()
}
