import Foundation

/// Looks for bumps, dips, steps and rises of any length: every scale is tried at every place, and what stands out beyond
/// chance is kept.
///
/// Half of all blocks of n records raised by k deviations are seen at k·√n of about 9 (`Benchmarks/power.py`); the best
/// possible test, which knows the curve beneath, needs 5.
package struct CurveScan: Sendable {
    /// Expected departures by chance in a whole log below which one counts.
    package static let leastChance = 3e-4
    /// Deviations of single records below which no departure counts, however sure.
    package static let leastSigmas = 0.5
    /// Deviations from the running level at which records are clipped: a hard batch is no block.
    private static let clip = 4.0
    /// Share of its size by which a block must stand out from what touches it.
    private static let leastStand = 0.25
    /// Records needed for a scan.
    package static let least = 40
    /// Cells of the finest scale at most: in longer logs, short blocks are left to ``Bursts``.
    private static let mostCells = 100_000

    /// What was found, in order of records.
    package private(set) var departures: [Departure] = []
    private let noise: RecordNoise
    private let curve: LearningCurve
    /// Clipped values without the learning curve and without what has been found.
    private var rest: [Double]

    /// Scans finite values.
    /// - Complexity: O(n log n).
    package init(_ values: [Double], noise: RecordNoise, curve: LearningCurve) {
        self.noise = noise
        self.curve = curve
        rest = values.indices.map { index in
            let limit = Self.clip * noise.sigma[index]
            let level = noise.level[index]
            return min(max(values[index], level - limit), level + limit) - curve.value(index)
        }
        guard values.count >= Self.least else { return }
        // What is found hides what lies beside it, until it is taken away.
        for _ in 0..<4 {
            let found = pass()
            guard !found.isEmpty else { break }
            departures += found
            for departure in found { remove(departure) }
        }
        departures.sort { $0.records.lowerBound < $1.records.lowerBound }
    }

    private struct Candidate {
        var departure: Departure
        var z: Double
        var footprint: Range<Int>
    }

    private func pass() -> [Departure] {
        let curves = Dictionary(uniqueKeysWithValues: Contrast.allCases.map { ($0, contrasts($0)) })
        let tests = curves.values.joined().reduce(0.0) { $0 + Double($1.sizes.count) }
        var candidates: [Candidate] = []
        for (parabola, chord) in zip(curves[.parabola] ?? [], curves[.chord] ?? []) {
            // A learning curve is bent one way, the end of a schedule the other: both models must agree. A chord lies above a
            // learning curve, so that what stands above the chord may be taken at its word.
            let z = zip(parabola.z, chord.z).map { parabola, chord in
                if parabola * chord <= 0 { return 0.0 }
                if chord > 0, parabola > 0.6 * chord { return chord }
                return abs(parabola) < abs(chord) ? parabola : chord
            }
            candidates += self.candidates(z, sizes: chord.sizes, of: parabola, tests: tests) { $0 > 0 ? .bump : .dip }
        }
        for (step, rise) in zip(curves[.step] ?? [], curves[.rise] ?? []) {
            if step.cell > 1 {
                let z = zip(step.z, rise.z).map { $0 > 0 && $1 > 0 ? min($0, $1) : 0 }
                candidates += self.candidates(z, sizes: step.sizes, of: step, tests: tests) { _ in .stepUp }
            }
            let up = rise.z.map { max(0, $0) }
            candidates += self.candidates(up, sizes: rise.sizes, of: rise, tests: tests) { _ in .rise }
        }
        candidates.sort { $0.z > $1.z }
        var taken: [Range<Int>] = []
        return candidates.compactMap { candidate in
            guard !taken.contains(where: { $0.overlaps(candidate.footprint) }) else { return nil }
            taken.append(candidate.footprint)
            return candidate.departure
        }
    }

    /// A contrast at every scale, each scaled to what the curve itself shows.
    private func contrasts(_ contrast: Contrast) -> [ContrastCurve] {
        var sums = [0.0]
        sums.reserveCapacity(rest.count + 1)
        for (index, value) in rest.enumerated() {
            // Healthy curves only fall, so that a rise is one whatever the shape of the fall.
            sums.append(sums[index] + (contrast == .rise ? value + curve.value(index) : value))
        }
        var measured: [(cell: Int, ratio: Double)] = []
        return scales.map { cell in
            var curve = ContrastCurve(contrast, cell: cell, sums: sums, sigma: noise.sigma)
            if curve.independent >= 15 {
                measured.append((cell, max(1, curve.seen)))
                curve.inflate(curve.seen)
            } else if let last = measured.last, let first = measured.dropLast(5).last ?? measured.first {
                // Of long stretches there are too few to tell: what wanders is taken to go on as it has.
                let power =
                    last.cell > first.cell
                    ? log(last.ratio / first.ratio) / log(Double(last.cell) / Double(first.cell)) : 0
                curve.inflate(last.ratio * pow(Double(cell) / Double(last.cell), min(0.5, max(0, power))))
            }
            return curve
        }
    }

    /// Records in a cell, by scale.
    private var scales: [Int] {
        var scales: [Int] = []
        var cell = Double(max(1, rest.count / Self.mostCells))
        while Int(cell) * 2 * Contrast.side <= rest.count {
            if scales.last != Int(cell) { scales.append(Int(cell)) }
            cell *= 1.35
        }
        return scales
    }

    private func candidates(
        _ z: [Double],
        sizes: [Double],
        of curve: ContrastCurve,
        tests: Double,
        shape: (Double) -> Departure.Shape
    ) -> [Candidate] {
        let length = curve.contrast.weights.count
        let least = 4.0
        var tail: Double?
        return z.indices.compactMap { position in
            let height = abs(z[position])
            let from = position * curve.cell
            // Close to the beginning no polynomial follows the fall.
            guard height > least, 3 * from >= length * curve.cell else { return nil }
            let reach = length / 2
            for other in max(0, position - reach)..<min(z.count, position + reach + 1) where abs(z[other]) > height {
                return nil
            }
            let stretch = tail ?? Self.tail(z, without: position - length..<position + length + 1)
            tail = stretch
            let sure = height / max(1, stretch)
            let begin = from + curve.contrast.begin * curve.cell
            let end = min(rest.count, begin + curve.contrast.length * curve.cell)
            let sigmas = sizes[position] / noise.sigma[begin]
            let chance = tests * erfc(sure / 2.0.squareRoot())
            guard chance < Self.leastChance, abs(sigmas) >= Self.leastSigmas,
                stands(begin..<end, by: sizes[position], cell: curve.cell, as: shape(z[position]))
            else { return nil }
            return Candidate(
                departure: Departure(
                    shape: shape(z[position]),
                    records: begin..<end,
                    size: sizes[position],
                    sigmas: sigmas,
                    chance: chance
                ),
                z: sure,
                footprint: from..<min(rest.count, from + length * curve.cell)
            )
        }
    }

    /// Whether a bump stands above, and a dip lies below, what is right before and right behind it: what comes before a fall,
    /// or behind a rise, is the shoulder of something else.
    private func stands(_ records: Range<Int>, by size: Double, cell: Int, as shape: Departure.Shape) -> Bool {
        guard shape == .bump || shape == .dip else { return true }
        func mean(_ range: Range<Int>) -> Double? {
            let range = range.clamped(to: 0..<rest.count)
            guard !range.isEmpty else { return nil }
            let step = max(1, range.count / 200)
            let places = stride(from: range.lowerBound, to: range.upperBound, by: step)
            let sum = places.reduce((0.0, 0)) { ($0.0 + rest[$1] + curve.value($1), $0.1 + 1) }
            return sum.0 / Double(sum.1)
        }
        guard let inside = mean(records) else { return false }
        let sides = [
            mean(records.lowerBound - 2 * cell..<records.lowerBound),
            mean(records.upperBound..<records.upperBound + 2 * cell),
        ]
        let sign = size < 0 ? -1.0 : 1.0
        return sides.compactMap { $0 }.allSatisfy { sign * (inside - $0) > Self.leastStand * abs(size) }
    }

    /// How much heavier the tails are than those of normal noise: the 99th percentile, and
    /// where there are many the 997th permille, elsewhere over that of a normal.
    private static func tail(_ z: [Double], without: Range<Int>) -> Double {
        let step = max(1, z.count / 4000)
        let sorted = stride(from: 0, to: z.count, by: step).filter { !without.contains($0) }.map { abs(z[$0]) }.sorted()
        if sorted.count < 60 { return 1 }
        let far = Robust.quantile(sorted: sorted, 0.99) / 2.576
        return sorted.count < 400 ? far : max(far, Robust.quantile(sorted: sorted, 0.997) / 2.968)
    }

    private mutating func remove(_ departure: Departure) {
        let isPassing = departure.shape == .bump || departure.shape == .dip
        let end = isPassing ? departure.records.upperBound : rest.count
        for index in departure.records.lowerBound..<end { rest[index] -= departure.size }
    }
}
