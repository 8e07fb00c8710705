import Terms

/// llm.c evaluation files (HellaSwag, MMLU): a header like that of the token shards, then examples of uint16.
///
/// Source: llm.c `dev/data/data_common.py`; reference `shards.md` 1.
enum LlmcEvaluationShard: ShardFormat {
    static let title = "llm.c evaluation"
    static let ids = ["llm.c-eval"]
    static let suffixes = [".bin"]
    static let magic = [magicNumber(20_240_522)]
    static let unit: ShardUnit? = .samples
    static let loaders: [String] = []

    private static let headerBytes = 1024

    static func recognises(_ shard: ShardCandidate) -> Bool { hasMagic(shard) }

    static func header(of shard: ShardCandidate) throws(ShardError) -> ShardHeader {
        guard shard.head.count == headerBytes else {
            throw shard.malformed(
                shard.head.count,
                "the file ends inside the header",
                "a header of \(headerBytes) bytes"
            )
        }
        guard shard.head.int32(at: 4) == 1 else {
            throw shard.malformed(4, "version \(shard.head.int32(at: 4))", "1")
        }
        let examples = shard.head.int32(at: 8)
        guard (0..<1 << 16).contains(examples) else {
            throw shard.malformed(8, "\(examples) examples", "0 to 65535")
        }
        return ShardHeader(format: id, tokens: nil, headerBytes: headerBytes, tokenWidth: 2, rows: examples)
    }

    /// Walks over the examples: each begins with 65535 and its length, and they fill the file.
    static func decode(_ shard: ShardCandidate) throws(ShardError) -> [ShardDefect] {
        let examples = try header(of: shard).rows ?? 0
        let longest = shard.head.int32(at: 12)
        var at = headerBytes
        for example in 0..<examples {
            let head = try shard.file.bytes(at..<at + 6)
            guard let mark = head.size(at: 0, width: 2), let length = head.size(at: 2, width: 2),
                let index = head.size(at: 4, width: 2)
            else { return [damage(shard, at, "the file ends before example \(example) of \(examples)")] }
            guard mark == 65535, index == example, length >= 6, length <= max(longest, 0),
                length <= shard.file.size - at
            else {
                return [damage(shard, at, "example \(example) begins with \(mark), \(length), \(index)")]
            }
            at += length
        }
        guard at == shard.file.size else {
            return [damage(shard, at, "\(shard.file.size - at) bytes behind the last of \(examples) examples")]
        }
        return []
    }

    private static func damage(_ shard: ShardCandidate, _ byte: Int, _ detail: String) -> ShardDefect {
        ShardDefect(
            kind: .undecodable,
            severity: .failure,
            bytes: min(byte, shard.file.size)..<shard.file.size,
            detail: detail
        )
    }
}
