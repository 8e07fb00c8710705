import Foundation

/// A stretch of places with the likelihood ratio for it.
struct ScoredStretch {
    var places: Range<Int>
    var lag: Int
    var score: Double

    /// The best stretch through a candidate's block: the best part of the block, then as far to both sides as the
    /// likelihood grows.
    init?(_ candidate: LagScreen.Candidate, _ later: [Float], _ earlier: [Float], isSame: Bool) {
        let lag = candidate.block.lowerBound - candidate.source
        let bounds = max(0, lag)..<min(later.count, earlier.count.addingReportingOverflow(lag).partialValue)
        let ratio = LikelihoodRatio(RepeatedData.assumed)
        let block = ratio.best(in: candidate.block.clamped(to: bounds), later, earlier, lag)
        guard block.sum > 2 else { return nil }
        let right = ratio.extent(block.places.upperBound..<bounds.upperBound, later, earlier, lag)
        let left = ratio.extent((bounds.lowerBound..<block.places.lowerBound).reversed(), later, earlier, lag)
        self.lag = lag
        score = block.sum + left.sum + right.sum
        places = (left.last ?? block.places.lowerBound)..<(right.last.map { $0 + 1 } ?? block.places.upperBound)
        // The correlation that it has in its middle tells more sharply where it begins and ends.
        let middle = places.count / 4
        let core = correlation(places.dropFirst(middle).dropLast(middle), later, earlier).coefficient
        if core > RepeatedData.assumed {
            places = LikelihoodRatio(min(core, 0.8)).best(in: places, later, earlier, lag).places
        }
    }

    /// Whether enough parts of the stretch agree, each for itself.
    func hasBlocks(_ later: [Float], _ earlier: [Float]) -> Bool {
        let all = correlation(places, later, earlier)
        let parts = blocks
        guard all.records >= RepeatedData.leastBlocks * RepeatedData.leastBlockRecords,
            all.coefficient >= RepeatedData.leastCorrelation
        else { return false }
        let agreeing = parts.count { correlation($0, later, earlier).coefficient > all.coefficient / 2 }
        return agreeing >= RepeatedData.leastBlocks && agreeing * 4 >= parts.count * 3
    }

    /// Whether the correlation belongs to this lag: see ``RepeatedData/mostSpill`` and ``RepeatedData/mostElsewhere``.
    func isSpecific(_ later: [Float], _ earlier: [Float]) -> Bool {
        // As many records from the middle as tell the lags apart.
        let spare = max(0, places.count - 4096) / 2
        let middle = places.dropFirst(spare).dropLast(spare)
        let own = correlation(middle, later, earlier).coefficient
        // What comes again and again after few records is a cycle of the same batches, or sources in a fixed pattern.
        let isCycle = abs(lag) < RepeatedData.longestPattern && places.count >= 2 * abs(lag)
        guard own >= RepeatedData.leastOfCycle || !isCycle || lag == 0 else { return false }
        func other(_ shift: Int) -> Double {
            let bounds = max(0, lag + shift)..<max(0, lag + shift, min(later.count, earlier.count + lag + shift))
            return correlation(middle.clamped(to: bounds), later, earlier, lag: lag + shift).coefficient
        }
        let spill = [-3, -2, -1, 1, 2, 3].reduce(0) { $0 + max(0, other($1)) }
        guard spill <= RepeatedData.mostSpill * own else { return false }
        return (2...RepeatedData.reach).allSatisfy { distance in
            distance.isMultiple(of: max(1, abs(lag)))
                || max(abs(other(distance)), abs(other(-distance))) <= RepeatedData.mostElsewhere * own
        }
    }

    /// The stretch in equal parts of at least ``RepeatedData/leastBlockRecords`` places.
    var blocks: [Range<Int>] {
        let count = max(RepeatedData.leastBlocks, places.count / 64)
        return (0..<count).map { number in
            places.lowerBound + places.count * number / count..<places.lowerBound + places.count * (number + 1) / count
        }
    }

    /// The correlation of a range of places, at the stretch's own lag or another one.
    func correlation(
        _ range: Range<Int>,
        _ later: [Float],
        _ earlier: [Float],
        lag: Int? = nil
    ) -> (coefficient: Double, records: Int) {
        let lag = lag ?? self.lag
        var (product, mine, theirs, records) = (0.0, 0.0, 0.0, 0)
        for place in range {
            let (x, y) = (Double(later[place]), Double(earlier[place - lag]))
            guard x != 0, y != 0 else { continue }
            product += x * y
            mine += x * x
            theirs += y * y
            records += 1
        }
        let power = (mine * theirs).squareRoot()
        return (power > 0 ? product / power : 0, records)
    }

    func stretch(_ later: NoiseGrid, _ earlier: NoiseGrid, _ pairs: Double) -> RepeatedStretch {
        let all = correlation(places, later.noise, earlier.noise)
        let agreeing = blocks.count { correlation($0, later.noise, earlier.noise).coefficient > all.coefficient / 2 }
        return RepeatedStretch(
            steps: later.step(places.lowerBound)...later.step(places.upperBound - 1),
            source: earlier.step(places.lowerBound - lag)...earlier.step(places.upperBound - 1 - lag),
            correlation: all.coefficient,
            records: all.records,
            blocks: agreeing,
            chance: exp(min(0, pairs - score))
        )
    }
}
