import Parquet
import Terms

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Row groups whose text is made of random characters, in a file whose other text is not.
struct TextDiversityRule {
    /// Text in Latin script has 4 to 5 bits a byte, code 5.2, base64 6.0; random printable characters have 6.5.
    private static let random = 6.1
    private static let text = 5.5
    private static let ascii = 0.9
    /// Bytes of a sample and column chunks of a file without which nothing is said.
    private static let bytes = 1 << 13
    private static let leastChunks = 4

    /// What is kept of a column chunk of text.
    private struct Chunk {
        var column: Int
        var rowGroup: Int
        var bytes: Range<Int>
        var entropy: Double
        var ascii: Double
    }

    private var chunks: [Chunk] = []

    mutating func add(_ chunk: ParquetFile.TextChunk) {
        let sample = chunk.sample
        guard sample.total >= Self.bytes else { return }
        chunks.append(
            Chunk(
                column: chunk.column,
                rowGroup: chunk.rowGroup,
                bytes: chunk.bytes,
                entropy: sample.entropy,
                ascii: sample.ascii
            )
        )
    }

    func defects(name: (Int) -> String) -> [ShardDefect] {
        Set(chunks.map(\.column)).sorted().flatMap { column -> [ShardDefect] in
            let all = chunks.filter { $0.column == column }
            let sorted = all.map(\.entropy).sorted()
            guard all.count >= Self.leastChunks, sorted[sorted.count / 2] < Self.text else { return [] }
            return all.filter { $0.entropy > Self.random && $0.ascii > Self.ascii }.map { chunk in
                ShardDefect(
                    kind: .entropyOutlier,
                    severity: .warning,
                    bytes: chunk.bytes,
                    detail:
                        "row group \(chunk.rowGroup), column \(name(column)): its text is as diverse as random characters"
                )
            }
        }
    }
}

extension TextSample {
    /// Bits a byte.
    fileprivate var entropy: Double {
        counts.reduce(0) { sum, count in
            guard count > 0 else { return sum }
            let share = Double(count) / Double(total)
            return sum - share * log2(share)
        }
    }

    /// The share of ASCII: other scripts have more diverse bytes.
    fileprivate var ascii: Double { total == 0 ? 0 : Double(counts[..<128].reduce(0, +)) / Double(total) }
}
