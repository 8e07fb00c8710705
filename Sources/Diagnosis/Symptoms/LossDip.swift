import Foundation
import Terms
import TrainingLogs

extension SymptomKind {
    /// See ``LossDipRule``.
    public static let lossDip = SymptomKind("loss-dip")
}

/// The data are suspiciously easy for a while.
package enum LossDipRule: SymptomRule {
    private static let depth = Threshold(
        "depth below the level before",
        6,
        "robust sigma",
        source: "the band of the loss-spike rule, downwards"
    )
    private static let length = Threshold(
        "records below it",
        5,
        "records",
        source: "easy batches of healthy runs come singly"
    )

    private static let entry = Threshold(
        "records from the level to the edge of the band",
        30,
        "records",
        source: "learning takes hundreds of records"
    )

    private static let steepness = Threshold(
        "fall over 30 records beside the 45 before",
        2.5,
        "ratio",
        source: "a learning curve falls ever more slowly; small runs of the drill stay below 1.4"
    )

    private static let otherText = Threshold(
        "noise inside the dip over noise before that speaks for other batches",
        0.6,
        "ratio",
        source: "one batch again and again leaves 0.35 at most"
    )

    private static let worth = Threshold(
        "depth relative to the first loss",
        0.002,
        "ratio",
        source: "0.02 nats of a fresh model; of a loss that is down to 0.001 no dip is worth an alarm"
    )

    private static let share = Threshold(
        "depth relative to the level, of a dip that only a short window shows",
        0.03,
        "ratio",
        source: "the least rise that the loss-step-up rule reports"
    )

    package static let kind = SymptomKind.lossDip
    package static let head = RuleHead(
        kind,
        title: "Loss dips",
        summary: """
            The loss falls far below its level for a while and then returns: repeated, constant or duplicated data are \
            easy to learn and teach nothing.
            """,
        thresholds: [depth, length, entry, steepness, otherText, worth, share]
    )
    package static let needs: [Curve] = [.trainingLoss]
    package static let traits: SymptomTraits = [.data]
    package static let suspicion = 1

    package static let before = Measure<Double>(kind, "before", "level before")
    package static let lowest = Measure<Double>(kind, "lowest", "lowest loss")
    package static let records = Measure<Int>(kind, "records", "length", .records)
    package static let noiseRatio = Measure<Double>(kind, "noiseRatio", "noise, against that before", .times)
    package static let measures = [before.head, lowest.head, records.head, noiseRatio.head]

    package static func symptoms(in run: RunCurves) -> [Symptom] { run.dips }

    package static func suspectSteps(of symptom: Symptom, in run: RunCurves) -> [Int] {
        SuspectSteps.around(symptom.firstStep, in: run)
            + SuspectSteps.spread(SuspectSteps.records(of: symptom, in: run) { $0 < 0 }, SuspectSteps.most / 2)
    }

    /// Looks for dips; ``RunCurves`` keeps the result.
    package static func find(in run: RunCurves) -> [Symptom] {
        let dips = (sharp(in: run) + gradual(in: run)).merged()
        if !dips.isEmpty, LossOscillationRule.isPeriodic(run) { return [] }
        return dips.filter { !isLostByResume($0, in: run) }.map { symptom($0, in: run) }
    }

    /// Whether a stretch of ordinary noise ends where a process resumed: what it had learned was lost there.
    private static func isLostByResume(_ range: Range<Int>, in run: RunCurves) -> Bool {
        guard range.upperBound < run.raw.count, smoothness(range, in: run) > otherText.value else { return false }
        let next = run.raw.steps[range.upperBound]
        return run.restarts.contains { abs($0.subtractingStep(next)) <= 2 * run.interval }
    }

    /// Whether a rise only undoes a fall of the few hundred records before it.
    package static func isReturn(_ shift: LevelShift, in run: RunCurves) -> Bool {
        fall(before: shift, in: run) != nil
    }

    /// Dips that the screen sees: at least five records below the band, then back in it.
    private static func sharp(in run: RunCurves) -> [Range<Int>] {
        let low = run.screen.outliers.filter { !$0.isAbove }.map(\.index)
        var groups: [[Int]] = []
        for index in low {
            if let last = groups.last?.last, index - last <= 3 {
                groups[groups.count - 1].append(index)
            } else {
                groups.append([index])
            }
        }
        return groups.filter { Double(Smoothing.independent($0.count, run.correlation)) >= length.value }.compactMap {
            group in
            let end = group[group.count - 1]
            let after = run.raw.values.dropFirst(end + 1).prefix(20)
            let limit = run.screen.baseline[group[0]] - 3 * run.screen.sigma[group[0]]
            guard after.count >= 5, Robust.median(after) >= limit else { return nil }
            return start(of: group[0], in: run)..<(end + 1)
        }
    }

    /// Dips that are entered slowly: a sharp rise back to a level that was there before.
    private static func gradual(in run: RunCurves) -> [Range<Int>] {
        run.rises.filter { $0.sigmas >= depth.value }.compactMap { fall(before: $0, in: run) }
    }

    /// The fall that a rise undoes: the level one, two or three windows earlier was that of the window after, and the
    /// curve left it within a few records.
    private static func fall(before shift: LevelShift, in run: RunCurves) -> Range<Int>? {
        let width = shift.width
        let noise = (shift.after - shift.before) / max(shift.sigmas, 1e-9)
        let isFiner = width < min(LevelShift.window, run.raw.count / 6)
        for distance in 1...3 where shift.index >= (distance + 1) * width {
            let low = shift.index - (distance + 1) * width
            let level = Robust.median(run.raw.values[low..<low + width])
            let limit = level - depth.value * noise
            // A curve that goes on falling need not come back as high as it was.
            // One that goes far beyond is no return at all.
            let drop = level - shift.before
            let isBack = shift.after > min(limit, level - 0.4 * drop) && shift.after < level + drop
            if isFiner, drop < share.value * abs(level) { continue }
            guard isBack, drop > worth.value * abs(run.raw.values[0]), shift.before < shift.after - depth.value * noise
            else { continue }
            let past = low..<shift.index
            // A single hard batch inside the dip is not its edge.
            func isAbove(_ height: Double, _ index: Int) -> Bool {
                run.raw.values[index] >= height
                    && run.raw.values[max(low, index - 4)...index].count { $0 >= height } > min(2, index - low)
            }
            // The way back up may take some records, half of them above the band: the dip is the longest stretch.
            let edgeLimit = max(limit, (level + shift.before) / 2)
            guard let last = beforeLongestGap(past.filter { isAbove(edgeLimit, $0) }, end: shift.index),
                let leave = past.last(where: { $0 <= last && isAbove(level - noise, $0) })
            else { continue }
            let isQuick = shift.after > limit && last - leave <= Int(entry.value)
            let edge = steepest(leave..<shift.index, in: run)
            guard isSteep(edge, by: isQuick ? steepness.value / 1.5 : steepness.value, in: run) else { continue }
            let inside = run.raw.values[(last + 1)..<shift.index]
            guard Double(inside.count) >= length.value, Robust.median(inside) < limit else { continue }
            return start(of: max(last + 1, entrance(at: edge, noise: noise, in: run)), in: run)..<shift.index
        }
        return nil
    }

    /// Of rising indices, the one that the longest stretch without any follows.
    private static func beforeLongestGap(_ indices: [Int], end: Int) -> Int? {
        zip(indices, indices.dropFirst() + [end]).max { $0.1 - $0.0 < $1.1 - $1.0 }?.0
    }

    /// Median of nine records.
    private static func level(_ middle: Int, in run: RunCurves) -> Double {
        let low = max(0, min(middle, run.raw.count - 1) - 4)
        return Robust.median(run.raw.values[low..<min(run.raw.count, low + 9)])
    }

    /// The place in a range about which the curve falls most within thirty records.
    private static func steepest(_ range: Range<Int>, in run: RunCurves) -> Int {
        func fall(_ index: Int) -> Double { level(index - 15, in: run) - level(index + 15, in: run) }
        return range.map { ($0, fall($0)) }.max { $0.1 < $1.1 }?.0 ?? range.lowerBound
    }

    /// The first record of the fall about a place: three deviations below the level before it.
    private static func entrance(at edge: Int, noise: Double, in run: RunCurves) -> Int {
        let limit = level(edge - 15, in: run) - 3 * noise
        return (max(0, edge - 15)...max(0, edge)).first { run.raw.values[$0] < limit } ?? edge
    }

    /// Whether the curve falls at a place that many times as fast as just before it: learning slows down and never speeds up so.
    private static func isSteep(_ index: Int, by factor: Double, in run: RunCurves) -> Bool {
        // Where the log is short or sparse, over fewer records; too few tell nothing.
        let span = min(30, index / 2, run.raw.count - index - 1)
        guard span >= 8 else { return factor < steepness.value }
        let before = level(index - 2 * span + 4, in: run) - level(index - span / 2, in: run)
        let during = level(index - span / 2, in: run) - level(index + span / 2, in: run)
        return during > factor * max(before, run.noise)
    }

    /// Walks back up the slope to where the fall begins.
    private static func start(of index: Int, in run: RunCurves) -> Int {
        var index = index
        while index > 0, run.raw.values[index - 1] > run.raw.values[index] { index -= 1 }
        return index
    }

    private static func symptom(_ range: Range<Int>, in run: RunCurves) -> Symptom {
        let values = run.raw.values[range]
        let before = Robust.median(run.raw.values[max(0, range.lowerBound - 50)..<max(1, range.lowerBound)])
        let lowest = values.min() ?? 0
        let first = run.raw.steps[range.lowerBound]
        let last = run.raw.steps[range.upperBound - 1]
        let smooth = smoothness(range, in: run)
        // Other batches, as noisy as before, on which the model goes on learning what validation asks: other text.
        let isOther = smooth > otherText.value && ValidationTrend.isUntouched(by: first, in: run)
        let verdict: Phrase =
            isOther
            ? "the text there is different and easier, and validation loss goes on falling, so it does no harm"
            : "the data there were too easy"
        return Symptom(
            kind: kind,
            firstStep: first,
            lastStep: last,
            severity: isOther ? .info : .failure,
            summary: """
                Loss falls from \(loss: before) to \(loss: lowest) in \(steps: first...last) and then \
                returns: \(verdict).
                """,
            measurements: Measurements()
                .with(Self.before, before)
                .with(Self.lowest, lowest)
                .with(records, range.count)
                .with(noiseRatio, smooth)
        )
    }

    /// Noise inside the dip over the noise before it: near zero when every step saw the same batch.
    private static func smoothness(_ range: Range<Int>, in run: RunCurves) -> Double {
        let before = Robust.noise(run.raw.values[max(0, range.lowerBound - 100)..<range.lowerBound])
        return before > 0 ? Robust.noise(run.raw.values[range]) / before : 1
    }
}
