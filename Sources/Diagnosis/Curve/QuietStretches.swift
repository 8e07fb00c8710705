import Foundation

/// Stretches that fall record by record without the noise that batches leave: one batch is read again and again, and learned.
package enum QuietStretches {
    /// Share of the usual second difference below which a record counts as without noise.
    private static let quiet = 0.25
    /// How often such a record is followed by another at least, before the log shows how often: one in five.
    private static let follow = 0.2
    /// Second differences in a block, and blocks on either side of one whose median is the usual one.
    private static let (blockSize, around) = (64, 4)
    /// Second differences on either side of a stretch that must have five times its noise.
    private static let side = 12
    /// Units of the last printed digit that the usual bend must have: rounding is no silence.
    private static let leastUnits = 10.0

    /// The stretches that chance does not explain, in order of records.
    ///
    /// A second difference holds no trend, only noise; k of them in a row below a bound are expected n · p · c^(k-1) times,
    /// with both shares from this very log.
    /// - Complexity: O(n).
    package static func find(_ values: [Double], noise: RecordNoise) -> [Departure] {
        guard values.count >= 40 else { return [] }
        let bends = (0..<values.count - 2).map { (index: Int) -> Double in
            let middle: Double = (values[index] + values[index + 2]) / 2
            return abs(values[index + 1] - middle)
        }
        let usual = usual(bends)
        var runs: [Range<Int>] = []
        var isQuiet = 0
        for index in bends.indices where bends[index] < quiet * usual[index / blockSize] {
            isQuiet += 1
            if let last = runs.last, last.upperBound == index {
                runs[runs.count - 1] = last.lowerBound..<index + 1
            } else {
                runs.append(index..<index + 1)
            }
        }
        let unit = bends.reduce(Double.infinity) { $1 > 0 ? min($0, $1) : $0 }
        return runs.compactMap { run in
            let noisy = usual[run.lowerBound / blockSize]
            guard run.count >= 5, noisy > leastUnits * min(unit, 1e-3), isApart(run, in: bends) else {
                return nil
            }
            let others = Double(isQuiet - run.count)
            let share = (others + 0.5) / Double(bends.count)
            let pairs = others - Double(runs.count - 1)
            let next = max(follow, (pairs + 1) / (others + 2))
            let expected = Double(bends.count) * share * pow(min(1, next), Double(run.count - 1))
            let records = run.lowerBound..<run.upperBound + 2
            let falls = records.dropFirst().count { values[$0] < values[$0 - 1] }
            guard expected < CurveScan.leastChance, Double(falls) >= 0.9 * Double(records.count - 1) else { return nil }
            return Departure(shape: .dip, records: records, size: 0, sigmas: 0, chance: expected)
        }
    }

    /// Whether the records right before a stretch and right behind it have far more noise: that of a fresh model grows slowly.
    private static func isApart(_ run: Range<Int>, in bends: [Double]) -> Bool {
        let before = bends[max(0, run.lowerBound - side)..<run.lowerBound]
        let after = bends[run.upperBound..<min(bends.count, run.upperBound + side)]
        let least = 5 * Robust.median(bends[run])
        guard before.count == side, Robust.median(before) > least else { return false }
        return after.count < side / 2 || Robust.median(after) > least
    }

    /// The usual second difference of each block: the median of the medians around it, so that what is quiet in less than half
    /// of them does not count.
    private static func usual(_ bends: [Double]) -> [Double] {
        let count = (bends.count + blockSize - 1) / blockSize
        let medians = (0..<count).map { block in
            Robust.median(bends[block * blockSize..<min(bends.count, (block + 1) * blockSize)])
        }
        return medians.indices.map { Robust.median(medians[max(0, $0 - around)..<min(count, $0 + around + 1)]) }
    }
}
