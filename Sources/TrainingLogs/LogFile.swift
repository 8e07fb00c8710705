#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Reads a whole file into memory.
///
/// Not memory-mapped: a log may be cut short by a rotation while it is read, which would kill a process that maps it.
enum LogFile {
    /// The largest file that is read.
    static let limit = 4 << 30

    /// Calls `body` with the bytes of a file, a pipe or a device.
    static func withBytes<Value>(
        of path: String,
        _ body: (UnsafeRawBufferPointer) throws(LogError) -> Value
    ) throws(LogError) -> Value {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unreadable(path: path, reason: lastError()) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .unreadable(path: path, reason: lastError()) }
        guard status.st_mode & S_IFMT != S_IFDIR else { throw .directory(path: path) }
        let size = Int(status.st_size)
        guard size <= limit else { throw .tooLarge(path: path, bytes: size, limit: limit) }

        // One byte more than the file says, so that its end is seen without growing.
        var buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(size + 1, 1 << 16), alignment: 16)
        defer { buffer.deallocate() }
        var count = 0
        while true {
            if count == buffer.count {
                guard count < limit else { throw .tooLarge(path: path, bytes: count, limit: limit) }
                let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: count * 2, alignment: 16)
                larger.copyMemory(from: UnsafeRawBufferPointer(buffer))
                buffer.deallocate()
                buffer = larger
            }
            let got = read(descriptor, buffer.baseAddress.map { $0 + count }, min(buffer.count - count, 1 << 24))
            if got < 0 {
                if errno == EINTR { continue }
                throw .unreadable(path: path, reason: lastError())
            }
            if got == 0 { break }
            count += got
        }
        return try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }

    private static func lastError() -> String { String(cString: strerror(errno)) }
}
