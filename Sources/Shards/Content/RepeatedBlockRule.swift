import Terms

/// Tokens that stand in the shard twice.
///
/// Windows whose hash begins with zeros are remembered with their place, wherever they begin; a repeated stretch gives
/// several such windows at the same distance. What is found is then compared token by token.
struct RepeatedBlockRule {
    private static let window = 256
    /// Places remembered at most; larger shards remember fewer windows.
    private static let places = 1 << 19
    /// The shortest repetition told, and the longest that a small shard must have: 1 % of it in between. Web text repeats
    /// pages now and then.
    private static let lengths = 2048...16384

    /// No document is that long, or few are.
    private static let certain = 1 << 18

    private let mask: UInt64
    private let minimum: Int
    private var first: [UInt64: Int] = [:]
    private var regions: [(distance: Int, start: Int, end: Int)] = []
    private var ring = [UInt64](repeating: 0, count: window)
    private var hash: UInt64 = 0
    private var place = 0
    private static let base: UInt64 = 0x9E37_79B9_7F4A_7C15
    private static let leaving: UInt64 = (0..<window).reduce(1) { power, _ in power &* base }

    init(tokens: Int) {
        var bits: UInt64 = 6
        while tokens >> bits > Self.places { bits += 1 }
        mask = 1 << bits - 1
        minimum = min(max(tokens / 100, Self.lengths.lowerBound), Self.lengths.upperBound)
    }

    /// Adds the next tokens.
    mutating func add(_ tokens: [Int32]) {
        for token in tokens {
            let value = UInt64(UInt32(bitPattern: token)) &+ 1
            let slot = place % Self.window
            hash = hash &* Self.base &+ value &- Self.leaving &* ring[slot]
            ring[slot] = value
            place += 1
            guard place >= Self.window, (hash ^ hash >> 29) & mask == 0 else { continue }
            if let earlier = first[hash] { meet(earlier) } else { first[hash] = place }
        }
    }

    private mutating func meet(_ earlier: Int) {
        let distance = place - earlier
        guard distance >= Self.window else { return }
        if let last = regions.last, last.distance == distance {
            regions[regions.count - 1].end = place
        } else if regions.count < 10000 {
            regions.append((distance, place - Self.window, place))
        }
    }

    /// The repetitions, once all tokens were added.
    ///
    /// One document that is there twice is no damage of the file, and common where nobody removed duplicates: where the
    /// delimiter of documents is known, a repetition must hold a whole document and parts of two others, and elsewhere it
    /// must be a twentieth of the shard.
    func defects(
        _ reader: TokenReader,
        delimiter: Int32?,
        excluded: [Range<Int>]
    ) throws(ShardError) -> [ShardDefect] {
        var result: [ShardDefect] = []
        let minimum = delimiter == nil ? max(minimum, min(reader.layout.count / 20, Self.certain)) : minimum
        for region in regions where region.end - region.start >= Self.window * 2 && result.count < 20 {
            guard let again = try extent(region, reader), again.count >= minimum,
                !excluded.contains(where: { $0.overlaps(again) }),
                !result.contains(where: { $0.tokens?.overlaps(again) == true })
            else { continue }
            if let delimiter, again.count < Self.certain {
                guard try reader.tokens(again).count(where: { $0 == delimiter }) >= 2 else { continue }
            }
            let before = again.lowerBound - region.distance..<again.upperBound - region.distance
            result.append(
                ShardDefect(
                    kind: .repeatedBlock,
                    severity: .warning,
                    bytes: reader.layout.byteRange(again),
                    tokens: again,
                    detail: "\(again.count) tokens that stand at \(before.lowerBound)..<\(before.upperBound) already"
                )
            )
        }
        return result
    }

    /// The longest stretch around a region that equals what is before it at the distance.
    private func extent(
        _ region: (distance: Int, start: Int, end: Int),
        _ reader: TokenReader
    ) throws(ShardError) -> Range<Int>? {
        let step = 1024
        var start = region.end - Self.window
        var end = start
        while end < reader.layout.count {
            let count = min(step, reader.layout.count - end)
            let here = try reader.tokens(end..<end + count)
            let there = try reader.tokens(end - region.distance..<end - region.distance + count)
            let same = zip(here, there).prefix { $0 == $1 }.count
            end += same
            if same < count { break }
        }
        while start > region.distance {
            let count = min(step, start - region.distance)
            let here = try reader.tokens(start - count..<start)
            let there = try reader.tokens(start - count - region.distance..<start - region.distance)
            let same = zip(here.reversed(), there.reversed()).prefix { $0 == $1 }.count
            start -= same
            if same < count { break }
        }
        return start < end ? start..<end : nil
    }
}
