import Foundation
import Terms

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Keeps damaged files: each under a second name in the folder `quarantine`, with a note that says why.
struct Quarantine: Sendable {
    /// Why a damaged file was set aside, written beside it.
    struct Note: Encodable {
        static let schema = "trainaudit.quarantine/1"
        var schema = Note.schema
        /// The shard's name.
        var name: String
        /// The file that was replaced, where the shard is a link to it.
        var linkTo: String?
        var status: ShardStatus
        var detail: String
        var expected: String?
        /// The SHA-256 of the file in quarantine; missing where it cannot be read.
        var actual: String?
        var bytes: Int
        var damagedRanges: [[Int]]
        var replacedFrom: String
    }

    /// A file in quarantine, whose first name still stands.
    struct Kept: Sendable {
        /// The name relative to the shard folder.
        let name: String
        fileprivate let made: [String]
        fileprivate let box: String?

        /// Takes the file out of quarantine again; its first name is untouched.
        func undo() {
            for path in made.reversed() { unlink(path) }
            if let box { rmdir(box) }
        }
    }

    /// The shard folder.
    let folder: ShardFolder

    /// Gives a file a second name in quarantine, the note first; the first name stays. When anything fails, nothing is
    /// left behind.
    ///
    /// The name begins with twelve digits of the file's own SHA-256, computed here and now.
    func keep(_ path: String, note: Note) throws(ShardError) -> Kept {
        guard let identity = FileIdentity(path: path), identity.isRegular else {
            throw .file(operation: "set aside", path: path, reason: "it is not a regular file; move it away yourself")
        }
        // A file on a failing disk cannot be hashed, and is kept all the same.
        let file = try? FileReader(path: path)
        let digest = file.flatMap {
            try? FileDigests.of($0, .init(whole: .sha256), pieceBytes: 1 << 20).whole?.asSHA256
        }
        var note = note
        note.actual = digest?.description
        note.bytes = identity.size
        let tag = digest.map { String($0.description.prefix(12)) } ?? "unreadable"
        let flat = WorkingName.shortened(note.name.replacingOccurrences(of: "/", with: "__"), to: 200)
        for copy in 1...1000 {
            let base = copy == 1 ? "\(tag)-\(flat)" : "\(tag)-\(copy)-\(flat)"
            if let kept = try keep(path, identity, digest: digest, file: file, as: base, note: note) { return kept }
        }
        throw .file(operation: "set aside", path: path, reason: "the quarantine is full of copies of it; empty it")
    }

    /// Tries one name; `nil` when it is taken.
    private func keep(
        _ path: String,
        _ identity: FileIdentity,
        digest: Digest256?,
        file: FileReader?,
        as base: String,
        note: Note
    ) throws(ShardError) -> Kept? {
        let (box, isNew) = try makeBox()
        let target = box + "/" + base
        var made: [String] = []
        func kept() -> Kept {
            Kept(name: ShardFolder.quarantineName + "/" + base, made: made, box: isNew ? box : nil)
        }
        do throws(ShardError) {
            guard !fileExists(target), try write(note, to: target + ".json", made: &made) else { return nil }
            if link(path, target) == 0 {
                made.append(target)
            } else if errno == EEXIST {
                kept().undo()
                return nil
            } else if let file {
                // Where links are not possible the file is copied, so that at no moment the shard has no name.
                let copy = try ProvenFile(path: target)
                try copy.write(file)
                try copy.commit(replacing: false)
                made.append(target)
                guard copy.digest() == digest else { throw Self.changed(path) }
            } else {
                throw .system("link to \(target)", path)
            }
            guard FileIdentity(path: path) == identity else { throw Self.changed(path) }
            syncFolder(of: target)
            return kept()
        } catch {
            kept().undo()
            throw error
        }
    }

    private static func changed(_ path: String) -> ShardError {
        .file(
            operation: "set aside",
            path: path,
            reason: "it changed meanwhile; run the command again when nothing writes to it"
        )
    }

    /// The folder of the quarantine, and whether it was made now.
    private func makeBox() throws(ShardError) -> (path: String, isNew: Bool) {
        let box = try folder.resolve(ShardFolder.quarantineName)
        if mkdir(box, 0o777) == 0 { return (box, true) }
        let code = errno
        guard code == EEXIST else { throw .system("make the folder", box, code: code) }
        guard FileIdentity(path: realPath(box))?.isFolder == true else {
            throw .file(
                operation: "set damaged shards aside",
                path: box,
                reason: "something that is not a folder has this name; rename it"
            )
        }
        return (box, false)
    }

    /// Writes the note under a name that must be free; `false` when it is not.
    private func write(_ note: Note, to path: String, made: inout [String]) throws(ShardError) -> Bool {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        guard let text = try? encoder.encode(note) else {
            throw .file(operation: "write", path: path, reason: "the note cannot be encoded")
        }
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else {
            if errno == EEXIST { return false }
            throw .system("write", path)
        }
        defer { close(descriptor) }
        made.append(path)
        let bytes = Array(text)
        do {
            try bytes.withUnsafeBytes { try writeAll($0, to: descriptor, path: path) }
        } catch let error as ShardError {
            throw error
        } catch {
            throw .file(operation: "write", path: path, reason: "the note cannot be written")
        }
        guard fsync(descriptor) == 0 else { throw .system("sync", path) }
        return true
    }
}
