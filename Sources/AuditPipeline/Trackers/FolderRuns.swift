import Foundation

/// The runs in a folder, by the names of their files: each layout of a tracker or trainer is a rule here.
struct FolderRuns {
    private(set) var runs: [FoundRun] = []

    init(_ listing: FolderListing) {
        let root = listing.folders.first?.path ?? ""
        for (folder, files) in listing.folders {
            let names = Dictionary(files.map { (($0.path as NSString).lastPathComponent, $0) }) { first, _ in first }
            if Self.isInsideRun(folder, below: root) { continue }
            addWandb(folder, names)
            addMLflow(folder, names, listing)
            addTrainerState(folder, names)
            addLightning(folder, names)
            addEvents(folder, names)
            addDatabases(names)
            addText(folder, names)
        }
        joinWandbRuns()
        joinEventsOfTrainers()
        joinSplits()
        orderByTime()
    }

    private typealias Files = [String: FolderListing.File]

    /// Folders of a run whose files its main file stands for: W&B's own logs, the metrics of an MLflow run.
    private static func isInsideRun(_ folder: String, below root: String) -> Bool {
        var above = root
        for part in folder.dropFirst(root.count).split(separator: "/") {
            let name = (above as NSString).lastPathComponent
            if isWandbName(name), ["files", "logs", "tmp"].contains(part) { return true }
            if ["metrics", "params", "tags", "inputs", "outputs"].contains(part), isMLflow(above) { return true }
            above += (above.hasSuffix("/") ? "" : "/") + part
        }
        return false
    }

    /// `run-20240131_120000-abcd`, also `offline-run-…`.
    private static func isWandbName(_ name: String) -> Bool {
        let name = name.hasPrefix("offline-") ? String(name.dropFirst(8)) : name
        guard name.hasPrefix("run-"), name.count > 20 else { return false }
        return name.dropFirst(4).prefix(8).allSatisfy(\.isNumber) && name.dropFirst(12).first == "_"
    }

    /// The time in a W&B folder's name, counted as if in UTC: enough to sort by.
    private static func wandbTime(_ name: String) -> Double? {
        let digits = name.drop { !$0.isNumber }.prefix(15).filter(\.isNumber)
        guard digits.count == 14, isWandbName(name) else { return nil }
        func part(_ from: Int, _ count: Int) -> Double { Double(String(digits.dropFirst(from).prefix(count))) ?? 0 }
        let days = (part(0, 4) - 1970) * 365.2425 + (part(4, 2) - 1) * 30.5 + part(6, 2)
        return days * 86400 + part(8, 2) * 3600 + part(10, 2) * 60 + part(12, 2)
    }

    private mutating func addWandb(_ folder: String, _ files: Files) {
        let found = files.values.filter { $0.path.hasSuffix(".wandb") }.sorted { $0.path < $1.path }
        let name = (folder as NSString).lastPathComponent
        for file in found {
            let time = Self.wandbTime(name) ?? file.modified
            runs.append(FoundRun(kind: .wandb, path: folder, files: [file.path], time: time, written: file.modified))
        }
        // Without the run's own file its console is what is left.
        guard found.isEmpty, Self.isWandbName(name) else { return }
        let console = folder + "/files/output.log"
        guard let file = FolderListing.File(path: console) else { return }
        runs.append(
            FoundRun(
                kind: .console,
                path: folder,
                files: [console],
                time: Self.wandbTime(name) ?? file.modified,
                written: file.modified,
                settings: [folder + "/files/config.yaml"]
            )
        )
    }

    private static func isMLflow(_ folder: String) -> Bool {
        FileManager.default.fileExists(atPath: folder + "/meta.yaml")
    }

