import Terms

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Row groups whose text is made of random characters, in a file whose other text is not.
struct TextDiversityRule {
    /// Characters of the texts of one column chunk, from the beginning of each.
    struct Sample {
        /// Bytes looked at, of each text and of all.
        private static let perText = 256
        private static let limit = 1 << 17

        private var counts = [Int](repeating: 0, count: 256)
        private(set) var total = 0

        mutating func add(_ text: UnsafeRawBufferPointer) {
            guard total < Self.limit else { return }
            let part = text.prefix(Self.perText)
            for byte in part { counts[Int(byte)] += 1 }
            total += part.count
        }

        /// Bits a byte.
        var entropy: Double {
            counts.reduce(0) { sum, count in
                guard count > 0 else { return sum }
                let share = Double(count) / Double(total)
                return sum - share * log2(share)
            }
        }

        /// The share of ASCII: other scripts have more diverse bytes.
        var ascii: Double { total == 0 ? 0 : Double(counts[..<128].reduce(0, +)) / Double(total) }
    }

    /// Text in Latin script has 4 to 5 bits a byte, code 5.2, base64 6.0; random printable characters have 6.5.
    private static let random = 6.1
    private static let text = 5.5
    private static let ascii = 0.9
    /// Bytes of a sample and column chunks of a file without which nothing is said.
    private static let bytes = 1 << 13
    private static let chunks = 4

    private var samples: [(column: Int, group: Int, bytes: Range<Int>, entropy: Double, ascii: Double)] = []

    mutating func add(_ sample: Sample, column: Int, group: Int, bytes: Range<Int>) {
        guard sample.total >= Self.bytes else { return }
        samples.append((column, group, bytes, sample.entropy, sample.ascii))
    }

    func defects(name: (Int) -> String) -> [ShardDefect] {
        Set(samples.map(\.column)).sorted().flatMap { column -> [ShardDefect] in
            let all = samples.filter { $0.column == column }
            let sorted = all.map(\.entropy).sorted()
            guard all.count >= Self.chunks, sorted[sorted.count / 2] < Self.text else { return [] }
            return all.filter { $0.entropy > Self.random && $0.ascii > Self.ascii }.map { chunk in
                ShardDefect(
                    kind: .entropyOutlier,
                    severity: .warning,
                    bytes: chunk.bytes,
                    detail:
                        "row group \(chunk.group), column \(name(column)): its text is as diverse as random characters"
                )
            }
        }
    }
}
