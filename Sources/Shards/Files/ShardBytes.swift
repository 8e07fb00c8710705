/// The bytes of a shard as its format describes them: those of a file, or what a packed file unpacks to.
protocol ShardBytes: Sendable {
    /// The file's path, for messages.
    var path: String { get }
    /// The number of bytes.
    var size: Int { get }
    /// The bytes of a range, as far as there are any.
    func bytes(_ range: Range<Int>) throws(ShardError) -> [UInt8]
}

extension FileReader: ShardBytes {}

/// Bytes that a packed file unpacked to.
struct UnpackedBytes: ShardBytes {
    let path: String
    let content: [UInt8]
    var size: Int { content.count }

    func bytes(_ range: Range<Int>) -> [UInt8] { Array(content[range.clamped(to: 0..<content.count)]) }
}
