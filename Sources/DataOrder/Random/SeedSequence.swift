/// NumPy's `SeedSequence`: spreads a seed over the words that start a generator.
///
/// Source: NumPy's documentation of `SeedSequence`; the mixing follows O'Neill's `seed_seq` alternative (2015).
struct SeedSequence {
    private var pool: [UInt32]

    private static let multiplierA: UInt32 = 0x931e_8875
    private static let multiplierB: UInt32 = 0x58f3_8ded

    init(entropy: UInt64) {
        var words = [UInt32(truncatingIfNeeded: entropy)]
        if entropy >> 32 > 0 { words.append(UInt32(truncatingIfNeeded: entropy >> 32)) }
        var hash: UInt32 = 0x43b0_d7e5
        func hashed(_ value: UInt32) -> UInt32 {
            var value = value ^ hash
            hash = hash &* Self.multiplierA
            value = value &* hash
            return value ^ (value >> 16)
        }
        func mixed(_ x: UInt32, _ y: UInt32) -> UInt32 {
            let result = (0xca01_f9dd &* x) &- (0x4973_f715 &* y)
            return result ^ (result >> 16)
        }
        var pool = (0..<4).map { hashed($0 < words.count ? words[$0] : 0) }
        for source in 0..<4 {
            for target in 0..<4 where source != target {
                pool[target] = mixed(pool[target], hashed(pool[source]))
            }
        }
        self.pool = pool
    }

    /// `generate_state(count, uint64)`.
    func words64(_ count: Int) -> [UInt64] {
        var hash: UInt32 = 0x8b51_f9dd
        let words = (0..<count * 2).map { index -> UInt32 in
            var value = pool[index % 4] ^ hash
            hash = hash &* Self.multiplierB
            value = value &* hash
            return value ^ (value >> 16)
        }
        return (0..<count).map { UInt64(words[2 * $0]) | UInt64(words[2 * $0 + 1]) << 32 }
    }
}
