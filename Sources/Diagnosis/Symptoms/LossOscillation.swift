import Foundation
import Terms
import TrainingLogs

extension SymptomKind {
    /// See ``LossOscillationRule``.
    public static let lossOscillation = SymptomKind("loss-oscillation")
}

/// The loss swings: with a period, or so wildly that the noise rivals what is learned.
package enum LossOscillationRule: SymptomRule {
    private static let noiseLimit = Threshold(
        "batch noise relative to what is learned",
        0.12,
        "ratio",
        source: "healthy runs of 256 tokens a step and more stay below 0.06, long ones below 0.02"
    )
    private static let fewTokens = Threshold(
        "tokens of an update",
        512,
        "tokens",
        source: "one row of the smallest examples; GPT-2 uses half a million"
    )
    private static let correlation = Threshold(
        "autocorrelation at the period",
        0.5,
        "ratio",
        source: "detrended healthy runs stay below 0.25"
    )
    private static let amplitude = Threshold(
        "swing between the 10th and the 90th percentile",
        0.04,
        "ratio of the level",
        source: "unshuffled web-text shards swing a healthy run by 2.4 %"
    )

    /// Records in which a period of a few records can be seen three times.
    private static let fewest = 24

    package static let kind = SymptomKind.lossOscillation
    package static let head = RuleHead(
        kind,
        title: "Loss oscillates",
        summary: "The curve swings with a period, or its noise from batch to batch rivals what the run learns.",
        thresholds: [noiseLimit, fewTokens, correlation, amplitude],
        references: ["karpathy/build-nanogpt#52", "KellerJordan/modded-nanogpt#174"]
    )
    package static let needs: [Curve] = [.trainingLoss]
    package static let traits: SymptomTraits = [.lasting]

    package static let noise = Measure<Double>(kind, "noise", "noise between records")
    package static let learned = Measure<Double>(kind, "learned", "learned before")
    package static let noiseRatio = Measure<Double>(kind, "noiseRatio", "noise, against what was learned", .times)
    package static let period = Measure<Int>(kind, "period", "period", .steps)
    package static let swing = Measure<Double>(kind, "swing", "swing")
    package static let swingRatio = Measure<Double>(kind, "swingRatio", "swing, of the level", .share)
    package static let autocorrelation = Measure<Double>(kind, "autocorrelation", "autocorrelation at the period")
    package static let measures = [
        noise.head, learned.head, noiseRatio.head, period.head, swing.head, swingRatio.head,
        autocorrelation.head,
    ]

    package static func symptoms(in run: RunCurves) -> [Symptom] {
        guard run.raw.count >= fewest, let final = run.finalLoss, final > 0.2 else { return [] }
        return (run.raw.count >= 100 ? noisy(in: run, final: final) : []) + periodic(in: run)
    }

    private static func noisy(in run: RunCurves, final: Double) -> [Symptom] {
        guard let initial = run.initialLoss, initial >= 3, let first = run.raw.steps.first,
            let last = run.raw.steps.last,
            initial > final
        else { return [] }
        let sigma = run.noise
        let ratio = sigma / (initial - final)
        guard ratio > noiseLimit.value, sigma > 0.04 * final else { return [] }
        // Noise alone is no fault: few rows are printed, or hard ones among easy ones. It is one where so few tokens make an
        // update that the gradient is as noisy, or where validation swings as well.
        let isFew = run.tokensPerStep.map { $0 < Int(fewTokens.value) } ?? false
        let isRough = ValidationTrend.swings(in: run)
        return [
            Symptom(
                kind: kind,
                firstStep: first,
                lastStep: last,
                severity: isFew || isRough ? .warning : .info,
                summary: """
                    Loss varies by \(loss: sigma) from record to record while the whole run learns \(loss: initial - final).
                    """,
                measurements: Measurements()
                    .with(noise, sigma)
                    .with(learned, initial - final)
                    .with(noiseRatio, ratio)
            )
        ]
    }

    /// Whether the curve swings with a clear period: its rises and falls are then one symptom and not many.
    package static func isPeriodic(_ run: RunCurves) -> Bool {
        run.raw.count >= fewest && periodic(in: run).contains { $0.severity > .info }
    }

    private static func periodic(in run: RunCurves) -> [Symptom] {
        let late = run.raw.count / 8
        let tail = Series(
            steps: Array(run.raw.steps.dropFirst(late)),
            values: Array(run.raw.values.dropFirst(late))
        )
        let blocks = Blocks(tail, count: 600, least: 1)
        let levels = blocks.medians
        let residual = detrended(levels)
        let spread = max(Robust.deviation(residual), 1e-12)
        let clipped = residual.map { min(max($0, -3 * spread), 3 * spread) }
        // Four periods are asked for; of a short log three.
        let function = Trend.autocorrelation(clipped, lags: max(levels.count / 4, min(levels.count / 3, 16)))
        guard let zero = function.firstIndex(where: { $0 < 0 }) else { return [] }
        let rest = function[zero...]
        guard let peak = rest.max(), let lag = rest.firstIndex(of: peak), lag >= 4, peak >= correlation.value
        else { return [] }
        let smoothing = max(1, lag / 8)
        let smooth = stride(from: 0, to: residual.count - smoothing + 1, by: smoothing).map {
            Robust.median(residual[$0..<$0 + smoothing])
        }.sorted()
        let width = Robust.quantile(sorted: smooth, 0.9) - Robust.quantile(sorted: smooth, 0.1)
        // Noise alone spreads medians too: 2.56 standard errors lie between those quantiles.
        let chance = 2.56 * 1.2533 * Robust.noise(levels) / Double(smoothing).squareRoot()
        let swing = max(0, width * width - chance * chance).squareRoot()
        let level = Robust.median(levels)
        guard let last = tail.steps.last else { return [] }
        let first = firstSwing(of: levels, lag: lag, swing: swing).map {
            tail.steps[min(tail.count - 1, $0 * blocks.size)]
        }
        let period = lag * blocks.size * run.interval
        let isLarge = swing > amplitude.value * abs(level)
        return [
            Symptom(
                kind: kind,
                firstStep: first ?? tail.steps[0],
                lastStep: last,
                severity: isLarge ? .warning : .info,
                summary: """
                    Loss swings by \(loss: swing) with a period of about \(count: period, "step") \
                    (autocorrelation \(peak, decimals: 2)).
                    """,
                measurements: Measurements()
                    .with(Self.period, period)
                    .with(Self.swing, swing)
                    .with(swingRatio, swing / abs(level))
                    .with(autocorrelation, peak)
            )
        ]
    }

    /// The block in which the first swing begins: half a period before the first clear rise.
    private static func firstSwing(of levels: [Double], lag: Int, swing: Double) -> Int? {
        let quarter = max(1, lag / 4)
        let parts = stride(from: 0, to: levels.count - quarter + 1, by: quarter).map {
            Robust.median(levels[$0..<$0 + quarter])
        }
        let rise = parts.indices.dropFirst().first { parts[$0] - parts[$0 - 1] > 0.5 * swing }
        return rise.map { max(0, $0 * quarter - lag / 2) }
    }

    /// Residuals about a running median a fifth of the curve wide.
    private static func detrended(_ levels: [Double]) -> [Double] {
        let half = max(2, levels.count / 10)
        return levels.indices.map { index in
            levels[index] - Robust.median(levels[max(0, index - half)..<min(levels.count, index + half + 1)])
        }
    }
}
