/// The 32-bit Mersenne Twister MT19937 with its standard initialisation: the generator of llm.c's `rand.h`, of PyTorch's
/// CPU generator and of NumPy's legacy `RandomState`.
///
/// Source: Matsumoto and Nishimura, "Mersenne Twister", ACM TOMACS 8 (1998).
struct MersenneTwister: Sendable {
    private var state: [UInt32]
    private var index = 624

    init(seed: UInt32) {
        var state = [UInt32](repeating: 0, count: 624)
        state[0] = seed
        for i in 1..<624 {
            state[i] = 1_812_433_253 &* (state[i - 1] ^ (state[i - 1] >> 30)) &+ UInt32(i)
        }
        self.state = state
    }

    /// `init_by_array`, which NumPy uses for `RandomState([a, b, …])`.
    init(key: [UInt32]) {
        self.init(seed: 19_650_218)
        let key = key.isEmpty ? [0] : key
        var i = 1
        var j = 0
        for _ in 0..<max(624, key.count) {
            state[i] = (state[i] ^ ((state[i - 1] ^ (state[i - 1] >> 30)) &* 1_664_525)) &+ key[j] &+ UInt32(j)
            i += 1
            j += 1
            if i >= 624 {
                state[0] = state[623]
                i = 1
            }
            if j >= key.count { j = 0 }
        }
        for _ in 0..<623 {
            state[i] = (state[i] ^ ((state[i - 1] ^ (state[i - 1] >> 30)) &* 1_566_083_941)) &- UInt32(i)
            i += 1
            if i >= 624 {
                state[0] = state[623]
                i = 1
            }
        }
        state[0] = 0x8000_0000
    }

    /// A state that a program saved: its 624 words and the position of the next draw.
    /// - Returns: `nil` when the state is not one of a Mersenne Twister.
    init?(words: [UInt32], index: Int) {
        guard words.count == 624, (0...624).contains(index) else { return nil }
        state = words
        self.index = index
    }

    mutating func next() -> UInt32 {
        if index == 624 { refill() }
        var y = state[index]
        index += 1
        y ^= y >> 11
        y ^= (y << 7) & 0x9d2c_5680
        y ^= (y << 15) & 0xefc6_0000
        return y ^ (y >> 18)
    }

    /// Throws draws away.
    mutating func skip(_ count: Int) {
        var rest = count
        while rest > 0 {
            if index == 624 { refill() }
            let step = min(rest, 624 - index)
            index += step
            rest -= step
        }
    }

    /// Fisher–Yates as llm.c does it: from the end, one draw a swap.
    mutating func shuffle(_ values: inout [Int32]) {
        guard values.count > 1 else { return }
        for i in stride(from: values.count - 1, to: 0, by: -1) {
            values.swapAt(i, Int(next() % UInt32(i + 1)))
        }
    }

    /// Fisher–Yates as NumPy's `RandomState.shuffle` does it: draws are masked and rejected until they fit.
    mutating func shuffleLikeNumPy<Element>(_ values: inout [Element]) {
        guard values.count > 1 else { return }
        for i in stride(from: values.count - 1, to: 0, by: -1) {
            values.swapAt(i, Int(interval(UInt64(i))))
        }
    }

    /// `RandomState.permutation(count)`.
    mutating func permutation(_ count: Int) -> [Int] {
        var values = Array(0..<count)
        shuffleLikeNumPy(&values)
        return values
    }

    /// A whole number from 0 through `maximum`, by masked rejection; two draws a try beyond 32 bits.
    private mutating func interval(_ maximum: UInt64) -> UInt64 {
        guard maximum > 0 else { return 0 }
        let mask = UInt64.max >> UInt64(maximum.leadingZeroBitCount)
        while true {
            let draw: UInt64 =
                maximum <= UInt64(UInt32.max)
                ? UInt64(next()) & mask
                : (UInt64(next()) << 32 | UInt64(next())) & mask
            if draw <= maximum { return draw }
        }
    }

    private mutating func refill() {
        state.withUnsafeMutableBufferPointer { state in
            for i in 0..<624 {
                let y = (state[i] & 0x8000_0000) | (state[i == 623 ? 0 : i + 1] & 0x7fff_ffff)
                let far = i < 227 ? i + 397 : i - 227
                state[i] = state[far] ^ (y >> 1) ^ (y & 1 == 0 ? 0 : 0x9908_b0df)
            }
        }
        index = 0
    }
}
