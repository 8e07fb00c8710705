import Foundation

/// A folder of shards. Names from a manifest are resolved here and nowhere else.
public struct ShardFolder: Sendable, Equatable {
    /// The folder's path.
    public let path: String

    /// Names a folder; it need not exist yet.
    public init(path: String) {
        self.path = path
    }

    /// The path of a shard.
    /// - Throws: ``ShardError/unsafeName(manifest:name:reason:)`` when the name, or a link on its way, leaves the folder.
    public func resolve(_ name: String, manifest: String = "manifest") throws(ShardError) -> String {
        if let reason = Self.objection(to: name) {
            throw .unsafeName(manifest: manifest, name: name, reason: reason)
        }
        let full = path + "/" + name
        let root = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        let real = URL(fileURLWithPath: full).resolvingSymlinksInPath().path
        guard real == root || real.hasPrefix(root.hasSuffix("/") ? root : root + "/") else {
            throw .unsafeName(manifest: manifest, name: name, reason: "is a link that leaves the folder (to \(real))")
        }
        return full
    }

    /// What is wrong with a name from a manifest; `nil` when nothing is.
    public static func objection(to name: String) -> String? {
        if name.isEmpty { return "is empty" }
        if name.utf8.count > 4096 { return "is longer than 4096 bytes" }
        if name.hasPrefix("/") { return "is an absolute path" }
        if name.contains("\\") { return "contains a backslash" }
        if name.unicodeScalars.contains(where: { $0.value < 32 || $0.value == 127 }) {
            return "contains a control character"
        }
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        if parts.contains("..") { return "leaves the folder" }
        if parts.contains("") || parts.contains(".") { return "is not in its shortest form" }
        return nil
    }

    /// The names of the regular files in the folder, sorted; hidden files and sub-folders are left out.
    public func fileNames() throws(ShardError) -> [String] {
        do {
            let names = try FileManager.default.contentsOfDirectory(atPath: path)
            return names.filter { name in
                var isFolder: ObjCBool = false
                let exists = FileManager.default.fileExists(atPath: path + "/" + name, isDirectory: &isFolder)
                return exists && !isFolder.boolValue && !name.hasPrefix(".")
            }.sorted()
        } catch {
            throw .file(operation: "list", path: path, reason: "the folder is missing or not readable")
        }
    }
}
