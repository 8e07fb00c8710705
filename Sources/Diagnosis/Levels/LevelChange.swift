import Foundation

/// A change of level that lasts to the end of a series: nearly all that follows lies above nearly all before.
///
/// The series is cut into blocks, whose medians single records cannot move. The change is measured against the moves of the
/// same width elsewhere in the series: a machine that others share is slow for a while now and then, and that is its noise.
package struct LevelChange: Sendable, Equatable {
    /// The first record of the new level.
    package var index: Int
    /// The new level less the old one.
    package var height: Double
    /// The height in standard deviations of such moves.
    package var sigmas: Double

    /// Fewer records show no level.
    static let leastRecords = 60
    private static let mostBlocks = 64
    /// Blocks on either side of a move, and those that a change must last.
    private static let (before, after) = (8, 4)
    /// Blocks at most that make up the level before.
    private static let memory = 16

    /// The largest rise that lasts to the end; nil where the series has no such rise.
    /// - Parameters:
    ///   - values: Finite values in order.
    ///   - floor: The least noise: what the digits of a log leave.
    package static func lastingRise(of values: [Double], floor: Double) -> LevelChange? {
        guard values.count >= leastRecords else { return nil }
        let blocks = Blocking.medians(of: values, atMost: mostBlocks)
        let count = blocks.medians.count
        let medians = blocks.medians
        guard count > after + before else { return nil }
        // Medians alone would fit many splits: the clearest one parts nearly all before from nearly all behind.
        var best: (split: Int, gap: Double, height: Double)?
        for split in 3..<count - after + 1 {
            let old = medians[max(0, split - memory)..<split].sorted()
            let new = medians[split...].sorted()
            let gap = Robust.quantile(sorted: new, 0.1) - Robust.quantile(sorted: old, 0.9)
            if gap > best?.gap ?? 0 {
                best = (split, gap, Robust.median(sorted: new) - Robust.median(sorted: old))
            }
        }
        guard let best else { return nil }
        let moves = (3..<count - after + 1).filter { abs($0 - best.split) > before }.map { place in
            Robust.median(medians[place..<place + after]) - Robust.median(medians[max(0, place - before)..<place])
        }
        let own = Robust.noise(medians)
        let usual = moves.count > 8 ? Robust.deviation(moves) : own
        let sigma = max(own, usual, floor)
        let index = place(of: best.split, height: best.height, in: values, blocks: blocks)
        return LevelChange(index: index, height: best.height, sigmas: best.height / sigma)
    }

    /// The record within a block of a split that parts the two levels best.
    private static func place(of split: Int, height: Double, in values: [Double], blocks: Blocking) -> Int {
        let old = Robust.median(blocks.medians[max(0, split - before)..<split])
        let new = old + height
        let first = blocks.start(max(0, split - 2))
        var best = (index: blocks.start(split), cost: Double.infinity)
        var cost = 0.0
        for index in first..<blocks.start(min(split + 2, blocks.medians.count)) {
            if cost < best.cost { best = (index, cost) }
            cost += min(abs(values[index] - old), height) - min(abs(values[index] - new), height)
        }
        return best.index
    }
}

/// A series in blocks of equal length, and their medians.
package struct Blocking: Sendable {
    /// The medians.
    package let medians: [Double]
    private let count: Int

    /// The medians of at most so many blocks of five records and more.
    package static func medians(of values: [Double], atMost most: Int) -> Blocking {
        let blocks = max(1, min(most, values.count / 5))
        func start(_ block: Int) -> Int { block * values.count / blocks }
        return Blocking(
            medians: (0..<blocks).map { Robust.median(values[start($0)..<start($0 + 1)]) },
            count: values.count
        )
    }

    /// The first record of a block.
    package func start(_ block: Int) -> Int { block * count / medians.count }
}
