import Terms
import TrainingLogs

extension SymptomKind {
    /// See ``LossConstantRule``.
    public static let lossConstant = SymptomKind("loss-constant")
}

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

    package static let kind = SymptomKind.lossConstant
    package static let head = RuleHead(
        kind,
        title: "Loss is exactly constant",
        summary: "The printed loss does not change in any digit: the same batch and the same weights at every step.",
        thresholds: [repeats, whole]
    )
    package static let needs: [Curve] = [.trainingLoss]
    package static let traits: SymptomTraits = [.lasting]
    package static let suspicion = 6

    package static let loss = Measure<Double>(kind, "loss", "loss")
    package static let records = Measure<Int>(kind, "records", "length", .records)
    package static let measures = [loss.head, records.head]

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
                kind: kind,
                firstStep: first,
                lastStep: last,
                severity: best.count >= Int(repeats.value) ? .failure : .warning,
                summary: "Loss is exactly \(loss: values[best.lowerBound]) in \(count: best.count, "record") in a row.",
                measurements: Measurements()
                    .with(loss, values[best.lowerBound])
                    .with(records, best.count)
            )
        ]
    }

    package static func suspectSteps(of symptom: Symptom, in run: RunCurves) -> [Int] {
        [symptom.firstStep]
    }
}
