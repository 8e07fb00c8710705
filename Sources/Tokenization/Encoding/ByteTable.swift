/// Byte strings and their token ids: open addressing over one block of bytes.
struct ByteTable: Sendable {
    private var slots: [Int32]
    private let mask: Int
    /// Where each token's bytes lie, by token id; empty for ids without bytes.
    private let starts: [Int32]
    private let ends: [Int32]
    private let bytes: [UInt8]

    /// Lays out the tokens.
    /// - Parameter tokens: Byte strings by id; of a repeated one the last id holds.
    init(_ tokens: [[UInt8]]) {
        var bytes: [UInt8] = []
        var starts: [Int32] = []
        var ends: [Int32] = []
        for token in tokens {
            starts.append(Int32(truncatingIfNeeded: bytes.count))
            bytes += token
            ends.append(Int32(truncatingIfNeeded: bytes.count))
        }
        var capacity = 16
        while capacity < tokens.count * 4 { capacity *= 2 }
        let mask = capacity - 1
        var slots = [Int32](repeating: -1, count: capacity)
        bytes.withUnsafeBufferPointer { all in
            for id in tokens.indices where !tokens[id].isEmpty {
                let key = UnsafeBufferPointer(rebasing: all[Int(starts[id])..<Int(ends[id])])
                var slot = Int(truncatingIfNeeded: Self.hash(key)) & mask
                while slots[slot] >= 0, tokens[Int(slots[slot])] != tokens[id] { slot = (slot + 1) & mask }
                slots[slot] = Int32(truncatingIfNeeded: id)
            }
        }
        self.slots = slots
        self.mask = mask
        self.starts = starts
        self.ends = ends
        self.bytes = bytes
    }

    /// One more than the highest id.
    var count: Int { starts.count }

    /// The bytes of a token.
    func bytes(of id: Int) -> ArraySlice<UInt8> {
        starts.indices.contains(id) ? bytes[Int(starts[id])..<Int(ends[id])] : []
    }

    /// The id of a byte string; −1 when it is no token.
    @inline(__always)
    func id(of key: UnsafeBufferPointer<UInt8>) -> Int32 {
        var slot = Int(truncatingIfNeeded: Self.hash(key)) & mask
        while true {
            let id = slots[slot]
            if id < 0 { return -1 }
            let start = Int(starts[Int(id)])
            if Int(ends[Int(id)]) - start == key.count, equals(start, key) { return id }
            slot = (slot + 1) & mask
        }
    }

    @inline(__always)
    private func equals(_ start: Int, _ key: UnsafeBufferPointer<UInt8>) -> Bool {
        bytes.withUnsafeBufferPointer { all in
            for index in 0..<key.count where all[start + index] != key[index] { return false }
            return true
        }
    }

    /// FNV-1a, finished by a multiplication that spreads it to the lower bits.
    @inline(__always)
    private static func hash(_ key: UnsafeBufferPointer<UInt8>) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in key { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        return (hash ^ (hash >> 29)) &* 0x9e37_79b9_7f4a_7c15 >> 17
    }
}
