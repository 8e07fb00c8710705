import Foundation
import Terms
import Yams

/// `.dvc` files, `dvc.lock`, and the `.dir` objects of DVC's cache. Reference `manifests.md` 7.
///
/// An output that is a folder names an object of the cache, a JSON list of its files, which must lie in `.dvc/cache` above the
/// manifest.
enum DVCManifest {
    private struct FileOfFolder: Decodable {
        var md5: String
        var relpath: String
    }

    static func recognises(_ text: String) -> Bool {
        let lines = text.split(whereSeparator: \.isNewline)
        return lines.contains { $0 == "outs:" || $0 == "stages:" }
            && lines.contains { $0.contains("md5:") || $0.hasPrefix("schema:") }
    }

    static func parse(folderObject bytes: [UInt8], path: String) throws(ShardError) -> Manifest {
        let entries = try files(bytes, in: "", path: path)
        return Manifest(path: path, form: .dvc, entries: entries)
    }

    static func parse(bytes: [UInt8], path: String) throws(ShardError) -> Manifest {
        guard bytes.count <= 64 << 20 else {
            throw .manifest(
                path: path,
                place: "size",
                found: "\(bytes.count) bytes",
                expected: "at most 64 MiB of YAML"
            )
        }
        let root: Node?
        do {
            root = try Yams.compose(yaml: String(decoding: bytes, as: UTF8.self))
        } catch {
            throw .manifest(path: path, place: "YAML", found: "it cannot be parsed", expected: "a DVC file")
        }
        var lists: [(outs: Node, folder: String, place: String)] = []
        if let outs = root?["outs"] { lists.append((outs, root?["wdir"]?.string ?? "", "outs")) }
        for (name, stage) in root?["stages"]?.mapping.map(Array.init) ?? [] {
            guard let outs = stage["outs"] else { continue }
            lists.append((outs, "", "stages.\(printable(name.string ?? "?")).outs"))
        }
        var entries: [ManifestEntry] = []
        for (outs, folder, place) in lists {
            guard let sequence = outs.sequence else {
                throw .manifest(path: path, place: place, found: "no list", expected: "a list of outputs")
            }
            for (index, out) in sequence.enumerated() {
                entries += try output(out, folder: folder, place: "\(place)[\(index)]", path: path)
            }
        }
        return Manifest(path: path, form: .dvc, entries: entries)
    }

    private static func output(
        _ out: Node,
        folder: String,
        place: String,
        path: String
    ) throws(ShardError) -> [ManifestEntry] {
        guard let relative = out["path"]?.string else {
            throw .manifest(path: path, place: place, found: "no path", expected: "an output with path and md5")
        }
        let base = folder.isEmpty || folder == "." ? "" : folder + "/"
        let name = base + relative
        guard let text = out["md5"]?.string else {
            return [ManifestEntry(name: name, note: "DVC has no MD5 of it")]
        }
        if text.hasSuffix(".dir") {
            return try files(try object(text, path: path, place: place), in: name + "/", path: path)
        }
        return [
            ManifestEntry(
                name: name,
                bytes: out["size"]?.string.flatMap { Int($0) },
                digests: [try digest(text, place: place, path: path)]
            )
        ]
    }

    private static func digest(_ text: String, place: String, path: String) throws(ShardError) -> ContentDigest {
        guard let digest = ContentDigest(.md5, hex: text) else {
            throw .manifest(
                path: path,
                place: "\(place).md5",
                found: "\"\(printable(text))\"",
                expected: "32 hexadecimal digits"
            )
        }
        return digest
    }

    private static func files(_ bytes: [UInt8], in folder: String, path: String) throws(ShardError) -> [ManifestEntry] {
        let list = try JSONManifests.decode([FileOfFolder].self, bytes, path: path, as: "a .dir object of DVC")
        var entries: [ManifestEntry] = []
        for file in list {
            let digest = try digest(file.md5, place: printable(file.relpath), path: path)
            entries.append(ManifestEntry(name: folder + file.relpath, digests: [digest]))
        }
        return entries
    }

    /// The list of a folder's files, from the cache of the repository that the manifest lies in.
    private static func object(_ name: String, path: String, place: String) throws(ShardError) -> [UInt8] {
        guard ContentDigest(.md5, hex: name.dropLast(4)) != nil else {
            throw .manifest(path: path, place: place, found: "\"\(printable(name))\"", expected: "an MD5 and .dir")
        }
        let part = "\(name.prefix(2))/\(name.dropFirst(2))"
        var folder = splitPath(realPath(path)).folder
        while true {
            for cache in ["files/md5/", ""] {
                let object = "\(folder)/.dvc/cache/\(cache)\(part)"
                guard fileExists(object) else { continue }
                let file = try FileReader(path: object)
                guard file.size <= Manifest.largestFile else { break }
                return try file.bytes(0..<file.size)
            }
            let parent = splitPath(folder).folder
            guard parent != folder, parent != "." else { break }
            folder = parent
        }
        throw .manifest(
            path: path,
            place: place,
            found: "a folder whose list of files, \(printable(part)), is in no .dvc/cache above the manifest",
            expected: "the DVC repository with its cache; run `dvc fetch`"
        )
    }
}
