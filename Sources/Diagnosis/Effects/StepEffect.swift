import Foundation
import Terms
import TrainingLogs

/// What a set of known steps does to a curve, with its uncertainty. One test and no search, so that three errors are proof
/// enough.
public struct StepEffect: Sendable, Equatable {
    /// One place: records next to each other that cover known steps, or the records that follow a beginning.
    public struct Place: Sendable, Equatable {
        /// The first and the last step of its records.
        public var steps: ClosedRange<Int>
        /// The effect there and its standard error, in the unit of ``StepEffect/effect``.
        public var effect: Double
        public var error: Double

        /// Creates a place.
        public init(steps: ClosedRange<Int>, effect: Double, error: Double) {
            self.steps = steps
            self.effect = effect
            self.error = error
        }

        /// Whether the place by itself shows nothing: less than three errors.
        package var isQuiet: Bool { abs(effect) < StepEffect.certain * error }
    }

    /// What the curve does after the known steps.
    public enum Course: Sendable, Equatable {
        /// The next records are back where they were.
        case returns
        /// The next records are still away, and later ones are back.
        case fades
        /// The level stays where the known steps brought it.
        case stays
        /// Too few records follow.
        case unknown
    }

    /// The errors from which on an effect counts.
    package static let certain = 3.0
    /// The effect, nats, that a log must be able to show before its silence is worth anything: a tenth of a nat costs a run a
    /// tenth of its tokens and more.
    package static let worthSeeing = 0.1

    /// What is known of the steps.
    public var kind: KnownSteps.Kind
    /// The curve that was tested.
    public var curve: Curve
    /// Mean effect of a known step: nats of a loss, natural logarithm of the factor of a gradient norm.
    public var effect: Double
    /// Its standard error: the noise of the records around, as far as they depend on one another, the uncertainty of the
    /// level, and what the same test makes of steps where nothing is known.
    public var error: Double
    /// How many known steps the curve covers.
    public var steps: Int
    /// How many known steps no record shows: the log prints one step in several, or one micro-batch of a step.
    public var hiddenSteps: Int
    /// Records that cover known steps.
    public var records: Int
    /// The places, in order.
    public var places: [Place]
    /// The last step of the record that is farthest away in the direction of the effect, and how far.
    public var strongestStep: Int
    public var strongest: Double
    /// What the curve does after the steps.
    public var course: Course

    /// Effect over error.
    public var sigmas: Double { error > 0 ? effect / error : 0 }

    /// Whether the steps have an effect.
    public var isSignificant: Bool { abs(sigmas) >= Self.certain }

    /// Whether the steps raise the curve.
    public var isRise: Bool { isSignificant && effect > 0 }

    /// Whether an effect that is worth seeing would have been seen, and none is.
    public var isExcluded: Bool { !isSignificant && Self.certain * error <= Self.worthSeeing }

    /// The probability of an effect of this size by chance, of either sign.
    public var chance: Double { erfc(abs(sigmas) / 2.0.squareRoot()) }

    /// How certain the effect is as a share of what evidence can be worth: 0 below three errors, 1 from eight on.
    package var certainty: Double {
        isSignificant ? min(1, 0.4 + 0.6 * (abs(sigmas) - Self.certain) / 5) : 0
    }

    /// The place that holds a step or lies within so many steps of it; of beginnings the one that begins there.
    package func place(near step: Int, within reach: Int) -> Place? {
        places.filter { place in
            let last = kind.isBeginning ? place.steps.lowerBound : place.steps.upperBound
            return place.steps.lowerBound.subtractingStep(reach) <= step && step <= last.addingStep(reach)
        }.max { abs($0.effect) < abs($1.effect) }
    }
}

extension StepEffect {
    /// What the test came to, one sentence.
    package var sentence: Phrase {
        if kind.isBeginning {
            return isSignificant
                ? "\(name) changes its level at \(kind.noun) by \(amount); \(quiet)."
                : "\(name) shows no effect of \(kind.noun): \(amount); \(quiet)."
        }
        guard isSignificant else {
            return "\(name) shows no effect of \(kind.noun): \(amount) over \(extent)."
        }
        let ending: Phrase =
            switch course {
            case .returns: "; the next records are back at their level"
            case .fades: "; the next records are still away, and later ones are back"
            case .stays: "; the level stays there"
            case .unknown: Phrase()
            }
        return "\(name) is \(difference) at \(kind.noun) than in the records around them, over \(extent)\(ending)."
    }

    private var name: Phrase { curve == .gradientNorm ? "The gradient norm" : "The loss" }

    /// The effect with its error: "+0.312 ± 0.051 nats".
    private var amount: Phrase {
        if curve == .gradientNorm {
            return "\(exp(effect), decimals: 2) times, within a factor of \(exp(error), decimals: 2)"
        }
        return "\(effect > 0 ? "+" : "")\(effect, decimals: 3) ± \(error, decimals: 3) nats"
    }

    /// "0.312 ± 0.051 nats higher".
    private var difference: Phrase {
        let direction: Phrase = effect < 0 ? "lower" : "higher"
        return curve == .gradientNorm
            ? "\(exp(abs(effect)), decimals: 2) times (within a factor of \(exp(error), decimals: 2)) \(direction)"
            : "\(abs(effect), decimals: 3) ± \(error, decimals: 3) nats \(direction)"
    }

    private var quiet: Phrase { "\(quietPlaces) of \(count: places.count, "place") show nothing" }

    /// Over how much was averaged: "20 steps in 18 records".
    private var extent: Phrase {
        let hidden: Phrase = hiddenSteps > 0 ? "; the log does not show \(hiddenSteps) more" : Phrase()
        let read: Phrase = records == steps ? Phrase() : " in \(count: records, "record")"
        return "\(count: steps, "step")\(read)\(hidden)"
    }

    /// Places that show nothing by themselves.
    public var quietPlaces: Int { places.count(where: \.isQuiet) }
}
