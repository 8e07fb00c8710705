/// Finds which of many phrases stand in a line, in one pass.
///
/// The search of Wu and Manber (1994): the last three bytes of a window say how far it may move, so that most bytes of a
/// line are never looked at. Long logs are mostly lines without any of the phrases.
final class WordScanner: Sendable {
    /// The length of the window; no phrase is shorter.
    static let width = 8
    /// Bits of the hash of three bytes.
    private static let bits = 14
    /// The shift by the hash of the last three bytes of the window; 0 where a phrase may stand here.
    private let shifts: [UInt8]
    /// The phrases by that hash, as a range of ``members``.
    private let buckets: [Range<Int>]
    /// Numbers of phrases.
    private let members: [Int]
    private let phrases: [StaticString]

    /// Prepares the search; phrases shorter than the window are left out.
    init(_ phrases: [StaticString]) {
        let size = 1 << Self.bits
        let furthest = UInt8(Self.width - 2)
        var shifts = [UInt8](repeating: furthest, count: size)
        var lists: [[Int]] = Array(repeating: [], count: size)
        for (number, phrase) in phrases.enumerated() where phrase.utf8CodeUnitCount >= Self.width {
            let bytes = phrase.utf8Start
            for end in 2..<Self.width {
                let hash = Self.hash(bytes[end - 2], bytes[end - 1], bytes[end])
                shifts[hash] = min(shifts[hash], UInt8(Self.width - 1 - end))
                if end == Self.width - 1 { lists[hash].append(number) }
            }
        }
        var members: [Int] = []
        self.buckets = lists.map { list in
            members += list
            return members.count - list.count..<members.count
        }
        self.shifts = shifts
        self.members = members
        self.phrases = phrases
    }

    @inline(__always) private static func hash(_ first: UInt8, _ second: UInt8, _ third: UInt8) -> Int {
        let value = UInt32(first) | UInt32(second) << 8 | UInt32(third) << 16
        return Int((value &* 0x9E37_79B1) >> UInt32(32 - bits))
    }

    /// Calls `body` with the number of each phrase that stands in a line and where it begins.
    @inline(__always) func find(in line: ByteCursor, _ body: (_ phrase: Int, _ place: Int) -> Void) {
        let bytes = line.bytes
        let count = bytes.count
        shifts.withUnsafeBufferPointer { shifts in
            var end = Self.width - 1
            while end < count {
                let hash = Self.hash(bytes[end - 2], bytes[end - 1], bytes[end])
                let shift = Int(shifts[hash])
                if shift == 0 { verify(hash, at: end - Self.width + 1, in: line, body) }
                end += max(1, shift)
            }
        }
    }

    @inline(never)
    private func verify(_ hash: Int, at place: Int, in line: ByteCursor, _ body: (Int, Int) -> Void) {
        var probe = line
        probe.position = place
        for index in buckets[hash] where probe.sees(phrases[members[index]]) { body(members[index], place) }
    }
}
