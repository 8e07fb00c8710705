/// A folder of shards. Names from a manifest are resolved here and nowhere else.
public struct ShardFolder: Sendable, Equatable {
    /// The folder's path.
    public let path: String

    /// Names a folder; it need not exist yet.
    public init(path: String) {
        self.path = path
    }

    /// The path of a shard.
    /// - Parameter manifest: Where the name is from, for messages; by default the shard's own path.
    /// - Throws: ``ShardError/unsafeName(manifest:name:reason:)`` when the name, or a link on its way, leaves the folder.
    public func resolve(_ name: String, manifest: String? = nil) throws(ShardError) -> String {
        let full = path + "/" + name
        func refused(_ reason: String) -> ShardError {
            .unsafeName(manifest: manifest ?? printable(full), name: name, reason: reason)
        }
        if let reason = Self.objection(to: name) { throw refused(reason) }
        // What lies directly in the folder and is no link cannot leave it: with many shards this saves most of the time.
        if !name.contains("/"), FileIdentity(path: full)?.isLink != true { return full }
        let root = realPath(path)
        let real = realPath(full)
        guard real == root || relativePath(real, in: root) != nil else {
            throw refused("is a link that leaves the folder (to \(printable(real)))")
        }
        return full
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
    public func fileNames(isRecursive: Bool = false) throws(ShardError) -> [String] {
        var result: [String] = []
        var open = [""]
        while let folder = open.popLast() {
            for part in try folderNames(path + "/" + folder) where !part.hasPrefix(".") {
                let name = folder + part
                guard let found = FileIdentity(path: path + "/" + name) else { continue }
                if found.isRegular {
                    result.append(name)
                } else if found.isLink {
                    let target = FileIdentity(path: realPath(path + "/" + name))
                    if let target, !target.isFolder { result.append(name) }
                } else if found.isFolder {
                    if isRecursive, part != Repairer.quarantineName { open.append(name + "/") }
                } else {
                    result.append(name)
                }
            }
        }
        return result.sorted()
    }
}
