import Foundation
import Replay
import TrainingLogs

/// A folder that is given where a log is expected: the newest run in it that has a training curve.
struct LogFolder {
    private let path: String
    private let listing: FolderListing
    private let runs: [FoundRun]

    /// Runs that are tried, newest first, before there is held to be none.
    private static let mostTried = 64
    /// Names of the folders that hold the evaluation of the run beside them.
    static let evaluationNames: Set<String> = ["val", "validation", "eval", "test", "dev", "valid"]

    init(_ path: String) {
        let path = Self.plain(path)
        self.path = path
        listing = FolderListing(path)
        runs = FolderRuns(listing).runs
    }

    /// The one form in which the names of places are compared: no slash behind another, none at the end.
    static func plain(_ path: String) -> String {
        let parts = path.split(separator: "/").joined(separator: "/")
        return path.hasPrefix("/") ? "/" + parts : parts
    }

    func history(trainer: String?) throws(LogError) -> TrainingHistory {
        var failures: [(run: FoundRun, error: LogError)] = []
        var onlyValidation: (run: FoundRun, history: TrainingHistory)?
        for run in runs.prefix(Self.mostTried) {
            do {
                let history = try read(run, trainer: trainer)
                if !history.train.isEmpty { return noted(history, run) }
                onlyValidation = onlyValidation ?? (run, history)
            } catch {
                failures.append((run, error))
            }
        }
        if let (run, history) = onlyValidation { return noted(history, run) }
        // What a tracker's file is refused for says more than the text files beside it.
        let told = failures.filter { $0.run.kind != .text }
        guard told.isEmpty else {
            if told.count == 1 { throw told[0].error }
            let reasons = told.prefix(3).map { "\($0.error)" }.joined(separator: " ")
            throw .badTracker(path: path, reason: "none of the \(told.count) runs in it could be read: \(reasons)")
        }
        throw .noLogInFolder(path: path, found: content)
    }

    // MARK: Reading

    private func read(_ run: FoundRun, trainer: String?) throws(LogError) -> TrainingHistory {
        var history: TrainingHistory
        switch run.kind {
        case .mlflow: history = try MLflowFolder.history(run.path)
        case .database:
            guard let found = try TrackerDatabase.history(path: run.path) else {
                throw .badTracker(path: run.path, reason: "is no SQLite database")
            }
            history = found
        case .text: history = try readText(run, trainer: trainer)
        default: history = try readFiles(run.files, trainer: trainer)
        }
        for file in run.settings {
            do {
                history.add(try Self.settings(inFile: file))
            } catch {
                history.notes.append("settings of the run were not read: \(error)")
            }
        }
        return history
    }

    /// Files of one run; those of its evaluation give their loss as validation. Files without a loss, such as those that hold
    /// hyperparameters alone, are left out.
    private func readFiles(_ files: [String], trainer: String?) throws(LogError) -> TrainingHistory {
        guard files.count > 1 else { return try LogReader.read(path: files[0], trainer: trainer) }
        var found: [String: TrainingHistory] = [:]
        var failure: LogError?
        for file in files {
            do {
                var history = try LogReader.read(path: file, trainer: trainer)
                if Self.isEvaluation(file, of: files[0]) {
                    if history.validation.isEmpty { history.validation = history.train }
                    history.train = Series()
                    history.segments = []
                }
                found[file] = history
            } catch {
                failure = failure ?? error
            }
        }
        // Files of one format number their steps alike; alone, one that begins in the middle looks as if it began at 1.
        for (format, group) in Dictionary(grouping: found.values, by: \.format) {
            let first = group.min { $0.train.steps.min() ?? .max < $1.train.steps.min() ?? .max }
            for file in found.keys where found[file]?.format == format { found[file]?.stepBase = first?.stepBase ?? 0 }
        }
        let read = files.filter { found[$0] != nil }
        guard !read.isEmpty else { throw failure ?? .nothingToRead }
        return try LogReader.read(paths: read, trainer: trainer) { (file) throws(LogError) in found[file] }
    }

    private static func isEvaluation(_ file: String, of first: String) -> Bool {
        let name = ((file as NSString).deletingLastPathComponent as NSString).lastPathComponent
        let main = ((first as NSString).deletingLastPathComponent as NSString).lastPathComponent
        guard main.hasSuffix("train"), name != main else { return false }
        return evaluationNames.contains { name.hasSuffix($0) }
    }

