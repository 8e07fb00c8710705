/// The measurements of symptoms as people read them.
package enum MeasurementText {
    /// Measurements that are a state and no number; `false` hides what a 0 would say.
    private static let states: [String: String] = [
        "leads": "loss jumps with it", "recovered": "came back", "lasting": "stayed", "interrupted": "interrupted",
        "stair": "a planned stair", "spent": "schedule spent", "firstIsInfinite": "first value is infinite",
    ]

    /// Names whose words are not in the name.
    private static let names: [String: String] = [
        "zScore": "robust z-score", "sigma": "robust sigma", "baseline": "loss before", "mean": "mean before",
        "deviation": "deviation before", "peakLoss": "highest loss", "records": "records in it",
        "recoverySteps": "steps until back", "gradientNormRatio": "gradient norm, times the usual",
        "norm": "highest norm", "firstNorm": "norm at first", "ratio": "times the usual", "usual": "usual",
        "peakStep": "step of the peak", "before": "level before", "after": "level after", "from": "from", "to": "to",
        "learned": "learned before", "rise": "rise", "share": "share of records", "clip": "clipping threshold",
        "sizeTerm": "size term of the scaling law", "period": "period in steps", "first": "first loss",
        "chance": "loss of guessing", "fallPerDecade": "fall for ten times the steps", "final": "loss at the end",
        "early": "loss early", "initial": "loss at the start", "progress": "progress", "noise": "noise between records",
        "noiseRatio": "noise, times the usual", "done": "steps done", "planned": "steps planned",
        "line": "line of the log", "expected": "expected at most", "trainNow": "training loss now",
    ]

    /// The measurements in a stable order: a label and a value for each.
    package static func rows(_ measurements: [String: JSONNumber]) -> [(label: String, value: String)] {
        measurements.sorted { $0.key < $1.key }.prefix(16).compactMap { name, number in
            if let state = states[name] { return number.value == 1 ? (state, "yes") : (state, "no") }
            let isStep = name.hasSuffix("Step") || name == "line"
            let value =
                isStep && abs(number.value) < 1e15
                ? String(Int(number.value.rounded())) : NumberText.short(number.value)
            return (label(name), value)
        }
    }

    /// `lowestValidation` becomes `lowest validation`.
    static func label(_ name: String) -> String {
        if let known = names[name] { return known }
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
