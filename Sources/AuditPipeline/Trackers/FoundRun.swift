import TrainingLogs

/// The files of one run in a folder.
struct FoundRun {
    /// What wrote them, in the order in which they are preferred where times are equal.
    enum Kind: Int {
        case wandb, mlflow, database, trainerState, lightning, events, console, text
    }

    var kind: Kind
    /// The run's own folder, or its file.
    var path: String
    /// The files to read, the one that gives the numbering first.
    var files: [String]
    /// Seconds since 1970 at which it began, as its names say, or else was last written.
    var time: Double
    /// Seconds since 1970 at which it was last written.
    var written: Double
    /// Files with settings: `hparams.yaml`, `training_args.bin`.
    var settings: [String] = []

    /// Whether it is newer; where times are equal, by version numbers in the names.
    func isNewer(than other: FoundRun) -> Bool {
        // A copy of a folder loses times and keeps numbers.
        if let mine = version, let theirs = other.version, mine.folder == theirs.folder {
            return mine.number > theirs.number
        }
        if time != other.time { return time > other.time }
        if kind != other.kind { return kind.rawValue < other.kind.rawValue }
        return Self.isLater(path, other.path)
    }

    /// The number of Lightning's `version_3`, and the folder that it lies in.
    private var version: (folder: Substring, number: Int)? {
        guard let slash = path.lastIndex(of: "/"), path[slash...].hasPrefix("/version_"),
            let number = Int(path[slash...].dropFirst("/version_".count))
        else { return nil }
        return (path[..<slash], number)
    }

    /// Whether a name comes behind another, digits read as numbers: `version_10` behind `version_9`.
    static func isLater(_ one: String, _ other: String) -> Bool {
        func parts(_ text: String) -> [(number: Int?, text: String)] {
            var parts: [(number: Int?, text: String)] = []
            var rest = Substring(text)
            while let first = rest.first {
                let isDigit = first.isASCII && first.isNumber
                let part = rest.prefix { ($0.isASCII && $0.isNumber) == isDigit }
                parts.append((isDigit ? Int(part) : nil, String(part)))
                rest = rest.dropFirst(part.count)
            }
            return parts
        }
        for (a, b) in zip(parts(one), parts(other)) {
            if let x = a.number, let y = b.number, x != y { return x > y }
            if a.number == nil || b.number == nil, a.text != b.text { return a.text > b.text }
        }
        return one.count > other.count
    }
}
