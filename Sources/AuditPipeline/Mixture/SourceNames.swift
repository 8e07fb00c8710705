/// The source that each shard belongs to, read from the names: the folder, and the file's name before its number.
///
/// `fineweb_train_000042.bin` is of `fineweb_train`, `wiki/shard.00003.mds.zstd` of `wiki`, `chunk-0-17.bin` of `chunk`.
/// What all sources share is left out where the rest still tells them apart.
package enum SourceNames {
    /// The source of each shard, in the order of the names.
    package static func of(_ names: [String]) -> [String] {
        let parts = names.map(parts)
        let sources = joined(parts)
        let count = Set(sources).count
        guard count > 1, 2 * count > names.count else { return sources }
        // Names that give most shards a source of their own number them in the middle (Spark's `part-00012-…`).
        let shorter = joined(parts.map { (folder: $0.folder, stem: prefixBeforeDigit($0.stem)) })
        return Set(shorter).count < count ? shorter : sources
    }

    /// Folder and stem as one name; what is alike for all shards is left out of it.
    private static func joined(_ parts: [(folder: String, stem: String)]) -> [String] {
        let hasFolders = Set(parts.map(\.folder)).count > 1
        let hasStems = Set(parts.map(\.stem)).count > 1
        return parts.map { folder, stem in
            if hasFolders, hasStems { return folder.isEmpty ? stem : stem.isEmpty ? folder : "\(folder)/\(stem)" }
            if hasFolders { return folder.isEmpty ? "." : folder }
            return stem.isEmpty ? (folder.isEmpty ? "shards" : folder) : stem
        }
    }

    private static func parts(_ name: String) -> (folder: String, stem: String) {
        guard let slash = name.lastIndex(of: "/") else { return ("", stem(name[...])) }
        return (String(name[..<slash]), stem(name[name.index(after: slash)...]))
    }

    /// A file's name without endings and without its number.
    private static func stem(_ file: Substring) -> String {
        // `shard.00003.mds.zstd` has its number between dots, so endings are taken off only as far as they are words.
        var rest = file
        while let dot = rest.lastIndex(of: "."), dot != rest.startIndex, isEnding(rest[rest.index(after: dot)...]) {
            rest = rest[..<dot]
        }
        // litdata numbers its chunks by worker and place.
        if let match = rest.wholeMatch(of: #/(chunk)-\d+-\d+/#) { return String(match.output.1) }
        if let match = rest.wholeMatch(of: #/(.*?)[-_.]*\d+[-_.]of[-_.]\d+/#) { return String(match.output.1) }
        if let match = rest.wholeMatch(of: #/(.*?)[-_.]*\d+/#) { return String(match.output.1) }
        if let match = rest.wholeMatch(of: #/\d+[-_.]+(.+)/#) { return String(match.output.1) }
        return String(rest)
    }

    private static func isEnding(_ text: Substring) -> Bool {
        text.count <= 10 && text.contains(where: \.isLetter) && text.allSatisfy { $0.isLetter || $0.isNumber }
    }

    private static func prefixBeforeDigit(_ stem: String) -> String {
        var prefix = stem.prefix { !$0.isNumber }
        while let last = prefix.last, "-_.".contains(last) { prefix = prefix.dropLast() }
        return String(prefix)
    }
}
