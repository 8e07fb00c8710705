import Terms
import TrainingLogs

/// Steps of a run of which something is known beside its curves, so that a test of them needs no search.
public struct KnownSteps: Sendable, Equatable {
    /// What is known of the steps.
    public enum Kind: Sendable, Hashable {
        /// They read bytes of a shard that are not those of the data set.
        case damage(shard: String)
        /// They read tokens of a shard that look like none of its others; no digest tells whether they are meant.
        case oddTokens(shard: String)
        /// With them the data move to another shard.
        case shardBoundaries
        /// With them a pass over the data begins.
        case epochBoundaries
        /// With them the learning rate rises or falls by half and more from one record to the next.
        case rateChanges
        /// With them a process went on from a checkpoint.
        case resumes
        /// At them a checkpoint was written.
        case checkpoints

        /// Whether something begins with the step, rather than happens at it: the level after it is compared with the one before.
        package var isBeginning: Bool {
            switch self {
            case .damage, .oddTokens: false
            case .shardBoundaries, .epochBoundaries, .rateChanges, .resumes, .checkpoints: true
            }
        }

        /// The steps in the middle of a sentence.
        package var noun: Phrase {
            switch self {
            case .damage(let shard): "the steps that read damaged bytes of \(quoted: shard)"
            case .oddTokens(let shard): "the steps that read the odd tokens of \(quoted: shard)"
            case .shardBoundaries: "shard boundaries"
            case .epochBoundaries: "epoch boundaries"
            case .rateChanges: "changes of the learning rate"
            case .resumes: "resumes"
            case .checkpoints: "saved checkpoints"
            }
        }
    }

    /// What is known.
    public var kind: Kind
    /// The steps, rising and without overlap, in the numbering of the log; of a beginning only the first of each counts.
    public var places: [ClosedRange<Int>]

    /// Creates known steps.
    /// - Parameters:
    ///   - kind: what is known.
    ///   - places: the steps in any order.
    public init(_ kind: Kind, places: [ClosedRange<Int>]) {
        self.kind = kind
        // Two boundaries in a row are two places.
        self.places = kind.isBeginning ? Set(places).sorted { $0.lowerBound < $1.lowerBound } : places.merged()
    }

    /// Creates known steps from single ones.
    public init(_ kind: Kind, steps: some Sequence<Int>) { self.init(kind, places: steps.map { $0...$0 }) }

    /// How many steps there are up to a last one.
    package func count(through last: Int) -> Int {
        places.reduce(0) { sum, place in
            guard place.lowerBound <= last else { return sum }
            return sum.addingStep(min(place.upperBound, last).subtractingStep(place.lowerBound).addingStep(1))
        }
    }
}

extension KnownSteps {
    /// The least change of the rate from record to record that counts as one: schedules move by less, warm-up apart.
    private static let leastChange = 1.5

    /// What the log itself says of its steps: changes of the rate, resumes, checkpoints. Kinds without steps are left out.
    package static func inLog(of run: RunCurves) -> [KnownSteps] {
        let first = run.printed.steps.first ?? 0
        func steps(of kind: LogEvent.Kind) -> [Int] {
            run.history.events.filter { $0.kind == kind }.compactMap(\.step).filter { $0 > first }
        }
        let rates = run.learningRate
        var changes: [Int] = []
        if let peak = run.rateBounds?.upperBound {
            for index in rates.values.indices.dropFirst(2) {
                let (before, old, new) = (rates.values[index - 2], rates.values[index - 1], rates.values[index])
                // A warm-up doubles its rate with the second step, and a decay halves it with the last ones.
                guard old > 0.02 * peak, new > 0, max(new / old, old / new) >= leastChange else { continue }
                if max(old / before, before / old) < leastChange { changes.append(rates.steps[index]) }
            }
        }
        return [
            KnownSteps(.rateChanges, steps: changes),
            KnownSteps(.resumes, steps: Set(steps(of: .resumed).map { $0.addingStep(1) } + run.restarts)),
            KnownSteps(.checkpoints, steps: steps(of: .checkpoint).map { $0.addingStep(1) }),
        ].filter { !$0.places.isEmpty }
    }
}
