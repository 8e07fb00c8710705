/// NumPy's default generator: PCG64 (XSL-RR 128/64) seeded through `SeedSequence`, with the bounded draws of
/// `numpy.random.Generator`.
///
/// Sources: O'Neill, "PCG: A Family of Simple Fast Space-Efficient Statistically Good Algorithms for Random Number
/// Generation" (2014); NumPy NEP 19 on the seeding; Lemire, "Fast Random Integer Generation in an Interval" (2019).
struct PCG64: Sendable {
    private var state: UInt128
    private let increment: UInt128
    /// The upper half of the last 64-bit draw, kept for the next 32-bit draw as NumPy keeps it.
    private var spare: UInt32?

    private static let multiplier: UInt128 = 0x2360_ED05_1FC6_5DA4_4385_DF64_9FCC_F645

    /// `numpy.random.default_rng(seed)`, and `Generator(PCG64(seed))`.
    init(seed: UInt64) {
        let words = SeedSequence(entropy: seed).words64(4)
        let initial = UInt128(words[0]) << 64 | UInt128(words[1])
        let sequence = UInt128(words[2]) << 64 | UInt128(words[3])
        increment = sequence << 1 | 1
        state = 0
        advance()
        state = state &+ initial
        advance()
    }

    private mutating func advance() {
        state = state &* Self.multiplier &+ increment
    }

    mutating func next() -> UInt64 {
        advance()
        let mixed = UInt64(truncatingIfNeeded: state >> 64) ^ UInt64(truncatingIfNeeded: state)
        let rotation = UInt64(truncatingIfNeeded: state >> 122)
        return rotation == 0 ? mixed : mixed >> rotation | mixed << (64 - rotation)
    }

    mutating func next32() -> UInt32 {
        if let spare {
            self.spare = nil
            return spare
        }
        let draw = next()
        spare = UInt32(truncatingIfNeeded: draw >> 32)
        return UInt32(truncatingIfNeeded: draw)
    }

    /// A whole number from 0 through `maximum`, by Lemire's multiplication.
    mutating func bounded(_ maximum: UInt64) -> UInt64 {
        guard maximum > 0 else { return 0 }
        if maximum == UInt64(UInt32.max) { return UInt64(next32()) }
        if maximum < UInt64(UInt32.max) {
            let range = UInt32(maximum) + 1
            var product = UInt64(next32()) * UInt64(range)
            if UInt32(truncatingIfNeeded: product) < range {
                let threshold = (UInt32.max - UInt32(maximum)) % range
                while UInt32(truncatingIfNeeded: product) < threshold {
                    product = UInt64(next32()) * UInt64(range)
                }
            }
            return product >> 32
        }
        if maximum == .max { return next() }
        let range = maximum + 1
        var product = next().multipliedFullWidth(by: range)
        if product.low < range {
            let threshold = (UInt64.max - maximum) % range
            while product.low < threshold { product = next().multipliedFullWidth(by: range) }
        }
        return product.high
    }

    /// `Generator.integers(low, high)`: a whole number in a half-open range.
    mutating func integer(in range: Range<Int>) -> Int {
        range.lowerBound + Int(bounded(UInt64(range.count - 1)))
    }

    /// `Generator.random()`: a number in [0, 1) with 53 bits.
    mutating func double() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// A whole number from 0 through `maximum`, by masked rejection: what shuffles draw.
    private mutating func interval(_ maximum: UInt64) -> UInt64 {
        let mask = UInt64.max >> UInt64(maximum.leadingZeroBitCount)
        while true {
            let draw = (maximum <= UInt64(UInt32.max) ? UInt64(next32()) : next()) & mask
            if draw <= maximum { return draw }
        }
    }

    /// `Generator.shuffle`, and `Generator.permutation` on a count: Fisher–Yates from the end.
    mutating func shuffle<Values: MutableCollection & RandomAccessCollection>(_ values: inout Values)
    where Values.Index == Int {
        guard values.count > 1 else { return }
        let first = values.startIndex
        for i in stride(from: values.count - 1, to: 0, by: -1) {
            values.swapAt(first + i, first + Int(interval(UInt64(i))))
        }
    }

    /// `Generator.choice(population, count, replace=False)`: different numbers below `population`, in the drawn order.
    ///
    /// Few of many are drawn by Floyd's method and then shuffled; many of many are the tail of a partial shuffle.
    /// Source: Bentley and Floyd, "A sample of brilliance" (1987); NumPy's documentation of `Generator.choice`.
    mutating func choice(of population: Int, count: Int) -> [Int] {
        guard count > 0, count <= population else { return [] }
        if population > 10_000, count > population / 50 {
            var all = Array(0..<population)
            drawSwaps(&all, down: max(population - count, 1))
            return Array(all[(population - count)...])
        }
        var seen = Set<Int>()
        var result: [Int] = []
        for last in population - count..<population {
            let drawn = Int(bounded(UInt64(last)))
            let chosen = seen.insert(drawn).inserted ? drawn : last
            if chosen == last { seen.insert(last) }
            result.append(chosen)
        }
        drawSwaps(&result, down: 1)
        return result
    }

    /// Fisher–Yates from the end down to a place, with Lemire's draws.
    private mutating func drawSwaps(_ values: inout [Int], down first: Int) {
        for i in stride(from: values.count - 1, through: first, by: -1) {
            values.swapAt(i, Int(bounded(UInt64(i))))
        }
    }
}
