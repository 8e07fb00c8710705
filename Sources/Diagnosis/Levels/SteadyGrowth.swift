import Foundation

/// A rise that goes on in the second half of a series as it did in the first: what a leak does, and a curve that settles
/// does not.
package struct SteadyGrowth: Sendable, Equatable {
    /// The first record of the second half.
    package var index: Int
    /// The levels at the start, in the middle and at the end.
    package var levels: (first: Double, middle: Double, last: Double)
    /// The rise of the second half in standard deviations of a block's median.
    package var sigmas: Double

    private static let (blocks, leastBlocks) = (24, 8)
    /// Steps from block to block that go up, of those in the second half: by chance half of them do.
    private static let rising = 0.75

    package static func == (a: SteadyGrowth, b: SteadyGrowth) -> Bool {
        a.index == b.index && a.levels == b.levels && a.sigmas == b.sigmas
    }

    /// The growth of a series; nil where it does not rise to its end.
    package static func of(_ values: [Double], floor: Double) -> SteadyGrowth? {
        let blocking = Blocking.medians(of: values, atMost: blocks)
        let medians = blocking.medians
        guard medians.count >= leastBlocks else { return nil }
        let half = medians.count / 2
        let second = Array(medians[half...])
        let ups = zip(second, second.dropFirst()).count { $1 > $0 }
        guard Double(ups) >= rising * Double(second.count - 1) else { return nil }
        let (first, middle, last) = (medians[0], medians[half], medians[medians.count - 1])
        // What settles has done most of its growth before.
        guard last > middle, last - middle >= 0.5 * (middle - first) else { return nil }
        let moves = zip(second, second.dropFirst()).map { $1 - $0 }
        let sigma = max(Robust.deviation(moves) / 2.0.squareRoot(), floor)
        return SteadyGrowth(
            index: blocking.start(half),
            levels: (first, middle, last),
            sigmas: (last - middle) / (sigma * 2.0.squareRoot())
        )
    }
}
