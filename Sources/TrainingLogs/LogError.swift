/// Why a log could not be read. Each message says what is wrong, where, what was expected and what to do.
public enum LogError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file could not be opened or read; the reason is the system's.
    case unreadable(path: String, reason: String)
    /// The path is a folder.
    case directory(path: String)
    /// The folder holds no log that could be read; `found` says what is in it.
    case noLogInFolder(path: String, found: String)
    /// The files of a tracker cannot be used; the reason is a sentence without its stop.
    case badTracker(path: String, reason: String)
    /// The file holds nothing, or only blank lines.
    case empty(path: String)
    /// The file is larger than this reader takes.
    case tooLarge(path: String, bytes: Int, limit: Int)
    /// No known log format fits; `reason` says what the file looks like.
    case notALog(path: String, lines: Int, reason: String)
    /// The format was recognised, but the file holds no loss.
    case noLoss(path: String, format: String, reason: String)
    /// `trainer:` names no known trainer.
    case unknownTrainer(name: String)
    /// The series could not be written.
    case notExported(path: String, reason: String)
    /// The log holds no run of this number.
    case noSuchRun(number: Int, count: Int)
    /// No path was given.
    case nothingToRead

    public var description: String {
        switch self {
        case .unreadable(let path, let reason):
            return "\(path): cannot be read: \(reason). Check the path and its permissions."
        case .directory(let path):
            return "\(path): is a folder, expected a log file. Name the file that the trainer's output went to."
        case .noLogInFolder(let path, let found):
            return
                "\(path): no training log in this folder: \(found). Looked for W&B runs (run-*.wandb, files/output.log), "
                + "MLflow (mlruns, mlflow.db), Trackio databases, TensorBoard event files, trainer_state.json, "
                + "metrics.csv, and logs of any name by their content."
        case .badTracker(let path, let reason): return "\(path): \(reason)."
        case .empty(let path):
            return "\(path): holds no text, expected a training log. Was the trainer's output redirected elsewhere?"
        case .tooLarge(let path, let bytes, let limit):
            return "\(path): \(bytes) bytes, more than the \(limit) this reader takes. Split it at a line end and "
                + "name the parts."
        case .notALog(let path, let lines, let reason):
            let lines = lines > 0 ? " in \(lines) lines" : ""
            return "\(path): no training curve found\(lines): \(reason). Looked for \(LogFormats.all.count) log "
                + "formats; if a known trainer wrote it, name the trainer (--trainer, or trainer: in audit.yaml); "
                + "trainaudit diagnose --help lists the names."
        case .noLoss(let path, let format, let reason):
            return "\(path): read as \(format), but there is no loss in it: \(reason). Name the file that the loss was "
                + "printed to."
        case .unknownTrainer(let name):
            return "trainer: \(name) is not known. Use one of " + LogFormats.trainerNames.joined(separator: ", ")
                + ", or leave it out to have the format detected."
        case .notExported(let path, let reason):
            return
                "\(path): the series were not written: \(reason). Expected the name of a .csv or .jsonl file to create."
        case .noSuchRun(let number, let count):
            let known = count == 1 ? "one run" : "runs 1 to \(count)"
            return
                "run \(number) is not in the log, which holds \(known). Choose one of them (--run, or runs: in audit.yaml)."
        case .nothingToRead:
            return "no log was named, expected at least one file."
        }
    }
}
