import Foundation

/// Short runs of records that each lie far off the level: too short for a mean, and certain by their number.
package enum Bursts {
    private static let bands = [2.5, 3, 4, 6, 8, 12, 18.0]
    /// Records of a burst at most; longer ones are blocks, which ``CurveScan`` finds.
    private static let most = 30

    /// The runs that chance does not explain, in order of records.
    ///
    /// A run of k records beyond a band is expected n · p · c^(k-1) times, with p the share of records beyond the band and c
    /// the share of those that another one follows: both from this very log, so that heavy tails and hard documents that
    /// span several batches count for what they are.
    /// - Complexity: O(n).
    package static func find(_ values: [Double], noise: RecordNoise) -> [Departure] {
        var found: [Departure] = []
        for sign in [1.0, -1.0] {
            // Before the first median of the level there is nothing to lie off.
            let distances = values.indices.map { $0 < noise.start ? 0 : sign * noise.distance($0, of: values[$0]) }
            // One in ten before anything is known: the noise of most logs hangs together less.
            var follow = 0.1
            for band in bands {
                let runs = runs(distances, beyond: band)
                let total = runs.reduce(0) { $0 + $1.beyond }
                let pairs = runs.reduce(0) { $0 + $1.beyond - 1 }
                // Seldom is a record of a high band followed by another more often than one of a lower band.
                for run in runs where run.beyond >= 3 && run.records.count <= most {
                    let others = Double(total - run.beyond)
                    let share = (others + 0.5) / Double(values.count)
                    let next = follows(Double(pairs - run.beyond + 1), of: others, below: follow)
                    var expected = Double(values.count) * share
                    // Records of a running average are worth fewer independent ones.
                    let worth = Double(run.beyond) * (1 - noise.correlation) / (1 + noise.correlation)
                    expected *= pow(max(next, share), max(0, worth - 1))
                    guard expected < CurveScan.leastChance else { continue }
                    let mean = run.records.reduce(0) { $0 + values[$1] - noise.level[$1] } / Double(run.records.count)
                    found.append(
                        Departure(
                            shape: sign > 0 ? .bump : .dip,
                            records: run.records,
                            size: mean,
                            sigmas: mean / noise.sigma[run.records.lowerBound],
                            chance: expected
                        )
                    )
                }
                let longest = runs.map(\.beyond).max() ?? 0
                let others = Double(total - longest)
                follow = follows(Double(pairs - max(0, longest - 1)), of: others, below: follow)
            }
        }
        return merged(found)
    }

    /// The share of records beyond a band that another one follows, with what the band below showed in the place of two
    /// records; what hangs together there hangs together at a third of it or more.
    private static func follows(_ pairs: Double, of records: Double, below: Double) -> Double {
        min(below, max(0.3 * below, (pairs + 2 * below) / (records + 2)))
    }

    /// Runs of records beyond a band, with at most one record of less between two of them.
    private static func runs(_ distances: [Double], beyond band: Double) -> [(records: Range<Int>, beyond: Int)] {
        var runs: [(records: Range<Int>, beyond: Int)] = []
        for (index, distance) in distances.enumerated() where distance > band {
            if let last = runs.last, index - last.records.upperBound <= 1 {
                runs[runs.count - 1] = (last.records.lowerBound..<index + 1, last.beyond + 1)
            } else {
                runs.append((index..<index + 1, 1))
            }
        }
        return runs
    }

    /// Of runs that overlap the longest; its chance is the least of them.
    private static func merged(_ departures: [Departure]) -> [Departure] {
        var result: [Departure] = []
        for departure in departures.sorted(by: { $0.records.lowerBound < $1.records.lowerBound }) {
            guard let last = result.last, last.records.overlaps(departure.records) else {
                result.append(departure)
                continue
            }
            var longer = departure.records.count > last.records.count ? departure : last
            longer.chance = min(departure.chance, last.chance)
            result[result.count - 1] = longer
        }
        return result
    }
}