    /// A text file, and files beside it that print the same curve: standard output and `main.log` of one program.
    private func readText(_ run: FoundRun, trainer: String?) throws(LogError) -> TrainingHistory {
        let history = try LogReader.read(path: run.path, trainer: trainer)
        let folder = (run.path as NSString).deletingLastPathComponent
        let beside = runs.filter { other in
            other.kind == .text && other.path != run.path
                && (other.path as NSString).deletingLastPathComponent == folder
        }
        var files = [run.path]
        for other in beside.prefix(8) {
            guard let found = try? LogReader.read(path: other.path, trainer: trainer), found.isSameCurve(as: history)
            else {
                continue
            }
            files.append(other.path)
        }
        return files.count == 1 ? history : try LogReader.read(paths: files.sorted(), trainer: trainer)
    }

    private static func settings(inFile file: String) throws -> [RecordedSetting] {
        var configuration = RunConfiguration(file: file)
        if file.hasSuffix(".bin") {
            for (name, value) in try PickledArguments.read(path: file) { configuration.set([name], value) }
        } else if let handle = FileHandle(forReadingAtPath: file), let text = try handle.read(upToCount: 4 << 20) {
            text.withUnsafeBytes { configuration.add(yaml: $0) }
        }
        return configuration.settings
    }

    // MARK: Words

    private func noted(_ history: TrainingHistory, _ run: FoundRun) -> TrainingHistory {
        var history = history
        let place = name(of: run)
        if place != "." { history.origin = place + (history.origin.map { "#\($0)" } ?? "") }
        let isOwn: (FoundRun) -> Bool = { other in
            other.path == run.path || other.path.hasPrefix(run.path + "/") || run.path.hasPrefix(other.path + "/")
        }
        let others = runs.filter { $0.kind != .text && !isOwn($0) }.map { name(of: $0) }
        if !others.isEmpty {
            let names = others.prefix(8).joined(separator: ", ") + (others.count > 8 ? ", …" : "")
            let count = others.count == 1 ? "another run" : "\(others.count) other runs"
            history.notes.append(
                "\(count) in the folder not read, since \(place) is the newest with a training curve: \(names)"
            )
        }
        if let first = listing.unreadable.first {
            let count = listing.unreadable.count
            let others = count > 1 ? " and \(count - 1) more" : ""
            history.notes.append("\(shown(first))\(others): the folder may not be read, and was not looked into")
        }
        if listing.isCut { history.notes.append("the folder holds more than was looked at; name the run's own folder") }
        return history
    }

    /// A run as messages name it: by its place, and by what MLflow calls it.
    private func name(of run: FoundRun) -> String {
        guard run.kind == .mlflow, let title = MLflowFolder.name(run.path) else { return shown(run.path) }
        return "\(shown(run.path)) (\(title))"
    }

    private func shown(_ file: String) -> String {
        let root = path.hasSuffix("/") ? path : path + "/"
        return file == path ? "." : file.hasPrefix(root) ? String(file.dropFirst(root.count)) : file
    }

    /// What is there, for the message that no log is.
    private var content: String {
        let files = listing.files
        guard !files.isEmpty else { return "it is empty" }
        let names = files.prefix(6).map { shown($0.path) }.joined(separator: ", ")
        return "it holds \(files.count) \(files.count == 1 ? "file" : "files"): \(names)"
            + (files.count > 6 ? ", …" : "")
    }
}

extension TrainingHistory {
    /// Whether most of the steps that the shorter of two logs prints are in the other with the same loss.
    fileprivate func isSameCurve(as other: TrainingHistory) -> Bool {
        guard !contradicts(other) else { return false }
        let (mine, theirs) = (train.merged(), other.train.merged())
        let shift = other.stepBase &- stepBase
        let shared = zip(mine.steps, mine.values).reduce(0) { count, record in
            theirs.value(atStep: record.0 &+ shift).map { abs($0 - record.1) <= 0.006 } == true ? count + 1 : count
        }
        return shared * 2 > min(mine.count, theirs.count)
    }
}
