import CFileMapping
import Foundation

/// A file as memory at a fixed place, read when its bytes are touched. Another program may cut or overwrite it meanwhile:
/// its lost pages then read as zeros, and `checkUnchanged` tells.
final class FileMapping: @unchecked Sendable {
    // Unchecked because of the pointer: the pages are only read and stay until `deinit`, and nothing else ever changes.
    /// What tells one state of a file from another.
    private struct State: Equatable {
        var device: UInt64
        var number: UInt64
        var size: Int64
        var seconds: Int
        var nanoseconds: Int

        init(_ status: stat) {
            #if canImport(Darwin)
                let time = status.st_mtimespec
            #else
                let time = status.st_mtim
            #endif
            device = UInt64(truncatingIfNeeded: status.st_dev)
            number = UInt64(truncatingIfNeeded: status.st_ino)
            size = Int64(status.st_size)
            seconds = time.tv_sec
            nanoseconds = time.tv_nsec
        }
    }

    /// The bytes of the file.
    let bytes: UnsafeRawBufferPointer
    /// The file.
    let path: String
    private let state: State
    private let watch: cfm_watch

    /// Throws `ReplayError.unreadable`.
    init(_ path: String) throws(ReplayError) {
        // A pipe without a writer must not keep us waiting.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw .unreadable(path: path, reason: String(cString: strerror(errno))) }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG, let size = Int(exactly: status.st_size)
        else {
            throw .unreadable(path: path, reason: "it is not a regular file")
        }
        self.path = path
        state = State(status)
        guard size > 0 else {
            bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            watch = 0
            return
        }
        guard let start = mmap(nil, size, PROT_READ, MAP_PRIVATE, file, 0), start != MAP_FAILED else {
            throw .unreadable(path: path, reason: String(cString: strerror(errno)))
        }
        let watch = cfm_watch_begin(start, size)
        guard watch != 0 else {
            munmap(start, size)
            throw .unreadable(path: path, reason: "too many files are mapped at once")
        }
        bytes = UnsafeRawBufferPointer(start: start, count: size)
        self.watch = watch
    }

    deinit {
        guard let start = bytes.baseAddress else { return }
        cfm_watch_end(watch)
        munmap(UnsafeMutableRawPointer(mutating: start), bytes.count)
    }

    /// Throws `ReplayError.changed` where what was read so far may not be what the file held when it was opened. A file that
    /// has been removed, or whose name is another file's now, is still there for those who have it open.
    func checkUnchanged() throws(ReplayError) {
        guard !cfm_watch_is_broken(watch) else { throw .changed(path: path) }
        var status = stat()
        guard stat(path, &status) == 0 else { return }
        let now = State(status)
        guard now.device != state.device || now.number != state.number || now == state else {
            throw .changed(path: path)
        }
    }

    /// Calls `body` with the bytes. What it makes of a file that changes meanwhile is discarded, its errors too: throws
    /// `ReplayError.changed` then.
    func read<T>(_ body: (UnsafeRawBufferPointer) throws(ReplayError) -> T) throws(ReplayError) -> T {
        do throws(ReplayError) {
            let result = try body(bytes)
            try checkUnchanged()
            return result
        } catch {
            try checkUnchanged()
            throw error
        }
    }
}
