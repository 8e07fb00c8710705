import Terms

/// Headerless token streams: uint16 (nanoGPT `train.bin`, OLMo `.npy`) or uint32 (OLMo). Whole tokens are all their
/// structure.
///
/// Source: nanoGPT `data/*/prepare.py`, OLMo `memmap_dataset.py`; reference `shards.md` 3 and 8.
enum RawShard: ShardFormat {
    static let title = "headerless tokens"
    static let ids = ["raw-uint16", "raw-uint32"]
    static let suffixes = [".bin", ".npy", ".u16", ".u32"]
    static let unit: ShardUnit? = .tokens
    static let loaders = ["nanogpt", "olmo"]

    static func clue(in shards: ShardListing) -> String? {
        guard shards.training.count == 1, let only = shards.training.first, only.header?.headerBytes == 0,
            only.name.split(separator: "/").last == "train.bin"
        else { return nil }
        return "there is one headerless train.bin"
    }

    /// Files of other kinds that end in `.bin` too: archives, pickles, gzip and zstd.
    private static let others: [[UInt8]] = [
        [0x50, 0x4B, 0x03, 0x04], [0x80, 0x02], [0x1F, 0x8B, 0x08], [0x28, 0xB5, 0x2F, 0xFD],
    ]
    static func recognises(_ shard: ShardCandidate) -> Bool {
        hasSuffix(shard.name) && !(others + LlmcShard.otherMagic).contains { shard.head.starts(with: $0) }
    }

    static func header(of shard: ShardCandidate) throws(ShardError) -> ShardHeader {
        let size = shard.file.size
        let width = try width(shard)
        guard size % width == 0 else {
            throw shard.malformed(
                size - size % width,
                width == 2 ? "an odd number of bytes (\(size))" : "\(size) bytes",
                "\(width) bytes a token; the file was cut short"
            )
        }
        return ShardHeader(
            format: width == 2 ? "raw-uint16" : "raw-uint32",
            tokens: size / width,
            headerBytes: 0,
            tokenWidth: width
        )
    }

    /// Nothing in the file says how wide a token is. In a stream of uint32 ids every other uint16 is almost zero, as no
    /// stream of uint16 ids has it.
    private static func width(_ shard: ShardCandidate) throws(ShardError) -> Int {
        if shard.name.hasSuffix(".u32") { return 4 }
        if shard.name.hasSuffix(".u16") { return 2 }
        let size = shard.file.size
        let sample = 1 << 14
        var hasNumber = false
        for part in 0..<4 {
            let start = size / 4 * part & ~3
            let bytes = try shard.file.bytes(start..<start + sample)
            for offset in stride(from: 0, to: bytes.count - 3, by: 4) {
                let id =
                    UInt64(bytes[offset]) | UInt64(bytes[offset + 1]) << 8 | UInt64(bytes[offset + 2]) << 16
                    | UInt64(bytes[offset + 3]) << 24
                // No tokenizer has half a million ids; one has to be in use that is not 0 to tell.
                guard id < 1 << 19 else { return 2 }
                if id > 0 { hasNumber = true }
            }
        }
        return hasNumber ? 4 : 2
    }
}
