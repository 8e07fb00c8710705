import Terms

/// A folder of shards. Names from a manifest are resolved here and nowhere else.
public struct ShardFolder: Sendable, Equatable {
    /// The folder inside it that keeps damaged files which were replaced.
    static let quarantineName = "quarantine"

    /// The folder's path.
    public let path: String
    /// A folder outside it that its links may point into, as those of a Hugging Face snapshot into `blobs/`.
    public let linkRoot: String?

    /// Names a folder; it need not exist yet.
    public init(path: String, linkRoot: String? = nil) {
        self.path = path
        self.linkRoot = linkRoot
    }

    /// The path of a shard.
    /// - Parameters:
    ///   - name: The name, as a manifest gives it.
    ///   - manifest: Where the name is from, for messages; by default the shard's own path.
    /// - Throws: ``ShardError/unsafeName(manifest:name:reason:)`` when the name, or a link on its way, leaves the folder.
    public func resolve(_ name: String, manifest: String? = nil) throws(ShardError) -> String {
        try locate(name, manifest: manifest).path
    }

    /// The path of a shard, and what stands there where that came to light on the way: nothing is looked at twice.
    func locate(
        _ name: String,
        manifest: String? = nil
    ) throws(ShardError) -> (path: String, file: FileIdentity?) {
        let full = path + "/" + name
        func refused(_ reason: String) -> ShardError {
            .unsafeName(manifest: manifest ?? printable(full), name: name, reason: reason)
        }
        if let reason = Self.objection(to: name) { throw refused(reason) }
        // Without a link on the way the path cannot leave the folder.
        let found = FileIdentity(path: full)
        if found?.isLink != true, !hasLinkedFolder(on: name) { return (full, found) }
        let root = realPath(path)
        let real = realPath(full)
        let isLinked = linkRoot.map { relativePath(real, in: realPath($0)) != nil } ?? false
        guard real == root || relativePath(real, in: root) != nil || isLinked else {
            throw refused("is a link that leaves the folder (to \(printable(real)))")
        }
        return (full, nil)
    }

    /// Whether a sub-folder on the way to a name is a link.
    private func hasLinkedFolder(on name: String) -> Bool {
        for end in name.utf8.indices where name.utf8[end] == UInt8(ascii: "/") {
            if FileIdentity(path: path + "/" + String(name[..<end]))?.isLink == true { return true }
        }
        return false
    }

    /// - Throws: ``ShardError/file(operation:path:reason:)`` when the folder does not exist or is something else.
    public func requireExists() throws(ShardError) {
        guard let found = FileIdentity(path: realPath(path)) else {
            throw .file(operation: "read the shards", path: path, reason: "the folder does not exist; check its name")
        }
        guard found.isFolder else {
            throw .file(operation: "read the shards", path: path, reason: "it is not a folder")
        }
    }

    /// What is wrong with a name from a manifest; `nil` when nothing is.
    public static func objection(to name: String) -> String? {
        if name.isEmpty { return "is empty" }
        if name.utf8.count > 4096 { return "is longer than 4096 bytes" }
        let bytes = Array(name.utf8)
        if bytes.first == UInt8(ascii: "/") { return "is an absolute path" }
        if bytes.contains(UInt8(ascii: "\\")) { return "contains a backslash" }
        if bytes.contains(where: { $0 < 32 || $0 == 127 }) { return "contains a control character" }
        let parts = bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
        if parts.contains("..") { return "leaves the folder" }
        if parts.contains("") || parts.contains(".") { return "is not in its shortest form" }
        return nil
    }

    /// The names of the regular files in the folder, sorted; hidden files and sub-folders are left out.
    /// - Parameter isRecursive: Whether to search the sub-folders too, but for hidden ones, the quarantine, and links to
    ///   folders; their files have names with `/`.
    /// - Parameter keepsDangling: Whether links that lead nowhere are listed too.
    /// - Parameter known: Names left out, of which is known that they are files.
    public func fileNames(
        isRecursive: Bool = false,
        keepsDangling: Bool = false,
        except known: Set<String> = []
    ) throws(ShardError) -> [String] {
        var result: [String] = []
        var open = [""]
        while let folder = open.popLast() {
            for part in try folderNames(path + "/" + folder) where !part.hasPrefix(".") {
                let name = folder + part
                guard !known.contains(name) else { continue }
                guard let found = FileIdentity(path: path + "/" + name) else { continue }
                if found.isRegular {
                    result.append(name)
                } else if found.isLink {
                    let target = FileIdentity(path: realPath(path + "/" + name))
                    if target.map({ !$0.isFolder }) ?? keepsDangling { result.append(name) }
                } else if found.isFolder {
                    if isRecursive, part != Self.quarantineName { open.append(name + "/") }
                } else {
                    result.append(name)
                }
            }
        }
        return result.sorted()
    }
}
