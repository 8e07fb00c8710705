/// Splits the training records of a log into contiguous runs of steps.
package enum Segmentation {
    /// How far back records of several ranks that write into one file may fall behind each other.
    static let longestInterleaving = 8

    /// A step that is printed again, or that goes back, begins a new segment: the run was resumed or started anew.
    ///
    /// Ranks that all write into one log also repeat steps, a few records back and all along; such repeats are not
    /// segments.
    /// - Parameter hasMicroBatches: a step may be printed several times in a row, once for each of its micro-batches.
    package static func segments(of steps: [Int], hasMicroBatches: Bool = false) -> [Segment] {
        guard !steps.isEmpty else { return [] }
        var backs: [Int] = []
        for index in steps.indices.dropFirst() where steps[index] <= steps[index - 1] {
            if hasMicroBatches, steps[index] == steps[index - 1] { continue }
            backs.append(index)
        }
        var boundaries = backs
        if backs.count >= 4, backs.count * 10 > steps.count {
            boundaries = backs.filter { !isInterleaving(at: $0, in: steps) }
        }
        var result: [Segment] = []
        var start = 0
        for end in boundaries + [steps.count] {
            let part = steps[start..<end]
            if let low = part.min(), let high = part.max() {
                result.append(Segment(steps: low...high, records: start..<end))
            }
            start = end
        }
        return result
    }

    /// Whether a step back stays among the steps of the records just before it; where there are few, whether the next
    /// record goes on from before it.
    private static func isInterleaving(at index: Int, in steps: [Int]) -> Bool {
        if index < longestInterleaving, index + 1 < steps.count, steps[index + 1] > steps[index - 1] { return true }
        let recent = steps[max(0, index - longestInterleaving)..<index]
        return recent.min().map { steps[index] >= $0 } ?? false
    }
}
