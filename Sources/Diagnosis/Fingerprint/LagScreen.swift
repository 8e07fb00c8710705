import Foundation

/// Correlates each block of a curve's noise with all offsets of another's, or with all earlier offsets of its own, and
/// names those that are worth a closer look.
package struct LagScreen: Sendable {
    /// Lags below which a curve is not compared with itself: the running median ties nearer records together.
    package static let leastLag = LossFingerprint.window
    /// Offsets that are looked at in all: about a tenth of a second.
    private static let budget = 6e6
    /// The smallest block: three of them at a correlation of 0.97 stand out of a log of ten thousand records.
    package static let leastBlock = 32

    /// A block and where its noise may have been before.
    package struct Candidate: Sendable {
        /// The block's places in the later curve.
        package var block: Range<Int>
        /// The place of its first record in the earlier curve.
        package var source: Int
        /// Correlation times the square root of the block's length.
        package var score: Float
    }

    /// Records of a block.
    package let block: Int
    /// The score from which a block is a candidate.
    package let least: Float
    /// The candidates, best first.
    package let candidates: [Candidate]

    /// The size of the blocks that the budget allows.
    package static func block(_ later: Int, _ earlier: Int, isSame: Bool) -> Int {
        let offsets = Double(later) * Double(earlier) * (isSame ? 0.5 : 1)
        // Of more offsets a block must stand out: 64 records at a correlation of 0.5 make four deviations.
        var block = later > 4096 ? 2 * leastBlock : leastBlock
        while offsets / Double(block) > budget, block < later { block *= 2 }
        return block
    }

    /// Screens a curve.
    /// - Parameters:
    ///   - later: The curve whose blocks are looked up.
    ///   - earlier: The curve they are looked up in; `nil` for the curve itself.
    package init(_ later: [Float], in earlier: [Float]?) {
        let source = earlier ?? later
        let block = Self.block(later.count, source.count, isSame: earlier == nil)
        self.block = block
        let length = block <= 512 ? max(1024, 4 * block) : 2 * block
        let transform = FourierTransform(count: length)
        let advance = length - block + 1
        let tests = Double(later.count) / Double(block) * Double(source.count) * (earlier == nil ? 0.5 : 1)
        // As many chance candidates as can be looked into.
        let most = min(1000, max(40, 4e6 / Double(block)))
        let least = Float(max(3, Self.quantile(most / max(tests, 2 * most))))
        self.least = least
        let sections = stride(from: 0, to: source.count, by: advance).map { start in
            var numbers = FourierTransform.Numbers(source[start..<min(source.count, start + length)], count: length)
            transform.forward(&numbers)
            return numbers
        }
        var found: [Candidate] = []
        for start in stride(from: 0, to: later.count, by: 2 * block) {
            let end = min(later.count, start + block)
            let blocks = [start..<end, end..<min(later.count, end + block)].filter { !$0.isEmpty }
            let parts = blocks.map { later[$0] }
            var both = FourierTransform.Numbers(parts[0], parts.count > 1 ? parts[1] : [], count: length)
            transform.forward(&both)
            let norms = parts.map { part in max(1e-6, part.reduce(0) { $0 + $1 * $1 }).squareRoot() }
            for (number, section) in sections.enumerated() {
                let offset = number * advance
                if earlier == nil, offset + Self.leastLag > start + block { break }
                let product = Self.correlation(section, with: both, transform)
                for (index, range) in blocks.enumerated() {
                    let values = index == 0 ? product.real : product.imaginary
                    let limit = least * norms[index] * Float(length)
                    let end = min(advance, source.count - offset)
                    let last = earlier == nil ? min(end, range.lowerBound - Self.leastLag - offset + 1) : end
                    for place in 0..<max(0, last) where values[place] > limit {
                        let score = values[place] / (norms[index] * Float(length))
                        found.append(Candidate(block: range, source: offset + place, score: score))
                    }
                }
            }
        }
        candidates = Array(found.sorted { $0.score > $1.score }.prefix(2 * Int(most)))
    }

    /// The correlation of two real blocks, packed as one complex one, with each offset of a section: that of the first in
    /// the real part, of the second in the imaginary one.
    private static func correlation(
        _ section: FourierTransform.Numbers,
        with blocks: FourierTransform.Numbers,
        _ transform: FourierTransform
    ) -> FourierTransform.Numbers {
        var product = FourierTransform.Numbers(count: transform.count)
        for index in 0..<transform.count {
            let (a, b) = (section.real[index], section.imaginary[index])
            let (c, d) = (blocks.real[index], blocks.imaginary[index])
            // Swapped, so that the second block's correlation comes out with its sign.
            product.real[index] = a * c + b * d
            product.imaginary[index] = b * c - a * d
        }
        transform.backward(&product)
        for index in 0..<transform.count { product.imaginary[index] = -product.imaginary[index] }
        return product
    }

    /// The deviations that normal noise exceeds with a probability (Abramowitz and Stegun, 26.2.23; within 0.0005).
    package static func quantile(_ probability: Double) -> Double {
        guard probability < 0.5 else { return 0 }
        let t = (-2 * log(probability)).squareRoot()
        return t - (2.515517 + 0.802853 * t + 0.010328 * t * t)
            / (1 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t * t * t)
    }
}
