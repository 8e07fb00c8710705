import Terms

/// llm.c token shards: 256 little-endian int32 of header (magic, version, token count), then uint16 (GPT-2) or uint32
/// (Llama-3) tokens.
///
/// Source: llm.c `dev/data/data_common.py`; reference `shards.md` 1.
enum LlmcShard: ShardFormat {
    static let title = "llm.c tokens"
    static let ids = ["llm.c-gpt2", "llm.c-llama3"]
    static let suffixes = [".bin"]
    static let magic = [magicNumber(20_240_520), magicNumber(20_240_801)]
    static let unit: ShardUnit? = .tokens
    /// llm.c in C and in Python and modded-nanogpt read them, each in its own way: the shards give no clue which.
    static let loaders = ["llm.c-shuffled", "llm.c", "llm.c-python", "modded-nanogpt"]

    /// llm.c's models, tokenizers and optimizer states, which are no shards.
    static let otherMagic = [20_240_326, 20_240_327, 20_240_328, 20_240_527].map(magicNumber)
    private static let headerBytes = 1024

    static func recognises(_ shard: ShardCandidate) -> Bool {
        hasMagic(shard) || hasSuffix(shard.name) && looksDamaged(shard.head)
    }

    /// A header whose magic is gone but whose remaining 253 words are still all zero, as no token stream has them.
    private static func looksDamaged(_ head: [UInt8]) -> Bool {
        !otherMagic.contains { head.starts(with: $0) }
            && head.count == headerBytes
            && head[12...].allSatisfy { $0 == 0 } && head.int32(at: 8) > 0
    }

    static func header(of shard: ShardCandidate) throws(ShardError) -> ShardHeader {
        let head = shard.head
        let magic = head.int32(at: 0)
        guard let (version, width, id) = form(magic: magic) else {
            throw shard.malformed(0, "magic number \(magic)", "20240520 (GPT-2) or 20240801 (Llama-3)")
        }
        guard head.count == headerBytes else {
            throw shard.malformed(head.count, "the file ends inside the header", "a header of \(headerBytes) bytes")
        }
        guard head.int32(at: 4) == version else {
            throw shard.malformed(4, "version \(head.int32(at: 4))", "\(version)")
        }
        let tokens = head.int32(at: 8)
        guard tokens >= 0 else {
            throw shard.malformed(8, "\(tokens) tokens", "a count of at least 0")
        }
        guard shard.file.size == headerBytes + tokens * width else {
            throw shard.malformed(
                min(shard.file.size, headerBytes + tokens * width),
                "the file has \(shard.file.size) bytes",
                "\(headerBytes + tokens * width) for the \(tokens) tokens its header claims"
            )
        }
        return ShardHeader(format: id, tokens: tokens, headerBytes: headerBytes, tokenWidth: width)
    }

    private static func form(magic: Int) -> (version: Int, width: Int, id: String)? {
        switch magic {
        case 20_240_520: (1, 2, "llm.c-gpt2")
        case 20_240_801: (7, 4, "llm.c-llama3")
        default: nil
        }
    }
}
