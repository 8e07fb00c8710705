/// The bytes of a file, at any offset.
public protocol ParquetSource: Sendable {
    /// The file's path, for messages.
    var path: String { get }
    /// The file's size in bytes.
    var size: Int { get }

    /// The bytes of a range, as far as the file goes.
    func bytes(_ range: Range<Int>) throws -> [UInt8]

    /// Fills a buffer from an offset on, as far as the file goes.
    /// - Returns: The number of bytes read.
    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws -> Int
}

/// A source whose errors are those of this module.
struct CheckedSource: Sendable {
    private let source: any ParquetSource

    init(_ source: any ParquetSource) { self.source = source }

    var path: String { source.path }
    var size: Int { source.size }

    func bytes(_ range: Range<Int>) throws(ParquetError) -> [UInt8] {
        do { return try source.bytes(range) } catch { throw .unreadable(path: path, reason: error) }
    }

    /// Fills a buffer; a source that ends before it is an error.
    func fill(_ buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(ParquetError) {
        let count: Int
        do { count = try source.read(at: offset, into: buffer) } catch { throw .unreadable(path: path, reason: error) }
        guard count == buffer.count else { throw .shortened(path: path) }
    }
}
