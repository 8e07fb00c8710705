import Foundation

/// A file as memory at a fixed place, read when its bytes are touched. It must not be cut while it is in use.
final class FileMapping: @unchecked Sendable {
    // Unchecked because of the pointer: the pages are mapped read-only and stay until `deinit`.
    /// The bytes of the file.
    let bytes: UnsafeRawBufferPointer

    /// Throws `ReplayError.unreadable`.
    init(_ path: String) throws(ReplayError) {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw .unreadable(path: path, reason: String(cString: strerror(errno))) }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG, let size = Int(exactly: status.st_size)
        else {
            throw .unreadable(path: path, reason: "it is not a regular file")
        }
        guard size > 0 else {
            bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            return
        }
        guard let start = mmap(nil, size, PROT_READ, MAP_PRIVATE, file, 0), start != MAP_FAILED else {
            throw .unreadable(path: path, reason: String(cString: strerror(errno)))
        }
        bytes = UnsafeRawBufferPointer(start: start, count: size)
    }

    deinit {
        if let start = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: start), bytes.count) }
    }
}
