import Parquet

/// A file in memory.
struct Memory: ParquetSource {
    let path = "a.parquet"
    private let content: [UInt8]

    init(_ content: [UInt8]) { self.content = content }

    var size: Int { content.count }

    func bytes(_ range: Range<Int>) -> [UInt8] { Array(content[range.clamped(to: 0..<content.count)]) }

    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let part = bytes(offset..<offset + buffer.count)
        buffer.copyBytes(from: part)
        return part.count
    }
}
