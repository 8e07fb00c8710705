import Terms
import TrainingLogs

/// Record after record prints the same loss, digit for digit.
package enum LossConstantRule: SymptomRule {
    private static let repeats = Threshold(
        "identical records in a row",
        20,
        "records",
        source: "batch noise changes the printed digits of any real run"
    )
    private static let whole = Threshold(
        "records of a log that is constant as a whole",
        3,
        "records",
        source: "SageMaker Debugger UnchangedTensor: 3 steps"
    )

    package static let head = RuleHead(
        id: SymptomKind.lossConstant.rawValue,
        title: "Loss is exactly constant",
        summary: "The printed loss does not change in any digit: the same batch and the same weights at every step.",
        thresholds: [repeats, whole]
    )

    package static func symptoms(in run: RunCurves) -> [Symptom] {
        let values = run.loss.values
        guard values.count >= Int(whole.value) else { return [] }
        var best = 0..<0
        var start = 0
        for index in values.indices {
            if values[index] != values[start] { start = index }
            if index + 1 - start > best.count { best = start..<(index + 1) }
        }
        let isWhole = best.count == values.count
        guard best.count >= Int(isWhole ? whole.value : repeats.value), values[best.lowerBound] > 0.01 else {
            return []
        }
        let first = run.loss.steps[best.lowerBound]
        let last = run.loss.steps[best.upperBound - 1]
        return [
            Symptom(
                kind: .lossConstant,
                firstStep: first,
                lastStep: last,
                severity: best.count >= Int(repeats.value) ? .failure : .warning,
                summary: "Loss is exactly \(Format.loss(values[best.lowerBound])) in \(best.count) records in a row.",
                measurements: ["loss": values[best.lowerBound], "records": Double(best.count)]
            )
        ]
    }
}
