#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Bytes that are read once, from front to back.
protocol ByteSource: AnyObject {
    /// Fills the front of the buffer. Returns the number of bytes read; 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(LogError) -> Int

    /// What is wrong with the bytes although some could be read; known when the end was reached.
    var note: String? { get }
}

/// A file, a pipe or a device.
///
/// Not memory-mapped: a log may be cut short by a rotation while it is read, which would kill a process that maps it.
final class FileSource: ByteSource {
    private let path: String
    private let descriptor: Int32
    /// The size of a regular file, of which any part can be read at any time; nil for pipes and devices.
    let size: Int?
    var note: String? { nil }

    init(path: String) throws(LogError) {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        var status = stat()
        guard descriptor >= 0, fstat(descriptor, &status) == 0 else {
            let reason = Self.lastError()
            if descriptor >= 0 { close(descriptor) }
            throw .unreadable(path: path, reason: reason)
        }
        guard status.st_mode & S_IFMT != S_IFDIR else {
            close(descriptor)
            throw .directory(path: path)
        }
        // Files of the kernel say 0 and hold text all the same.
        size = status.st_mode & S_IFMT == S_IFREG && status.st_size > 0 ? Int(status.st_size) : nil
    }

    deinit { close(descriptor) }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(LogError) -> Int {
        try retrying { sys_read(descriptor, buffer.baseAddress, buffer.count) }
    }

    /// Reads the part of a regular file that begins at an offset.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(LogError) -> Int {
        try retrying { pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset)) }
    }

    private func retrying(_ body: () -> Int) throws(LogError) -> Int {
        while true {
            let count = body()
            if count >= 0 { return count }
            guard errno == EINTR else { throw .unreadable(path: path, reason: Self.lastError()) }
        }
    }

    private static func lastError() -> String { String(cString: strerror(errno)) }
}

/// The system's `read`, which the method of that name hides.
private func sys_read(_ descriptor: Int32, _ address: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    read(descriptor, address, count)
}

/// Bytes in memory; they must outlive the source.
final class MemorySource: ByteSource {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0
    var note: String? { nil }

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let part = UnsafeRawBufferPointer(rebasing: bytes[position..<min(bytes.count, position + buffer.count)])
        buffer.copyMemory(from: part)
        position += part.count
        return part.count
    }
}

/// A source whose first bytes were looked at already.
final class PeekedSource: ByteSource {
    /// The first bytes.
    let head: [UInt8]
    private let source: any ByteSource
    private var position = 0
    var note: String? { source.note }

    /// Looks at up to `count` bytes.
    init(_ source: any ByteSource, count: Int = 4096) throws(LogError) {
        self.source = source
        var head = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = try head.withUnsafeMutableBufferPointer { bytes throws(LogError) in
                try source.read(
                    into: UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: bytes[filled...]))
                )
            }
            if got == 0 { break }
            filled += got
        }
        self.head = Array(head.prefix(filled))
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(LogError) -> Int {
        guard position < head.count else { return try source.read(into: buffer) }
        let part = head[position..<min(head.count, position + buffer.count)]
        part.withUnsafeBytes { buffer.copyMemory(from: $0) }
        position += part.count
        return part.count
    }
}
