import Terms

/// Decodes one shard and looks at its content.
public struct ShardContent: Sendable, Equatable {
    /// What was found, in the order of the file.
    public var defects: [ShardDefect]
    /// SHA-256 of the tokens as 32-bit numbers; `nil` for shards that hold none.
    public var digest: [UInt8]?

    /// Checks a shard.
    /// - Parameters:
    ///   - file: The shard.
    ///   - vocabulary: The size of the vocabulary, when it is known.
    ///   - progress: Called with the bytes read since the last call.
    /// - Returns: `nil` when no format claims the file.
    /// - Throws: ``ShardError`` when the structure is malformed, or the file cannot be read.
    public static func check(
        _ file: FileReader,
        vocabulary: Int? = nil,
        progress: (Int) -> Void = { _ in }
    ) throws(ShardError) -> ShardContent? {
        let shard = try ShardCandidate(file)
        guard let format = ShardFormats.format(of: shard) else { return nil }
        var content = ShardContent(defects: try format.decode(shard), digest: nil)
        guard content.defects.isEmpty, let reader = try TokenReader(shard) else { return content }
        let tokens = try TokenContentCheck(vocabulary: vocabulary).check(reader, progress: progress)
        content.defects = tokens.defects
        content.digest = tokens.digest
        if reader.layout.bytes is UnpackedBytes {
            // Places in unpacked bytes say nothing about the file.
            for index in content.defects.indices { content.defects[index].bytes = 0..<file.size }
        }
        return content
    }
}
