import Terms

extension Manifest {
    /// A manifest larger than this is not read.
    static let largestFile = 1 << 30

    /// Reads a manifest of any supported form, recognised by its content and not by its name.
    /// - Throws: ``ShardError`` when it cannot be read, is of no known form, or lists what must not be.
    public static func read(path: String) throws(ShardError) -> Manifest {
        let file = try FileReader(path: path)
        guard file.size <= largestFile else {
            throw .manifest(
                path: path,
                place: "size",
                found: "\(file.size) bytes",
                expected: "a manifest of at most 1 GiB"
            )
        }
        return try parse(bytes: try file.bytes(0..<file.size), path: path)
    }

    /// Reads a manifest from memory.
    /// - Parameters:
    ///   - bytes: The whole manifest.
    ///   - path: Where it is from: for messages, and for what some forms keep in files beside it.
    public static func parse(bytes: [UInt8], path: String) throws(ShardError) -> Manifest {
        var manifest = try parseForm(bytes: bytes, path: path)
        try manifest.check()
        return manifest
    }

    private static func parseForm(bytes: [UInt8], path: String) throws(ShardError) -> Manifest {
        var body = bytes[...]
        if body.starts(with: [0xef, 0xbb, 0xbf]) { body = body.dropFirst(3) }
        let first = body.first { $0 != 32 && !(9...13).contains($0) }
        switch first {
        case UInt8(ascii: "{"): return try JSONManifests.parse(object: Array(body), path: path)
        case UInt8(ascii: "["): return try JSONManifests.parse(array: Array(body), path: path)
        case UInt8(ascii: "<"): return try MetalinkManifest.parse(bytes: Array(body), path: path)
        default: break
        }
        if body.starts(with: LFSPointer.mark) {
            let entry = try LFSPointerManifest.entry(bytes: Array(body), path: path, name: splitPath(path).name)
            return Manifest(path: path, form: .lfsPointers, entries: [entry])
        }
        let head = String(decoding: body.prefix(1 << 16), as: UTF8.self)
        if DVCManifest.recognises(head) { return try DVCManifest.parse(bytes: Array(body), path: path) }
        if CSVManifest.recognises(head) {
            return try CSVManifest.parse(text: String(decoding: body, as: UTF8.self), path: path)
        }
        return try ChecksumList.parse(bytes: body, path: path)
    }

    /// Refuses names that leave the folder or that stand for one file, and sizes that cannot be.
    mutating func check() throws(ShardError) {
        guard !entries.isEmpty else {
            throw .manifest(path: path, place: "whole file", found: "no shard listed", expected: "at least one")
        }
        var seen = [String: String](minimumCapacity: entries.count)
        var folders: Set<String> = []
        var bytes = 0
        var tokens = 0
        for entry in entries {
            for value in [entry.bytes ?? 0, entry.tokens ?? 0] where !(0...Self.largestShard).contains(value) {
                throw .manifest(
                    path: path,
                    place: printable(entry.name),
                    found: "\(value)",
                    expected: "a size of 0 to \(Self.largestShard) (2^50)"
                )
            }
            // Each is at most 2^50, so that the sums cannot overflow.
            bytes += entry.bytes ?? 0
            tokens += entry.tokens ?? 0
            guard max(bytes, tokens) <= Self.largestTotal else {
                throw .manifest(
                    path: path,
                    place: printable(entry.name),
                    found: "the sizes up to here add up to more than \(Self.largestTotal)",
                    expected: "sizes that are possible"
                )
            }
            if let reason = ShardFolder.objection(to: entry.name) {
                throw .unsafeName(manifest: path, name: entry.name, reason: reason)
            }
            try checkCollision(entry.name, &seen, &folders)
        }
        for entry in entries {
            guard folders.contains(Self.folded(entry.name)) else { continue }
            throw .unsafeName(manifest: path, name: entry.name, reason: "is a file here and a folder elsewhere in it")
        }
    }

    private func checkCollision(
        _ name: String,
        _ seen: inout [String: String],
        _ folders: inout Set<String>
    ) throws(ShardError) {
        let key = Self.folded(name)
        if let other = seen.updateValue(name, forKey: key) {
            guard Array(other.utf8) == Array(name.utf8) else {
                throw .unsafeName(
                    manifest: path,
                    name: name,
                    reason:
                        "differs from \"\(printable(other))\" only by case or by the form of a letter, and would be "
                        + "the same file on many file systems"
                )
            }
            throw .manifest(
                path: path,
                place: printable(name),
                found: "the name is listed twice",
                expected: "one entry a shard"
            )
        }
        guard key.utf8.contains(UInt8(ascii: "/")) else { return }
        var parent = splitPath(key).folder
        while parent != ".", parent != "/", folders.insert(parent).inserted { parent = splitPath(parent).folder }
    }

    /// A name as a file system sees it that ignores case and the form of letters; Swift compares by canonical form.
    private static func folded(_ name: String) -> String { name.lowercased() }
}
