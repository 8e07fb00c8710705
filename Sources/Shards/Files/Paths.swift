import Foundation

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A path as folder and name. By bytes, as the system sees it: to Swift a slash before a combining mark is no slash.
func splitPath(_ path: String) -> (folder: String, name: String) {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return (".", path) }
    let folder = path[..<slash]
    return (folder.isEmpty ? "/" : String(folder), String(path[path.utf8.index(after: slash)...]))
}

/// A path inside a folder, relative to it; `nil` for any other. Both are real paths.
func relativePath(_ path: String, in root: String) -> String? {
    let root = root.hasSuffix("/") ? root : root + "/"
    guard path.utf8.starts(with: root.utf8) else { return nil }
    return String(decoding: path.utf8.dropFirst(root.utf8.count), as: UTF8.self)
}

/// The path with all links on it followed, as far as it exists; what does not exist yet stays as it is.
///
/// Foundation leaves a path unresolved of which the last part is missing, so that a link before it would go unseen.
func realPath(_ path: String, hops: Int = 40) -> String {
    if let resolved = realpath(path, nil) {
        defer { free(resolved) }
        return String(cString: resolved)
    }
    let (folder, name) = splitPath(path)
    guard hops > 0, folder != path, path != "." else { return path }
    if FileIdentity(path: path)?.isLink == true,
        let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path)
    {
        return realPath(target.hasPrefix("/") ? target : folder + "/" + target, hops: hops - 1)
    }
    let parent = realPath(folder, hops: hops - 1)
    return parent.hasSuffix("/") ? parent + name : parent + "/" + name
}
