import Foundation

/// The files below a folder, found without following links to folders: a loop of them would have no end.
struct FolderListing {
    /// A file.
    struct File {
        var path: String
        var bytes: Int
        /// Seconds since 1970 at which it was last written.
        var modified: Double
    }

    /// Files by the folder they lie in, in the order of their names; folders in the order of theirs.
    private(set) var folders: [(path: String, files: [File])] = []
    /// Whether there is more than was looked at.
    private(set) var isCut = false
    /// Folders whose content may not be read.
    private(set) var unreadable: [String] = []

    private static let deepest = 12
    private static let mostEntries = 100_000
    /// What holds no logs and may hold very many files.
    private static let passedOver: Set<String> = [
        ".git", ".venv", "venv", "node_modules", "__pycache__", ".ipynb_checkpoints", "site-packages", "artifacts",
    ]

    init(_ root: String) {
        var waiting = [(path: root, depth: 0)]
        var entries = 0
        while let (folder, depth) = waiting.popLast() {
            let names = try? FileManager.default.contentsOfDirectory(atPath: folder)
            if names == nil { unreadable.append(folder) }
            var files: [File] = []
            var below: [(path: String, depth: Int)] = []
            for name in (names ?? []).sorted() {
                entries += 1
                guard entries <= Self.mostEntries else {
                    isCut = true
                    break
                }
                let path = folder.hasSuffix("/") ? folder + name : folder + "/" + name
                guard let found = Self.look(at: path) else { continue }
                if !found.isFolder {
                    files.append(File(path: path, bytes: found.bytes, modified: found.modified))
                } else if !found.isLink, !Self.passedOver.contains(name) {
                    if depth < Self.deepest { below.append((path, depth + 1)) } else { isCut = true }
                }
            }
            folders.append((folder, files))
            waiting += below.reversed()
            if isCut { break }
        }
    }

    /// All files.
    var files: [File] { folders.flatMap(\.files) }

    /// A file or folder; nil for pipes and devices, whose reading may never end, and for links that lead nowhere.
    fileprivate static func look(at path: String) -> (isFolder: Bool, isLink: Bool, bytes: Int, modified: Double)? {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        let isLink = status.st_mode & S_IFMT == S_IFLNK
        if isLink, stat(path, &status) != 0 { return nil }
        let type = status.st_mode & S_IFMT
        guard type == S_IFDIR || type == S_IFREG else { return nil }
        #if canImport(Darwin)
            let time = status.st_mtimespec
        #else
            let time = status.st_mtim
        #endif
        let modified = Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
        return (type == S_IFDIR, isLink, Int(status.st_size), modified)
    }
}

extension FolderListing.File {
    /// A regular file, or a link to one; nil for anything else.
    init?(path: String) {
        guard let found = FolderListing.look(at: path), !found.isFolder else { return nil }
        self.init(path: path, bytes: found.bytes, modified: found.modified)
    }
}