    private mutating func addMLflow(_ folder: String, _ files: Files, _ listing: FolderListing) {
        guard let meta = files["meta.yaml"] else { return }
        let metrics = listing.folders.filter {
            $0.path == folder + "/metrics" || $0.path.hasPrefix(folder + "/metrics/")
        }
        let newest = metrics.flatMap(\.files).map(\.modified).max()
        guard let newest else { return }
        runs.append(FoundRun(kind: .mlflow, path: folder, files: [meta.path], time: newest, written: newest))
    }

    private mutating func addTrainerState(_ folder: String, _ files: Files) {
        guard let state = files["trainer_state.json"] else { return }
        let name = (folder as NSString).lastPathComponent
        let isCheckpoint = name.hasPrefix("checkpoint-")
        let root = isCheckpoint ? (folder as NSString).deletingLastPathComponent : folder
        let beside = FolderListing.File(path: root + "/training_args.bin")
        let settings = (files["training_args.bin"] ?? beside).map { [$0.path] } ?? []
        let found = FoundRun(
            kind: .trainerState,
            path: root,
            files: [state.path],
            time: state.modified,
            written: state.modified,
            settings: settings
        )
        guard let known = runs.firstIndex(where: { $0.kind == .trainerState && $0.path == root }) else {
            runs.append(found)
            return
        }
        // Each holds the history of those before it, so the longest is the last, whatever was copied when.
        let longest = FolderListing.File(path: runs[known].files[0])?.bytes ?? 0
        if state.bytes > longest { runs[known] = found }
    }

    private mutating func addLightning(_ folder: String, _ files: Files) {
        guard let metrics = files["metrics.csv"] else { return }
        let settings = files["hparams.yaml"].map { [$0.path] } ?? []
        runs.append(
            FoundRun(
                kind: .lightning,
                path: folder,
                files: [metrics.path] + Self.events(files).map(\.path),
                time: metrics.modified,
                written: metrics.modified,
                settings: settings
            )
        )
    }

    private static func events(_ files: Files) -> [FolderListing.File] {
        files.filter { isEvents($0.key) }.map(\.value).sorted { FoundRun.isLater($1.path, $0.path) }
    }

    /// Whether a file holds TensorBoard events, by its name.
    private static func isEvents(_ name: String) -> Bool { name.contains("tfevents") }

    private mutating func addEvents(_ folder: String, _ files: Files) {
        let events = Self.events(files)
        guard files["metrics.csv"] == nil, let newest = events.map(\.modified).max() else { return }
        let time = events.compactMap { Self.eventsTime($0.path) }.max() ?? newest
        let settings = files["hparams.yaml"].map { [$0.path] } ?? []
        let paths = events.map(\.path)
        runs.append(
            FoundRun(kind: .events, path: folder, files: paths, time: time, written: newest, settings: settings)
        )
    }

    /// `events.out.tfevents.1706700000.host`.
    private static func eventsTime(_ path: String) -> Double? {
        let parts = (path as NSString).lastPathComponent.split(separator: ".")
        guard let mark = parts.firstIndex(of: "tfevents"), mark + 1 < parts.count else { return nil }
        return Double(parts[mark + 1])
    }

    private mutating func addDatabases(_ files: Files) {
        for file in files.values.sorted(by: { $0.path < $1.path }) {
            guard ["db", "sqlite", "sqlite3"].contains((file.path as NSString).pathExtension) else { continue }
            runs.append(
                FoundRun(
                    kind: .database,
                    path: file.path,
                    files: [file.path],
                    time: file.modified,
                    written: file.modified
                )
            )
        }
    }

    /// Endings of files that may be a log; what has none may too.
    private static let textEndings: Set<String> = [
        "", "log", "txt", "out", "err", "jsonl", "ndjson", "csv", "tsv", "gz", "zst", "stdout", "stderr",
    ]
    /// Text that describes a run and is not its log.
    private static let noLogs: Set<String> = [
        "requirements.txt", "README.txt", "LICENSE", "README", "Makefile", "Dockerfile", "meta.yaml", "SHA256SUMS",
        "merges.txt", "vocab.txt", "debug-internal.log", "debug.log",
    ]

