import Foundation

extension Manifest {
    /// A folder with what is known of its shards: its own list, an index, or what its layout says of it.
    public struct Located: Sendable {
        /// The folder the shards are in.
        public var folder: ShardFolder
        /// What is known of them.
        public var manifest: Manifest
    }

    /// The lists that are looked for in a folder, in this order.
    public static let wellKnownNames = ["shards.lock.json", "SHA256SUMS", "index.json"]

    /// Finds what is known of the shards in a folder.
    ///
    /// In this order: a Hugging Face cache, whose file names are digests; a list of a well-known name; the metadata of
    /// `hf download --local-dir`; Git LFS pointers. Otherwise every file is listed and nothing proves it.
    /// - Parameters:
    ///   - path: The folder to look in.
    ///   - directory: The shards' own folder, where it is another.
    public static func locate(folder path: String, directory: String? = nil) throws(ShardError) -> Located {
        let plain = ShardFolder(path: directory ?? path)
        try ShardFolder(path: path).requireExists()
        try plain.requireExists()
        if directory == nil, let cache = try HubCache.locate(path) { return cache }
        for name in wellKnownNames where fileExists(path + "/" + name) {
            // Other programs keep other things under this name.
            if name == "index.json", !isIndex(path + "/" + name) { continue }
            return Located(folder: plain, manifest: try read(path: path + "/" + name))
        }
        let metadata = try HubCache.metadata(in: path)
        if !metadata.isEmpty {
            return try checked(Manifest(path: path, form: .hubMetadata, entries: metadata), in: plain)
        }
        // With the shards elsewhere pointers are the list; among shards they are shards that never came.
        if directory != nil {
            let pointers = try ShardFolder(path: path).fileNames(isRecursive: true).compactMap {
                LFSPointerManifest.entry(path: path + "/" + $0, name: $0)
            }
            if !pointers.isEmpty {
                return try checked(Manifest(path: path, form: .lfsPointers, entries: pointers), in: plain)
            }
        }
        return Located(folder: plain, manifest: try Manifest(listing: plain))
    }

    /// Lists the files of a folder without a manifest: every file is there and nothing proves it.
    /// - Parameters:
    ///   - folder: The folder.
    ///   - isRecursive: Whether the files of sub-folders belong to it too.
    public init(listing folder: ShardFolder, isRecursive: Bool = false) throws(ShardError) {
        let entries = try folder.fileNames(isRecursive: isRecursive).map { ManifestEntry(name: $0) }
        self.init(path: folder.path, form: .folder, entries: entries)
    }

    /// Whether a file looks like an index of shards: that it is a sound one shows when it is read.
    private static func isIndex(_ path: String) -> Bool {
        guard let file = try? FileReader(path: path), file.size <= largestFile,
            let bytes = try? file.bytes(0..<file.size)
        else { return false }
        let text = Data(bytes)
        return text.range(of: Data("\"shards\"".utf8)) != nil || text.range(of: Data("\"chunks\"".utf8)) != nil
    }

    private static func checked(_ manifest: Manifest, in folder: ShardFolder) throws(ShardError) -> Located {
        var manifest = manifest
        try manifest.check()
        return Located(folder: folder, manifest: manifest)
    }
}
