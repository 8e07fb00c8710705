import Foundation

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What is kept beside a partial download so that a later run can go on with it.
struct ResumeNote: Codable, Equatable {
    /// The machine it was begun on: locks and process numbers mean nothing on another.
    var host: String
    /// What the whole is to be proved by.
    var digest: String
    /// Where it came from.
    var address: String
    /// The entity tag or date that the server gave it.
    var validator: String?

    /// The name of the note of a partial file.
    static func path(of partial: String) -> String { partial + ".json" }

    static var thisHost: String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Reads the note of a partial file; `nil` when there is none that can be used here.
    static func read(of partial: String) -> ResumeNote? {
        guard FileIdentity(path: path(of: partial))?.isRegular == true,
            let file = try? FileReader(path: path(of: partial)), file.size <= 1 << 16,
            let bytes = try? file.bytes(0..<file.size),
            let note = try? JSONDecoder().decode(ResumeNote.self, from: Data(bytes)), note.host == thisHost
        else { return nil }
        return note
    }

    /// Writes the note; without one the download only cannot be resumed.
    func write(of partial: String) {
        guard let data = try? JSONEncoder().encode(self) else { return }
        let descriptor = open(Self.path(of: partial), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        Array(data).withUnsafeBytes { try? writeAll($0, to: descriptor, path: partial) }
    }
}
