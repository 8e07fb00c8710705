import Foundation
import TrainingLogs

/// The loss goes up and does not come back.
package enum LossDivergenceRule: SymptomRule {
    private static let lost = Threshold(
        "share lost of what was learned",
        0.5,
        "ratio",
        source: "half of the way back to the loss at the start"
    )
    private static let hopeless = Threshold(
        "loss worse than guessing among a million tokens",
        13.8,
        "nats",
        source: "ln(1 000 000); no vocabulary is larger"
    )

    package static let head = RuleHead(
        id: SymptomKind.lossDivergence.rawValue,
        title: "Loss diverges",
        summary: """
            At the end the loss stands high above its lowest level: half of what was learned is lost, or the loss is \
            worse than guessing.
            """,
        thresholds: [lost, hopeless, ShortLog.factor],
        references: ["bigscience-workshop/bigscience tr8-104B chronicles"]
    )

    package static func symptoms(in run: RunCurves) -> [Symptom] {
        guard let final = run.finalLoss, run.loss.count >= 3 else { return [] }
        if run.loss.count < 20 { return short(in: run) }
        let size = max(5, min(100, run.loss.count / 20))
        let blocks = Blocks(run.loss, count: run.loss.count, least: size)
        let dips = run.dips.map { $0.firstStep...$0.lastStep }
        let sound = blocks.medians.indices.filter { index in
            let end = index + 1 < blocks.firstSteps.count ? blocks.firstSteps[index + 1] : run.lastStep
            return !dips.contains { $0.lowerBound <= end && blocks.firstSteps[index] <= $0.upperBound }
        }
        guard let at = sound.min(by: { blocks.medians[$0] < blocks.medians[$1] }) else { return [] }
        let lowest = blocks.medians[at]
        let initial = run.initialLoss ?? run.level(0..<5) ?? lowest
        let learned = max(initial - lowest, 0.1 * abs(lowest))
        let recent = run.level(run.loss.count - size..<run.loss.count) ?? final
        let rise = recent - lowest
        let worthless = max(run.chanceLoss.map { 1.15 * $0 } ?? hopeless.value, lowest + 1)
        let isHopeless = recent > hopeless.value && final > hopeless.value && rise <= 0.5 * learned
        guard rise > lost.value * learned && rise > 6 * blocks.error || recent > worthless || isHopeless else {
            return []
        }
        guard !ValidationTrend.falls(after: blocks.firstSteps[at], in: run) else { return [] }
        let limit = isHopeless ? -Double.infinity : lowest + 0.25 * rise
        let from = isHopeless ? 0 : at * size
        let onset = run.loss.values.indices.reversed().first { $0 < from || run.loss.values[$0] < limit }.map { $0 + 1 }
        let first = run.loss.steps[min(onset ?? 0, run.loss.count - 1)]
        return [symptom(from: first, lowest: lowest, recent: recent, learned: learned, in: run)]
    }

    /// A log of a few records: a lasting jump, or worse than guessing throughout.
    private static func short(in run: RunCurves) -> [Symptom] {
        guard let last = run.loss.values.last, let lowest = run.loss.values.min() else { return [] }
        if lowest > hopeless.value {
            return [symptom(from: run.loss.steps[0], lowest: lowest, recent: last, learned: 0, in: run)]
        }
        guard let jump = ShortLog.jump(in: run), run.loss.count - jump.index >= 2, last > 1.1 * jump.level
        else { return [] }
        let step = run.loss.steps[jump.index]
        return [symptom(from: step, lowest: jump.level, recent: last, learned: jump.level, in: run)]
    }

    private static func symptom(
        from step: Int,
        lowest: Double,
        recent: Double,
        learned: Double,
        in run: RunCurves
    ) -> Symptom {
        Symptom(
            kind: .lossDivergence,
            firstStep: step,
            lastStep: run.loss.steps.last ?? step,
            severity: .failure,
            summary: """
                Loss ends at \(Format.loss(recent)) after a lowest level of \(Format.loss(lowest)), from step \(step) on.
                """,
            measurements: ["lowest": lowest, "final": recent, "rise": recent - lowest, "learned": learned]
        )
    }
}
