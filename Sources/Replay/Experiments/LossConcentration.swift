/// Which rows and token positions of a batch carry the loss that healthy batches do not have.
public struct LossConcentration: Sendable, Equatable {
    /// A row's part.
    public struct Part: Sendable, Equatable {
        /// Index into the rows of the batch.
        public var row: Int
        /// Its share of all the excess, 0 to 1.
        public var share: Double
        /// The positions that carry the row's excess: the run of them with the largest sum.
        public var positions: Range<Int>
        /// Mean loss within those positions, nats.
        public var loss: Double
    }

    /// The fewest rows that carry 80 % of the excess, the largest first.
    public var parts: [Part]
    /// The loss that was taken as healthy, nats per token.
    public var expected: Double

    /// Finds the rows and positions.
    /// - Parameters:
    ///   - tokenLosses: of every row, nats.
    ///   - expected: the mean loss of healthy batches under the same weights.
    public init(tokenLosses: [[Float]], expected: Double) {
        self.expected = expected
        let excess = tokenLosses.map { row in row.reduce(0.0) { $0 + Self.excess($1, expected) } }
        let total = excess.reduce(0.0) { $0 + max($1, 0) }
        parts = []
        guard total > 0 else { return }
        var carried = 0.0
        for row in excess.indices.sorted(by: { (-excess[$0], $0) < (-excess[$1], $1) }) where excess[row] > 0 {
            guard carried < 0.8 * total else { break }
            carried += excess[row]
            let positions = Self.heaviest(tokenLosses[row], expected)
            let sum = tokenLosses[row][positions].reduce(0.0) { $0 + Double($1) }
            let part = Part(
                row: row,
                share: excess[row] / total,
                positions: positions,
                loss: sum / Double(max(positions.count, 1))
            )
            parts.append(part)
        }
    }

    /// A loss that is not finite outweighs any other.
    private static func excess(_ loss: Float, _ expected: Double) -> Double {
        loss.isFinite ? Double(loss) - expected : 1e6
    }

    /// The run of positions with the largest sum of excess (Kadane).
    private static func heaviest(_ losses: [Float], _ expected: Double) -> Range<Int> {
        var (best, sum, start) = (-Double.infinity, 0.0, 0)
        var range = 0..<0
        for (position, loss) in losses.enumerated() {
            if sum <= 0 { (sum, start) = (0, position) }
            sum += excess(loss, expected)
            if sum > best { (best, range) = (sum, start..<position + 1) }
        }
        return range
    }
}
