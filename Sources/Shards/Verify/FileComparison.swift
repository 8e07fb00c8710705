/// Where two files differ.
public enum FileComparison {
    /// The byte ranges in which a file differs from another of which it should be a copy.
    ///
    /// Differences closer together than `gap` bytes are one range: random damage agrees by chance here and there.
    /// - Complexity: one pass over both files, constant memory but for the ranges; at most `limit` of them are kept, the
    ///   last one then reaching to the last difference.
    public static func differences(
        _ left: FileReader,
        _ right: FileReader,
        gap: Int = 64,
        limit: Int = 1000
    ) throws(ShardError) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        let chunk = 1 << 20
        let shared = min(left.size, right.size)
        func add(_ range: Range<Int>) {
            if let last = ranges.last, range.lowerBound - last.upperBound < gap || ranges.count == limit {
                ranges[ranges.count - 1] = last.lowerBound..<range.upperBound
            } else {
                ranges.append(range)
            }
        }
        for offset in stride(from: 0, to: shared, by: chunk) {
            let span = offset..<min(offset + chunk, shared)
            let one = try left.bytes(span)
            let two = try right.bytes(span)
            guard one != two else { continue }
            for index in 0..<min(one.count, two.count) where one[index] != two[index] {
                add(offset + index..<offset + index + 1)
            }
        }
        if left.size != right.size { add(shared..<max(left.size, right.size)) }
        return ranges
    }
}
