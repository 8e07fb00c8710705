/// The measurements of symptoms as people read them.
///
/// The names are keys of `report.json` and stay as they are; what a key means, and its unit, may differ from symptom to
/// symptom: the `final` of a divergence is a loss, that of a schedule a learning rate.
package enum MeasurementText {
    private enum Unit {
        case plain, count, steps, step, records, sigma, times, share, state
    }

    private typealias Meaning = (label: String, unit: Unit)

    /// What a name means in one symptom.
    private static let special: [String: [String: Meaning]] = [
        "schedule-misaligned": [
            "final": ("learning rate at the end", .plain), "peak": ("highest learning rate", .plain),
            "ratio": ("largest departure from the plan", .times), "records": ("records off the plan", .count),
        ],
        "schedule-jump": [
            "from": ("learning rate before", .plain), "to": ("learning rate after", .plain),
            "ratio": ("learning rate, against that before", .times),
        ],
        "loss-scale-collapse": [
            "from": ("loss scale before", .plain), "to": ("loss scale after", .plain),
            "factor": ("fall of the loss scale", .times), "lasting": ("stays so to the end", .state),
        ],
        "gradient-vanishing": ["norm": ("median norm", .plain)],
        "initial-loss-off": ["ratio": ("first loss, against that of guessing", .times)],
        "weight-norm-drift": ["ratio": ("weight norm, against that before", .times)],
        "loss-oscillation": ["noiseRatio": ("noise, against what was learned", .times)],
        "overfitting": ["rise": ("rise above the lowest validation loss", .share)],
        "log-gap": ["steps": ("steps without a record", .count), "usual": ("usual distance of two records", .steps)],
        "resume-jump": [
            "steps": ("steps run twice", .count), "before": ("loss before", .plain),
            "rise": ("rise above the run before", .plain),
        ],
        "slow-rise": ["steps": ("length of the rise", .steps)],
        "epoch-jump": ["zScore": ("change at the boundary", .sigma), "epoch": ("epoch that ends", .plain)],
        "loss-dip": ["lowest": ("lowest loss", .plain)],
    ]

    /// What a name means in all other symptoms.
    private static let usual: [String: Meaning] = [
        "leads": ("loss jumps with it", .state), "recovered": ("came back", .state), "lasting": ("stayed", .state),
        "interrupted": ("interrupted by a person or the scheduler", .state), "stair": ("a planned stair", .state),
        "spent": ("schedule spent before the run ended", .state), "rising": ("warm-up never ends", .state),
        "departed": ("departs from the plan", .state), "scattered": ("spikes of one record each", .state),
        "departs": ("same loss at first, then higher", .state),
        "firstIsInfinite": ("first value is infinite", .state),
        "zScore": ("height", .sigma), "sigma": ("robust standard deviation before", .plain),
        "baseline": ("median loss before", .plain), "mean": ("mean loss before", .plain),
        "deviation": ("standard deviation before", .plain), "threshold": ("mean plus three deviations", .plain),
        "peakLoss": ("highest loss", .plain), "records": ("length", .records),
        "recoverySteps": ("back after", .steps), "gradientNormRatio": ("gradient norm, against the usual", .times),
        "norm": ("highest norm", .plain), "firstNorm": ("first high norm", .plain), "usual": ("usual norm", .plain),
        "ratio": ("highest norm, against the usual", .times), "peakStep": ("peak at", .step),
        "before": ("level before", .plain), "after": ("level after", .plain), "learned": ("learned before", .plain),
        "rise": ("rise", .plain), "kept": ("kept of the rise", .share), "share": ("share of records", .share),
        "clip": ("clipping threshold", .plain), "median": ("median norm", .plain),
        "sizeTerm": ("size term of the scaling law", .plain), "dataTerm": ("data term of the scaling law", .plain),
        "period": ("period", .steps), "first": ("first loss", .plain), "chance": ("loss of guessing", .plain),
        "fallPerDecade": ("fall for ten times the steps", .plain), "final": ("loss at the end", .plain),
        "early": ("loss early", .plain), "initial": ("loss at the start", .plain), "loss": ("loss", .plain),
        "progress": ("learned of the loss at the start", .share), "noise": ("noise between records", .plain),
        "noiseRatio": ("noise, against that before", .times), "done": ("done", .steps), "planned": ("planned", .steps),
        "line": ("line of the log", .count), "expected": ("expected at most", .plain),
        "trainNow": ("training loss now", .plain), "trainThen": ("training loss then", .plain),
        "gap": ("validation above training loss", .plain), "nextEvaluation": ("next evaluation at", .step),
        "lowestValidation": ("lowest validation loss", .plain),
        "lastValidation": ("validation loss at the end", .plain),
        "lowest": ("lowest level", .plain), "lowestStep": ("lowest level at", .step),
        "reachedStep": ("reached at", .step), "lastFiniteLoss": ("last finite loss", .plain),
        "nonFiniteRecords": ("not finite", .records), "hiddenRecords": ("hidden by the trainer", .records),
        "skipped": ("updates skipped", .count), "inRow": ("updates skipped in a row", .count),
        "cuts": ("cuts of the learning rate", .count), "largestFall": ("largest fall at a cut", .plain),
        "autocorrelation": ("autocorrelation at the period", .plain), "swing": ("swing", .plain),
        "swingRatio": ("swing, of the level", .share), "per200Steps": ("in 200 steps", .times),
        "parameters": ("parameters", .count), "tokens": ("tokens", .count),
        "unfinished": ("the plan was too short", .state), "fall": ("fall in the last quarter", .plain),
        "tokensPerParameter": ("tokens for each parameter", .plain),
    ]

    /// The order to read them in: how it was, what happened, how it ended, and what that is measured against.
    private static let order: [String: Int] = {
        let names = [
            "from", "to", "before", "after", "lowest", "rise", "kept", "baseline", "initial", "first", "chance",
            "usual",
            "firstNorm", "norm", "peakLoss", "peakStep", "zScore", "ratio", "records", "recovered", "recoverySteps",
            "leads", "gradientNormRatio", "final", "expected", "mean", "deviation", "sigma", "threshold",
        ]
        return Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    }()

    /// What is only worth saying where it is so.
    private static let onlyWhereTrue: Set<String> = [
        "leads", "interrupted", "stair", "spent", "rising", "departed", "scattered", "departs", "unfinished",
        "firstIsInfinite", "hiddenRecords",
    ]

    /// The measurements of a symptom in a stable order: a label and a value with its unit for each.
    ///
    /// Names without a place of their own follow by the alphabet; what is not so (`stair`: no) is left out.
    package static func rows(
        _ measurements: [String: JSONNumber],
        of kind: String
    ) -> [(label: String, value: String)] {
        let worth = measurements.filter { $0.value.value != 0 || !onlyWhereTrue.contains($0.key) }
        return worth.sorted {
            (order[$0.key] ?? .max, $0.key) < (order[$1.key] ?? .max, $1.key)
        }.prefix(16).map { name, number in
            let meaning = special[kind]?[name] ?? usual[name] ?? (label(name), .plain)
            return (meaning.label, text(number.value, meaning.unit))
        }
    }

    private static func text(_ value: Double, _ unit: Unit) -> String {
        guard value.isFinite else { return "not finite" }
        return switch unit {
        case .plain: NumberText.short(value)
        case .count: whole(value)
        case .steps: whole(value) + (value == 1 ? " step" : " steps")
        case .step: abs(value) < 1e15 ? "step \(Int(value.rounded()))" : NumberText.short(value)
        case .records: whole(value) + (value == 1 ? " record" : " records")
        case .sigma: "\(NumberText.short(value)) robust sigma"
        case .times: "\(NumberText.short(value)) times"
        case .share: abs(value) < 1e6 ? "\(NumberText.short(value * 100)) %" : NumberText.short(value)
        case .state: value == 1 ? "yes" : "no"
        }
    }

    private static func whole(_ value: Double) -> String {
        abs(value) < 1e15 ? NumberText.grouped(Int(value.rounded())) : NumberText.short(value)
    }

    /// `lowestValidation` becomes `lowest validation`.
    static func label(_ name: String) -> String {
        var result = ""
        for character in SafeText.line(name, limit: 60) {
            if character.isUppercase, let last = result.last, last.isLowercase {
                result += " " + character.lowercased()
            } else {
                result.append(character)
            }
        }
        return result
    }
}
