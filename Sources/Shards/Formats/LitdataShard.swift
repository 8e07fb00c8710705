import Terms

/// litdata chunks: items behind a table of offsets; tokens without gaps where the index says so.
///
/// Source: Lightning-AI/litdata `src/litdata/streaming`; reference `shards.md` 7.
enum LitdataShard: ShardFormat {
    static let title = "litdata chunk"
    static let ids = ["litdata"]
    static let suffixes = [".bin"]
    static let unit: ShardUnit? = .tokens
    static let hasPaddedRows = true
    static let loaders = ["litdata"]

    static func clue(in shards: ShardListing) -> String? {
        shards.names.contains { $0.contains(#/(^|\/)chunk-\d+-\d+\./#) }
            ? "the shards are named like litdata's chunks" : nil
    }

    static func recognises(_ shard: ShardCandidate) -> Bool {
        shard.name.hasPrefix("chunk-") && hasSuffix(shard.name)
    }

    /// The codec in a name such as `chunk-0-0.zstd.bin`.
    private static func codec(_ shard: ShardCandidate) -> PackedFile.Codec? {
        let parts = shard.name.split(separator: ".")
        return parts.count == 3 ? PackedFile.Codec(name: parts[1]) : nil
    }

    /// Of a packed chunk nothing but its size is known before it is unpacked.
    static func header(of shard: ShardCandidate) throws(ShardError) -> ShardHeader {
        let index = try ShardIndex.beside(shard)
        let entry = index?.chunks[shard.name]
        guard codec(shard) == nil else {
            return ShardHeader(
                format: id,
                tokens: entry?.dim,
                headerBytes: 0,
                tokenWidth: index.flatMap(type)?.width ?? 1,
                rows: entry?.chunk_size
            )
        }
        if let expected = entry?.chunk_bytes, expected != shard.file.size {
            throw shard.malformed(
                max(0, min(expected, shard.file.size)),
                "the file has \(shard.file.size) bytes",
                "\(expected), as index.json says"
            )
        }
        let (items, start) = try table(shard.file, entry)
        let width = index.flatMap(type)?.width
        return ShardHeader(
            format: id,
            tokens: width.map { (shard.file.size - start) / $0 },
            headerBytes: start,
            tokenWidth: width ?? 1,
            rows: items
        )
    }

    static func tokens(of shard: ShardCandidate) throws(ShardError) -> TokenLayout? {
        let index = try ShardIndex.beside(shard)
        guard let type = index.flatMap(type) else { return nil }
        let bytes = try unpacked(shard, index)
        let (_, start) = try table(bytes, index?.chunks[shard.name])
        let count = (bytes.size - start) / type.width
        if let expected = index?.chunks[shard.name]?.dim, expected != count {
            throw shard.malformed(start, "\(count) tokens", "\(expected), as index.json says")
        }
        return TokenLayout(
            bytes: bytes,
            type: type,
            spans: [TokenLayout.Span(firstToken: 0, byte: start, count: count)]
        )
    }

    /// Unpacks the chunk and reads its table.
    static func decode(_ shard: ShardCandidate) throws(ShardError) -> [ShardDefect] {
        let index = try ShardIndex.beside(shard)
        _ = try table(try unpacked(shard, index), index?.chunks[shard.name])
        return []
    }

    private static func unpacked(_ shard: ShardCandidate, _ index: ShardIndex?) throws(ShardError) -> any ShardBytes {
        guard let codec = codec(shard) else { return shard.file }
        return try PackedFile.unpack(shard.file, codec, expected: index?.chunks[shard.name]?.chunk_bytes)
    }

    private static func table(
        _ bytes: any ShardBytes,
        _ entry: ShardIndex.Chunk?
    ) throws(ShardError) -> (items: Int, start: Int) {
        let (offsets, end) = try OffsetTable.read(bytes)
        if let expected = entry?.chunk_size, expected != offsets.count - 1 {
            throw .malformed(
                path: bytes.path,
                byte: 0,
                found: "\(offsets.count - 1) items",
                expected: "\(expected), as index.json says"
            )
        }
        return (offsets.count - 1, end)
    }

    /// The type of the tokens, when the index describes one array of integers without a header.
    private static func type(_ index: ShardIndex) -> TokenType? {
        guard let format = index.dataFormat, format.count == 1 else { return nil }
        let parts = format[0].split(separator: ":")
        guard parts.count == 2, let number = Int(parts[1]) else { return nil }
        let name: String?
        switch parts[0] {
        case "no_header_tensor":
            name =
                [
                    11: "uint8", 12: "int8", 13: "int16", 14: "int16", 15: "int32", 16: "int32", 17: "int64",
                    18: "int64",
                ][number]
        case "no_header_numpy":
            let names = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
            name = names.indices.contains(number) ? names[number] : nil
        default: name = nil
        }
        return name.flatMap { TokenType(numpyName: $0) }
    }
}
