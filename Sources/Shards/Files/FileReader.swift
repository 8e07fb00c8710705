#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A regular file opened for reading at any offset; closed when released.
public final class FileReader: Sendable {
    /// The file's path, for messages.
    public let path: String
    /// The file's size in bytes when it was opened.
    public let size: Int
    /// The file's state when it was opened.
    let identity: FileIdentity
    private let descriptor: Int32

    /// Opens a file.
    /// - Throws: ``ShardError/file(operation:path:reason:)`` when it cannot be opened or is not a regular file.
    public init(path: String) throws(ShardError) {
        // Without O_NONBLOCK a named pipe among the shards would block for ever.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .system("open", path) }
        guard let identity = FileIdentity(descriptor: descriptor) else {
            let error = ShardError.system("inspect", path)
            close(descriptor)
            throw error
        }
        guard identity.isRegular else {
            close(descriptor)
            throw .file(operation: "read", path: path, reason: "it is not a regular file")
        }
        self.path = path
        self.size = identity.size
        self.identity = identity
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Whether the file was written since it was opened.
    var hasChanged: Bool { FileIdentity(descriptor: descriptor) != identity }

    /// Fills a buffer from an offset on, as far as the file goes.
    /// - Returns: The number of bytes read; less than the buffer only at the end of the file.
    public func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(ShardError) -> Int {
        guard let base = buffer.baseAddress else { return 0 }
        var done = 0
        while done < buffer.count {
            let count = pread(descriptor, base + done, buffer.count - done, off_t(offset + done))
            if count < 0 {
                if errno == EINTR { continue }
                throw .system("read at byte \(offset + done)", path)
            }
            if count == 0 { break }
            done += count
        }
        return done
    }

    /// The bytes of a range, as far as the file goes.
    public func bytes(_ range: Range<Int>) throws(ShardError) -> [UInt8] {
        let wanted = range.clamped(to: 0..<max(size, 0))
        var result = [UInt8](repeating: 0, count: wanted.count)
        var failure: ShardError?
        let count = result.withUnsafeMutableBytes { buffer in
            do throws(ShardError) {
                return try read(at: wanted.lowerBound, into: buffer)
            } catch {
                failure = error
                return 0
            }
        }
        if let failure { throw failure }
        return Array(result.prefix(count))
    }
}
