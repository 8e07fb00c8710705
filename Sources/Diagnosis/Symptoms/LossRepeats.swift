import Terms
import TrainingLogs

extension SymptomKind {
    /// See ``LossRepeatsRule``.
    public static let lossRepeats = SymptomKind("loss-repeats")
}

/// A stretch of losses that was there before: to the digit, or in its noise, which the batches leave.
package enum LossRepeatsRule: SymptomRule {
    private static let records = Threshold(
        "records that repeat earlier ones to the digit",
        Double(ExactRepetition.leastRecords),
        "records",
        source: "as in loss-constant; and less than 1e-6 by the chance of a record to agree at other lags"
    )
    private static let chance = Threshold(
        "stretches of such correlation by chance",
        RepeatedData.mostChance,
        "per log",
        source: "likelihood ratio times the lags and records that were tried"
    )
    private static let correlation = Threshold(
        "correlation of the noise",
        RepeatedData.leastCorrelation,
        "ratio",
        source: "the same batches give 0.97 and more; records of half the same batches 0.5"
    )
    private static let tolerance = Threshold(
        "distance from a whole number of passes",
        0.02,
        "share of the lag",
        source: "loaders drop the tail of each shard"
    )

    package static let kind = SymptomKind.lossRepeats
    package static let head = RuleHead(
        kind,
        title: "Losses repeat",
        summary: """
            Losses are printed again to the digit, or their noise is that of earlier steps, which only the same batches \
            give.
            """,
        thresholds: [records, chance, correlation, tolerance],
        references: ["KellerJordan/modded-nanogpt: two runs on one data order correlate at 0.98"]
    )
    package static let needs: [Curve] = [.trainingLoss]
    package static let traits: SymptomTraits = [.lasting]
    package static let suspicion = 5

    package static let exact = Measure<Bool>(kind, "exact", "equal to the digit", .onlyWhereTrue)
    package static let correlated = Measure<Double>(kind, "correlation", "correlation of the noise")
    package static let lag = Measure<Int>(kind, "lag", "distance", .steps)
    package static let firstSource = Measure<Int>(kind, "firstSource", "first step of the data", .step)
    package static let lastSource = Measure<Int>(kind, "lastSource", "last step of the data", .step)
    package static let length = Measure<Int>(kind, "records", "length", .records)
    package static let blocks = Measure<Int>(kind, "blocks", "blocks that agree", .count)
    package static let isPass = Measure<Bool>(kind, "pass", "a whole number of passes", .onlyWhereTrue)
    package static let measures = [
        exact.head, correlated.head, lag.head, firstSource.head, lastSource.head, length.head, blocks.head, isPass.head,
    ]
    /// Stretches that are reported; more are told by their first.
    private static let most = 6

    package static func symptoms(in run: RunCurves) -> [Symptom] {
        if let exact = run.repetitions.exact { return [symptom(exact)] }
        return run.repetitions.repeated.stretches
            .sorted { ($1.records, $0.steps.lowerBound) < ($0.records, $1.steps.lowerBound) }
            .prefix(most)
            .map { symptom($0, in: run) }
    }

    package static func suspectSteps(of symptom: Symptom, in run: RunCurves) -> [Int] {
        guard symptom[exact] != true else { return [] }
        let half = symptom.lastStep.subtractingStep(symptom.firstStep) / 2
        return [symptom.firstStep, symptom.firstStep.addingStep(half)]
    }

    private static func symptom(_ found: ExactRepetition) -> Symptom {
        Symptom(
            kind: kind,
            firstStep: found.steps.lowerBound,
            lastStep: found.steps.upperBound,
            severity: .failure,
            summary: """
                The losses of \(steps: found.steps) are those of \(count: found.lag, "step") before, digit for digit, in \
                \(count: found.records, "record").
                """,
            measurements: Measurements()
                .with(exact, true)
                .with(lag, found.lag)
                .with(length, found.records)
        )
    }

    private static func symptom(_ stretch: RepeatedStretch, in run: RunCurves) -> Symptom {
        let isPass = isPass(stretch, in: run)
        // Where the length of a pass is not known, the stretch may be one, unless a resume begins the data again.
        let isFault = isPass == false || isPass == nil && run.startsOver(with: stretch)
        let pass: Phrase = isPass == true ? " It is another pass over the training tokens." : ""
        return Symptom(
            kind: kind,
            firstStep: stretch.steps.lowerBound,
            lastStep: stretch.steps.upperBound,
            severity: isFault ? .warning : .info,
            summary: "\(sentence(stretch))\(pass)",
            measurements: Measurements()
                .with(correlated, stretch.correlation)
                .with(lag, stretch.lag)
                .with(firstSource, stretch.source.lowerBound)
                .with(lastSource, stretch.source.upperBound)
                .with(length, stretch.records)
                .with(blocks, stretch.blocks)
                .with(Self.isPass, isPass == true ? true : nil)
        )
    }

    /// The stretch in a sentence.
    package static func sentence(_ stretch: RepeatedStretch) -> Phrase {
        """
        The batches of \(steps: stretch.steps) are those of \(steps: stretch.source) again: the noise of their losses \
        correlates at \(stretch.correlation, decimals: 2) over \(count: stretch.blocks, "block").
        """
    }

    /// Whether a stretch reads its data a whole number of passes later, as any run without reshuffling does; `nil` where
    /// the length of a pass is not known.
    package static func isPass(_ stretch: RepeatedStretch, in run: RunCurves) -> Bool? {
        guard let length = run.epochSteps else { return nil }
        let lag = Double(stretch.lag)
        let passes = (lag / length).rounded()
        return passes >= 1 && abs(lag - passes * length) <= tolerance.value * lag + Double(2 * run.interval)
    }
}
