/// Byte-pair encoding of one piece: adjacent parts are merged, the pair of the lowest rank first, the leftmost on ties.
struct BytePairEncoder: Sendable {
    /// Which pairs merge.
    enum Merges: Sendable {
        /// Any whose bytes together are a token, in the order of the token ids: tiktoken.
        case tokens
        /// Those that are listed, in the order of the list: Hugging Face tokenizers. Keyed by both ids.
        case listed([UInt64: (rank: Int32, id: Int32)])
    }

    let table: ByteTable
    let merges: Merges
    /// The token of each single byte.
    private let singles: [Int32]
    /// Of listed merges: which tokens their own bytes merge to, so that a piece that is such a token is done at once.
    private var isWhole: [Bool] = []

    /// - Returns: `nil` when a single byte is no token.
    init?(table: ByteTable, merges: Merges) {
        var singles: [Int32] = []
        for byte in UInt8.min...UInt8.max {
            let id = withUnsafePointer(to: byte) { table.id(of: UnsafeBufferPointer(start: $0, count: 1)) }
            // A vocabulary trained on little text may lack bytes that never occur.
            singles.append(id)
        }
        guard singles.contains(where: { $0 >= 0 }) else { return nil }
        self.table = table
        self.merges = merges
        self.singles = singles
        guard case .listed = merges else { return }
        var isWhole = [Bool](repeating: false, count: table.count)
        for id in isWhole.indices {
            var tokens: [Int32] = []
            table.bytes(of: id).withUnsafeBufferPointer { encode($0, into: &tokens) }
            isWhole[id] = tokens == [Int32(truncatingIfNeeded: id)]
        }
        self.isWhole = isWhole
    }

    /// Encodes a piece that is no token as a whole. Bytes without a token are left out, as the Hugging Face encoder does.
    func encode(_ piece: UnsafeBufferPointer<UInt8>, into result: inout [Int32]) {
        switch merges {
        case .tokens:
            merge(piece, &result) { _, _, range in
                let id = table.id(of: UnsafeBufferPointer(rebasing: piece[range]))
                return (id, id)
            }
        case .listed(let pairs):
            merge(piece, &result) { left, right, _ in
                guard left >= 0, right >= 0 else { return (-1, -1) }
                return pairs[Self.key(left, right)].map { ($0.rank, $0.id) } ?? (-1, -1)
            }
        }
    }

    /// Whether a piece that is a token is encoded as it: always for tiktoken, but Hugging Face must be able to merge to it.
    @inline(__always)
    func takesWhole(_ id: Int32) -> Bool { isWhole.isEmpty || isWhole[Int(id)] }

    static func key(_ left: Int32, _ right: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
    }

    /// Merges until no pair merges. `pair` gives rank and id of two parts side by side, −1 where they do not merge.
    @inline(__always)
    private func merge(
        _ piece: UnsafeBufferPointer<UInt8>,
        _ result: inout [Int32],
        pair: (Int32, Int32, Range<Int>) -> (rank: Int32, id: Int32)
    ) {
        if piece.count > 256 { return mergeLong(piece, &result, pair: pair) }
        // Parts lie in fixed arrays; a part is taken out by moving those behind it, which is fast for short pieces.
        withUnsafeTemporaryAllocation(of: Part.self, capacity: piece.count + 1) { parts in
            var count = piece.count
            for index in 0..<count {
                parts[index] = Part(start: Int32(index), token: singles[Int(piece[index])], rank: .max, merged: -1)
            }
            parts[count] = Part(start: Int32(count), token: -1, rank: .max, merged: -1)
            func rate(_ index: Int) {
                guard index + 1 < count else {
                    parts[index].rank = .max
                    return
                }
                let range = Int(parts[index].start)..<Int(parts[index + 2].start)
                let (rank, id) = pair(parts[index].token, parts[index + 1].token, range)
                parts[index].rank = rank < 0 ? .max : rank
                parts[index].merged = id
            }
            for index in 0..<count { rate(index) }
            while count > 1 {
                var best = 0
                for index in 1..<count - 1 where parts[index].rank < parts[best].rank { best = index }
                guard parts[best].rank < .max else { break }
                parts[best].token = parts[best].merged
                for index in best + 1..<count { parts[index] = parts[index + 1] }
                count -= 1
                rate(best)
                if best > 0 { rate(best - 1) }
            }
            for index in 0..<count where parts[index].token >= 0 { result.append(parts[index].token) }
        }
    }

    private struct Part {
        var start: Int32
        var token: Int32
        var rank: Int32
        var merged: Int32
    }

    /// A candidate of the queue; stale once one of its parts was merged.
    private struct Candidate {
        var rank: Int32
        var left: Int32
        var end: Int32
        var id: Int32

        /// One number that orders candidates by rank, then by place.
        var order: UInt64 { UInt64(UInt32(bitPattern: rank)) << 32 | UInt64(UInt32(bitPattern: left)) }
    }

    /// For long pieces: a linked list of parts and a heap of pairs, so that a megabyte of one letter takes n log n and not n².
    private func mergeLong(
        _ piece: UnsafeBufferPointer<UInt8>,
        _ result: inout [Int32],
        pair: (Int32, Int32, Range<Int>) -> (rank: Int32, id: Int32)
    ) {
        let count = piece.count
        var tokens = piece.map { singles[Int($0)] }
        var ends = (0..<count).map { Int32(truncatingIfNeeded: $0 + 1) }
        var previous = (0..<count).map { Int32(truncatingIfNeeded: $0 - 1) }
        var heap: [Candidate] = []
        func push(_ left: Int) {
            let right = Int(ends[left])
            guard right < count else { return }
            let end = Int(ends[right])
            let (rank, id) = pair(tokens[left], tokens[right], left..<end)
            guard rank >= 0 else { return }
            heap.append(Candidate(rank: rank, left: Int32(left), end: Int32(end), id: id))
            var child = heap.count - 1
            while child > 0, heap[child].order < heap[(child - 1) / 2].order {
                heap.swapAt(child, (child - 1) / 2)
                child = (child - 1) / 2
            }
        }
        func pop() -> Candidate? {
            guard let top = heap.first else { return nil }
            let last = heap.removeLast()
            guard !heap.isEmpty else { return top }
            heap[0] = last
            var parent = 0
            while true {
                var least = parent
                for child in [2 * parent + 1, 2 * parent + 2]
                where child < heap.count && heap[child].order < heap[least].order { least = child }
                if least == parent { return top }
                heap.swapAt(least, parent)
                parent = least
            }
        }
        for index in 0..<count { push(index) }
        // A part that was merged into the one before it ends nowhere.
        while let best = pop() {
            let left = Int(best.left)
            let right = Int(ends[left])
            guard right > left, right < count, ends[left] > 0, Int(ends[right]) == Int(best.end), tokens[left] != -2
            else {
                continue
            }
            let (rank, id) = pair(tokens[left], tokens[right], left..<Int(best.end))
            guard rank == best.rank, id == best.id else { continue }
            tokens[left] = best.id
            tokens[right] = -2
            ends[left] = best.end
            if Int(best.end) < count { previous[Int(best.end)] = Int32(left) }
            push(left)
            if previous[left] >= 0 { push(Int(previous[left])) }
        }
        var index = 0
        while index < count {
            if tokens[index] >= 0 { result.append(tokens[index]) }
            index = Int(ends[index])
        }
    }
}