    private mutating func addText(_ folder: String, _ files: Files) {
        let found = files.filter { name, file in
            file.bytes > 0 && Self.textEndings.contains((name as NSString).pathExtension.lowercased())
                && !Self.noLogs.contains(name) && name != "metrics.csv" && !Self.isEvents(name)
                && !name.hasPrefix(".")
        }.map(\.value)
        // The newest first; there may be one for each of many ranks.
        let newest = found.sorted { ($1.modified, $0.path) < ($0.modified, $1.path) }.prefix(24)
        for file in newest {
            let time = file.modified
            runs.append(FoundRun(kind: .text, path: file.path, files: [file.path], time: time, written: time))
        }
    }

    /// The newest first. What a tracker kept goes before text, which may be of the same run and says less, unless the text was
    /// written an hour after all of it.
    private mutating func orderByTime() {
        let tracked = runs.filter { $0.kind != .text }.sorted { $0.isNewer(than: $1) }
        let texts = runs.filter { $0.kind == .text }.sorted { $0.isNewer(than: $1) }
        let last = (tracked.map(\.written).max() ?? 0) + 3600
        runs = texts.filter { $0.written > last } + tracked + texts.filter { $0.written <= last }
    }

    // MARK: One run in several places

    /// A run that was resumed has a folder for each process and one id.
    private mutating func joinWandbRuns() {
        var first: [String: Int] = [:]
        var joined: [FoundRun] = []
        for run in runs.sorted(by: { $0.path < $1.path }) {
            guard run.kind == .wandb else {
                joined.append(run)
                continue
            }
            let name = (run.path as NSString).lastPathComponent
            let file = (run.files[0] as NSString).lastPathComponent
            // Runs of several projects may have equal ids only by chance.
            if let known = first[file], Self.isWandbName(name) {
                if run.time >= joined[known].time { joined[known].path = run.path }
                joined[known].files.append(run.files[0])
                joined[known].time = max(joined[known].time, run.time)
                joined[known].written = max(joined[known].written, run.written)
            } else {
                first[file] = joined.count
                joined.append(run)
            }
        }
        for index in joined.indices where joined[index].kind == .wandb {
            joined[index].files.sort { FoundRun.isLater($1, $0) }
        }
        runs = joined
    }

    /// Event files below the output folder of the Hugging Face Trainer are of its run: they go on where a run was killed
    /// between two checkpoints.
    private mutating func joinEventsOfTrainers() {
        for root in runs where root.kind == .trainerState {
            let below = runs.filter { $0.kind == .events && $0.path.hasPrefix(root.path + "/") }
            guard let newest = below.max(by: { $1.isNewer(than: $0) }),
                let index = runs.firstIndex(where: { $0.kind == .trainerState && $0.path == root.path })
            else { continue }
            runs[index].files += newest.files
            runs[index].time = max(root.time, newest.time)
            runs[index].written = max(root.written, newest.written)
            runs.removeAll { $0.kind == .events && $0.path == newest.path }
        }
    }

    /// `train` and `validation`, `loss_train` and `loss_val`: TensorBoard folders of one run.
    private mutating func joinSplits() {
        for train in runs where train.kind == .events && train.path.hasSuffix("train") {
            let stem = train.path.dropLast("train".count)
            let parts = runs.filter { run in
                run.kind == .events && run.path.hasPrefix(stem)
                    && LogFolder.evaluationNames.contains(String(run.path.dropFirst(stem.count)))
            }
            guard !parts.isEmpty, let index = runs.firstIndex(where: { $0.kind == .events && $0.path == train.path })
            else { continue }
            for part in parts {
                runs[index].files += part.files
                runs[index].time = max(runs[index].time, part.time)
                runs[index].written = max(runs[index].written, part.written)
            }
            runs.removeAll { run in parts.contains { $0.path == run.path } }
        }
    }
}
