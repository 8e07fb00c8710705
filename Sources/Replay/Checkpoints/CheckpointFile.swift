/// A checkpoint file and the number in its name.
public struct CheckpointFile: Sendable, Hashable {
    /// The file.
    public var path: String
    /// Number of optimizer updates already applied, from the file's name.
    public var updatesDone: Int

    /// Creates a record.
    public init(path: String, updatesDone: Int) {
        self.path = path
        self.updatesDone = updatesDone
    }

    /// The name that people tell it by: the file's, with the folder before it where the number is the folder's, as in
    /// `checkpoint-500/model.safetensors`.
    public var name: String { Self.name(ofPath: path) }

    /// ``name`` of a file that is not listed.
    public static func name(ofPath path: String) -> String {
        let parts = path.split(separator: "/").suffix(2).map(String.init)
        guard parts.count == 2, number(inName: parts[1]) == nil, number(inName: parts[0]) != nil else {
            return parts.last ?? path
        }
        return parts.joined(separator: "/")
    }

    /// The last run of digits in a path's last component before its extension: 500 for `model_00000500.bin`.
    public static func number(inName path: String) -> Int? {
        var name = path.split(separator: "/").last.map(String.init) ?? path
        if let dot = name.lastIndex(of: "."), dot != name.startIndex { name = String(name[..<dot]) }
        guard let end = name.lastIndex(where: isDigit) else { return nil }
        let upToEnd = name[...end]
        let start = upToEnd.lastIndex { !isDigit($0) }.map { upToEnd.index(after: $0) } ?? upToEnd.startIndex
        return Int(upToEnd[start...])
    }

    private static func isDigit(_ character: Character) -> Bool { ("0"..."9").contains(character) }
}
