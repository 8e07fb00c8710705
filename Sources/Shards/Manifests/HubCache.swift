import Foundation
import Terms

/// What a folder written by the Hugging Face client knows of its files, without any manifest and without the network.
///
/// In its cache `snapshots/<commit>/<path>` are links to `blobs/<etag>`, and the name of a blob is the SHA-256 of a large file
/// or the git SHA-1 of a small one. `--local-dir` keeps the same in `.cache/huggingface/download/<path>.metadata`. Reference
/// `manifests.md` 4.
enum HubCache {
    /// The snapshot that a path names: a repository's folder in the cache, or one of its snapshots; `nil` for others.
    static func locate(_ path: String) throws(ShardError) -> Manifest.Located? {
        let real = realPath(path)
        let snapshot: String
        if isFolder(real + "/blobs"), isFolder(real + "/snapshots") {
            snapshot = real + "/snapshots/" + (try commit(of: real, path: path))
        } else {
            let (parent, _) = splitPath(real)
            let (repository, kind) = splitPath(parent)
            guard kind == "snapshots", isFolder(repository + "/blobs") else { return nil }
            snapshot = real
        }
        let repository = splitPath(splitPath(snapshot).folder).folder
        let folder = ShardFolder(path: snapshot, linkRoot: repository)
        let entries = try folder.fileNames(isRecursive: true, keepsDangling: true).map {
            entry(name: $0, path: snapshot + "/" + $0)
        }
        var manifest = Manifest(path: path, form: .hubCache, entries: entries)
        try manifest.check()
        return Manifest.Located(folder: folder, manifest: manifest)
    }

    private static func entry(name: String, path: String) -> ManifestEntry {
        guard FileIdentity(path: path)?.isLink == true,
            let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path)
        else { return ManifestEntry(name: name, note: "it is no link into blobs/, so nothing proves it") }
        return described(ManifestEntry(name: name), etag: splitPath(target).name)
    }

    private static func described(_ entry: ManifestEntry, etag: String) -> ManifestEntry {
        var entry = entry
        if let digest = Digest256(hex: etag) {
            entry.sha256 = digest
        } else if let digest = ContentDigest(.gitSHA1, hex: etag) {
            entry.digests = [digest]
        } else {
            entry.note = "its etag \(printable(String(etag.prefix(80)))) is no digest"
        }
        return entry
    }

    /// The commit to look at: that of `main`, or the only one there is.
    private static func commit(of repository: String, path: String) throws(ShardError) -> String {
        let commits = try folderNames(repository + "/snapshots").filter { isFolder(repository + "/snapshots/" + $0) }
        let reference = repository + "/refs/main"
        if let size = fileSize(reference), size <= 256, let file = try? FileReader(path: reference),
            let bytes = try? file.bytes(0..<size)
        {
            let commit = String(decoding: bytes, as: UTF8.self).trimmed
            if commits.contains(commit) { return commit }
        }
        guard let only = commits.first, commits.count == 1 else {
            throw .manifest(
                path: path,
                place: "snapshots",
                found: commits.isEmpty ? "no snapshot" : "\(commits.count) snapshots, and none that refs/main names",
                expected: "the path of one of them, as in \(printable(path))/snapshots/<commit>"
            )
        }
        return only
    }

    /// What `--local-dir` kept of the files in a folder.
    static func metadata(in path: String) throws(ShardError) -> [ManifestEntry] {
        let root = path + "/.cache/huggingface/download"
        guard isFolder(root) else { return [] }
        let suffix = ".metadata"
        var entries: [ManifestEntry] = []
        for name in try ShardFolder(path: root).fileNames(isRecursive: true) where name.hasSuffix(suffix) {
            let file = try FileReader(path: root + "/" + name)
            guard file.size <= 4096 else { continue }
            let lines = String(decoding: try file.bytes(0..<file.size), as: UTF8.self).split(
                whereSeparator: \.isNewline
            )
            guard lines.count >= 2 else { continue }
            entries.append(
                described(ManifestEntry(name: String(name.dropLast(suffix.count))), etag: lines[1].trimming())
            )
        }
        return entries
    }

    private static func isFolder(_ path: String) -> Bool { FileIdentity(path: path)?.isFolder == true }
}
