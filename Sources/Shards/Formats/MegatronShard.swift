import Terms

/// The index half of a Megatron dataset: `NAME.idx` beside `NAME.bin`.
///
/// Source: Megatron-LM `megatron/core/datasets/indexed_dataset.py`; reference `shards.md` 5.
enum MegatronIndex: ShardFormat {
    static let title = "Megatron index"
    static let ids = ["megatron-idx"]
    static let suffixes = [".idx"]
    static let magic = [mark]
    static let unit: ShardUnit? = nil
    static let loaders = ["megatron"]

    private static let mark = Array("MMIDIDX".utf8) + [0, 0]
    private static let headerBytes = 34

    static func clue(in shards: ShardListing) -> String? {
        shards.names.contains(where: hasSuffix) ? "an .idx file lies beside the data" : nil
    }

    static func header(of shard: ShardCandidate) throws(ShardError) -> ShardHeader {
        let index = try head(of: shard)
        return ShardHeader(format: id, tokens: nil, headerBytes: headerBytes, tokenWidth: 1, rows: index.sequences)
    }

    static func decode(_ shard: ShardCandidate) throws(ShardError) -> [ShardDefect] {
        _ = try walk(shard)
        return []
    }

    /// What the first 34 bytes say.
    struct Head {
        /// `nil` for floating-point numbers.
        var type: TokenType?
        var sequences: Int
        var documents: Int
    }

    /// Reads the header and holds the file's size against it.
    static func head(of shard: ShardCandidate) throws(ShardError) -> Head {
        let head = shard.head
        guard head.starts(with: mark) else { throw shard.malformed(0, "no MMIDIDX", "the magic bytes MMIDIDX 00 00") }
        guard head.count >= headerBytes else {
            throw shard.malformed(head.count, "the file ends inside the header", "a header of \(headerBytes) bytes")
        }
        guard head.unsigned(at: 9, width: 8) == 1 else { throw shard.malformed(9, "an unknown version", "1") }
        let code = Int(head[17])
        guard (1...8).contains(code) else { throw shard.malformed(17, "the type code \(code)", "1 to 8") }
        let names = ["uint8", "int8", "int16", "int32", "int64", "float64", "float32", "uint16"]
        guard let sequences = head.size(at: 18, width: 8), let documents = head.size(at: 26, width: 8),
            sequences <= shard.file.size / 12, documents <= shard.file.size / 8
        else {
            throw shard.malformed(18, "more sequences or documents than the file has room for", "at most 1 in 12 bytes")
        }
        // The modes, a byte a sequence, are written for multimodal data only.
        let size = headerBytes + 12 * sequences + 8 * documents
        guard shard.file.size == size || shard.file.size == size + sequences else {
            throw shard.malformed(
                min(size, shard.file.size),
                "the index has \(shard.file.size) bytes",
                "\(size) for \(sequences) sequences and \(documents) document marks"
            )
        }
        return Head(type: TokenType(numpyName: names[code - 1]), sequences: sequences, documents: documents)
    }

    /// Checks every entry: each sequence begins where the one before ends, and document marks ascend.
    /// - Returns: The bytes that the `.bin` must have.
    static func walk(_ shard: ShardCandidate) throws(ShardError) -> Int {
        let head = try head(of: shard)
        let width = head.type?.width ?? (shard.head[17] == 6 ? 8 : 4)
        let pointers = headerBytes + 4 * head.sequences
        let marks = pointers + 8 * head.sequences
        let step = 1 << 16
        var end = 0
        for first in stride(from: 0, to: head.sequences, by: step) {
            let count = min(step, head.sequences - first)
            let lengths = try shard.file.bytes(headerBytes + 4 * first..<headerBytes + 4 * (first + count))
            let offsets = try shard.file.bytes(pointers + 8 * first..<pointers + 8 * (first + count))
            for index in 0..<count {
                let length = lengths.int32(at: 4 * index)
                guard length >= 0 else {
                    throw shard.malformed(headerBytes + 4 * (first + index), "a length of \(length)", "0 or more")
                }
                guard offsets.size(at: 8 * index, width: 8) == end else {
                    throw shard.malformed(
                        pointers + 8 * (first + index),
                        "sequence \(first + index) at byte \(offsets.unsigned(at: 8 * index, width: 8) ?? 0)",
                        "\(end), where the one before ends"
                    )
                }
                let (next, overflow) = end.addingReportingOverflow(length * width)
                guard !overflow else { throw shard.malformed(pointers, "more bytes than a file can have", "fewer") }
                end = next
            }
        }
        var last = 0
        for first in stride(from: 0, to: head.documents, by: step) {
            let count = min(step, head.documents - first)
            let bytes = try shard.file.bytes(marks + 8 * first..<marks + 8 * (first + count))
            for index in 0..<count {
                let mark = bytes.size(at: 8 * index, width: 8) ?? .max
                guard mark >= last, mark <= head.sequences else {
                    throw shard.malformed(
                        marks + 8 * (first + index),
                        "document \(first + index) at sequence \(mark)",
                        "\(last) to \(head.sequences)"
                    )
                }
                last = mark
            }
        }
        return end
    }
}

/// The data half of a Megatron dataset: tokens without header or gaps, described by the `.idx` beside it.
enum MegatronShard: ShardFormat {
    static let title = "Megatron tokens"
    static let ids = ["megatron"]
    static let suffixes = [".bin"]
    static let unit: ShardUnit? = .tokens
    static let loaders = ["megatron"]

    private static func index(of shard: ShardCandidate) -> String {
        shard.sibling(String(shard.name.dropLast(4)) + ".idx")
    }

    static func recognises(_ shard: ShardCandidate) -> Bool {
        hasSuffix(shard.name) && fileExists(index(of: shard))
    }

    static func header(of shard: ShardCandidate) throws(ShardError) -> ShardHeader {
        let index = try ShardCandidate(try FileReader(path: index(of: shard)))
        let head = try MegatronIndex.head(of: index)
        guard let type = head.type else {
            throw .unsupported(path: index.file.path, byte: 17, found: "floating-point data", expected: "token ids")
        }
        let size = try MegatronIndex.walk(index)
        guard shard.file.size == size else {
            throw shard.malformed(
                min(size, shard.file.size),
                "the file has \(shard.file.size) bytes",
                "\(size) for the \(head.sequences) sequences of its .idx"
            )
        }
        return ShardHeader(
            format: id,
            tokens: size / type.width,
            headerBytes: 0,
            tokenWidth: type.width,
            rows: head.sequences
        )
    }

    static func tokens(of shard: ShardCandidate) throws(ShardError) -> TokenLayout? {
        let header = try header(of: shard)
        let index = try ShardCandidate(try FileReader(path: index(of: shard)))
        guard let tokens = header.tokens, let type = try MegatronIndex.head(of: index).type else { return nil }
        return TokenLayout(
            bytes: shard.file,
            type: type,
            spans: [TokenLayout.Span(firstToken: 0, byte: 0, count: tokens)]
        )
    }
}
