import Terms

/// Splits the training records of a log into contiguous runs of steps.
package enum Segmentation {
    /// Records on either side within which others that go back show that several ranks print.
    private static let neighbourhood = 48
    /// Such others, at least, and their share of the records.
    private static let leastNeighbours = 3
    private static let leastShare = 0.06
    /// Records that are looked at to see how far back one goes.
    private static let farthest = 256

    /// A step that is printed again, or that goes back, begins a new segment: the run was resumed or started anew.
    ///
    /// Ranks that all write into one log also repeat steps, a few records back and all along; such repeats are not
    /// segments.
    /// - Parameter hasMicroBatches: a step may be printed several times in a row, once for each of its micro-batches.
    package static func segments(of steps: [Int], hasMicroBatches: Bool = false) -> [Segment] {
        guard !steps.isEmpty else { return [] }
        var result: [Segment] = []
        var start = 0
        for end in boundaries(of: steps, hasMicroBatches: hasMicroBatches) + [steps.count] {
            let part = steps[start..<end]
            if let low = part.min(), let high = part.max() {
                result.append(Segment(steps: low...high, records: start..<end))
            }
            start = end
        }
        return result
    }

    /// The records with which a process takes over.
    static func boundaries(of steps: [Int], hasMicroBatches: Bool = false) -> [Int] {
        let backs = steps.indices.dropFirst().filter { index in
            steps[index] < steps[index - 1] || steps[index] == steps[index - 1] && !hasMicroBatches
        }
        guard backs.count > leastNeighbours, let lowest = steps.min() else { return backs }
        // Ranks fall back by a few steps. Processes that start over and over go back to the beginning.
        let near = backs.filter { index in
            steps[index].subtractingStep(lowest) > steps[index - 1].subtractingStep(lowest) / 2
        }
        guard near.count >= leastNeighbours else { return backs }
        let stride = max(1, near.count / 1000)
        let usual = Swift.stride(from: 0, to: near.count, by: stride).map { reach(of: near[$0], in: steps, from: 0) }
        let longest = 4 * usual.sorted()[usual.count / 2] + 8
        var result: [Int] = []
        var (low, high) = (0, 0)
        for index in backs {
            while low < near.count, near[low] < index - neighbourhood { low += 1 }
            while high < near.count, near[high] <= index + neighbourhood { high += 1 }
            let records = min(steps.count, index + neighbourhood) - max(0, index - neighbourhood)
            let isAmongRanks = high - low > leastNeighbours && Double(high - low) >= leastShare * Double(records)
            if !isAmongRanks || reach(of: index, in: steps, from: result.last ?? 0) > longest { result.append(index) }
        }
        return result
    }

    /// How many records lie between a record that goes back and where it would stand in order; at most ``farthest``.
    private static func reach(of index: Int, in steps: [Int], from start: Int) -> Int {
        var farthestBack = index
        var position = index - 1
        // Ranks are out of step by some records: behind a longer stretch in order no rank lags.
        while position >= max(start, index - farthest), farthestBack - position <= 32 {
            if steps[position] >= steps[index] { farthestBack = position }
            position -= 1
        }
        return index - farthestBack
    }
}
