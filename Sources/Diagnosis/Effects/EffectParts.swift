import Foundation
import Terms

/// The places of a test.
extension EffectTest {
    /// Records next to each other that cover known steps.
    var blocks: [Range<Int>] {
        var found: [Range<Int>] = []
        for index in shares.indices where shares[index] > 0 {
            if let last = found.last, last.upperBound == index {
                found[found.count - 1] = last.lowerBound..<index + 1
            } else {
                found.append(index..<index + 1)
            }
        }
        return Self.thinned(found, to: Self.mostPlaces)
    }

    static func thinned<Element>(_ items: [Element], to count: Int) -> [Element] {
        guard items.count > count else { return items }
        return (0..<count).map { items[$0 * items.count / count] }
    }

    /// Records after a block that its aftermath may have moved.
    func gap(after block: Range<Int>) -> Int { min(10, 2 + block.count) }

    /// What the records of a block are above the line through those around it; `nil` where too few are ordinary.
    /// - Parameters:
    ///   - block: the records.
    ///   - shares: the share of known steps of each of them.
    ///   - staysAfter: whether the level after the block may be another than before, so that only the slope is shared.
    func bump(_ block: Range<Int>, shares: [Double], staysAfter: Bool = false) -> Part? {
        var around = reference(before: block.lowerBound, after: block.upperBound - 1, gap: gap(after: block))
        if around.before.count + around.after.count < 2 * Self.leastReference {
            around = reference(before: block.lowerBound, after: block.upperBound - 1, gap: 0)
        }
        guard around.before.count + around.after.count >= 2 * Self.leastReference else { return nil }
        let isSplit = staysAfter && min(around.before.count, around.after.count) >= Self.leastReference
        let groups = isSplit ? [around.before, around.after] : [around.before + around.after]
        guard let line = LocalLine(groups, values: values, times: times) else { return nil }
        let mass = zip(block, shares).reduce(0.0) { $0 + $1.1 * $1.1 }
        guard mass > 0 else { return nil }
        var row = SparseRow()
        for (index, share) in zip(block, shares) {
            row.add(share / mass, at: index)
            line.add(-share / mass, at: times[index], to: &row)
        }
        return Part(records: block, row: row, deviation: max(line.deviation, least), mass: mass, line: line)
    }

    /// How much higher the level is after some records than before them; `nil` where either side is too short.
    /// - Parameters:
    ///   - records: what begins there, or what lies between.
    ///   - gap: records after them that are left out.
    ///   - limits: the records that no window may cross.
    func change(_ records: Range<Int>, gap: Int, limits: Range<Int>) -> Part? {
        let around = reference(before: records.lowerBound, after: records.upperBound - 1, gap: gap)
        let before = around.before.filter(limits.contains)
        let after = around.after.filter(limits.contains)
        guard min(before.count, after.count) >= Self.leastReference,
            let line = LocalLine([before, after], values: values, times: times)
        else { return nil }
        var row = SparseRow()
        line.addStep(1, to: &row)
        let mass = 1 / max(row.power, 1e-12)
        return Part(
            records: after[0]..<after[after.count - 1] + 1,
            row: row,
            deviation: max(line.deviation, least),
            mass: mass,
            line: line
        )
    }

    /// What the test makes of the places when they are moved by so many records, where nothing is known: effects in errors.
    /// - Parameters:
    ///   - blocks: the places.
    ///   - part: the test of one place, with the shares of the block that it stands for.
    func elsewhere(_ blocks: [Range<Int>], isFree: [Bool], part: (Range<Int>, [Double]) -> Part?) -> [Double] {
        guard let first = blocks.first, let last = blocks.last else { return [] }
        let longest = blocks.map(\.count).max() ?? 1
        let stride = max(1, longest / 3)
        let most = max(40, min(400, 16_000 / blocks.count))
        var found: [Double] = []
        var distance = stride
        while found.count < most, distance < values.count {
            for shift in [distance, -distance]
            where first.upperBound + shift > 0 && last.lowerBound + shift < values.count {
                var parts: [Part] = []
                for block in blocks {
                    let moved = block.lowerBound + shift..<block.upperBound + shift
                    guard moved.lowerBound >= 0, moved.upperBound <= values.count, moved.allSatisfy({ isFree[$0] })
                    else {
                        continue
                    }
                    if let part = part(moved, Array(shares[block])) { parts.append(part) }
                }
                // A set that is half outside the log is another set.
                guard 2 * parts.count >= blocks.count, let outcome = pooled(parts), outcome.error > 0 else { continue }
                found.append(outcome.effect / outcome.error)
            }
            distance += stride
        }
        return found
    }

    /// What errors must be multiplied with so that the test finds nothing where nothing is known.
    /// - Parameters:
    ///   - elsewhere: what the test makes of other places, in errors.
    ///   - places: how many places the test has.
    func inflation(_ elsewhere: [Double], places: Int) -> Double {
        // An error estimated from few independent records is itself uncertain: three errors of Student's t are
        // 1 + 2.5 / ν times those of a normal distribution with ν degrees of freedom.
        let dependence = noise.correlations.reduce(1) { $0 + 2 * $1 }
        let records = Double(min(values.count, 2 * noise.width * places))
        let student = 1 + 2.5 / max(2, records / dependence)
        // Too few other places to tell: what a tenth more noise costs.
        guard elsewhere.count >= 20 else { return 1.2 * student }
        let sizes = elsewhere.map(abs).sorted()
        let power = sizes.reduce(0) { $0 + min($1, 3) * min($1, 3) } / Double(sizes.count)
        let tail = Robust.quantile(sorted: sizes, 0.997)
        return student * max(1, power.squareRoot(), tail / StepEffect.certain)
    }
}
