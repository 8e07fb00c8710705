import Foundation
import Terms

/// Writes the series of a history to a file: one row a record, as `series,step,value`.
public enum HistoryExport {
    /// The form of the file.
    public enum Format: String, Sendable, CaseIterable {
        /// A header, then `series,step,value`; what is not finite is `nan`, `inf` or `-inf`.
        case csv
        /// `{"series":"train","step":1,"value":2.5}`; what is not finite is a string.
        case jsonl

        /// The form a file name asks for; nil when it ends in neither.
        public init?(path: String) {
            guard let dot = path.lastIndex(of: ".") else { return nil }
            self.init(rawValue: path[path.index(after: dot)...].lowercased())
        }
    }

    /// The series that hold records, by the names they are exported under.
    public static func series(of history: TrainingHistory) -> [(name: String, series: Series)] {
        let rate = history.learningRateIsMultiplier ? "learning_rate_multiplier" : "learning_rate"
        let validation =
            switch history.validationUnit {
            case .nats: "validation_loss"
            case .bitsPerByte: "validation_bits_per_byte"
            case .perplexity: "validation_perplexity"
            case .accuracy: "validation_accuracy"
            }
        let all: [(name: String, series: Series)] = [
            ("train_loss", history.train), ("train_loss_raw", history.rawTrain ?? Series()),
            (validation, history.validation), (rate, history.learningRate), ("gradient_norm", history.gradientNorm),
            ("loss_scale", history.lossScale),
        ]
        return all.filter { !$0.series.isEmpty } + history.series.sorted.map { ($0.name.text, $0.series) }
    }

    /// Hands over the text of the file, some thousand rows at a time.
    public static func rows(
        of history: TrainingHistory,
        as format: Format,
        _ write: (String) throws -> Void
    ) rethrows {
        if format == .csv { try write("series,step,value\n") }
        for (name, series) in series(of: history) {
            var text = ""
            for (step, value) in zip(series.steps, series.values) {
                switch format {
                case .csv: text += "\(name),\(step),\(value)\n"
                case .jsonl:
                    let value = value.isFinite ? "\(value)" : "\"\(value)\""
                    text += "{\"series\":\"\(name)\",\"step\":\(step),\"value\":\(value)}\n"
                }
                if text.utf8.count > 1 << 20 {
                    try write(text)
                    text.removeAll(keepingCapacity: true)
                }
            }
            try write(text)
        }
    }

    /// Writes the file beside its place and renames it when it is whole.
    /// - Parameters:
    ///   - history: What is written.
    ///   - path: The file to write; its ending chooses the form.
    ///   - logs: The files it was read from, which are never written over.
    public static func write(_ history: TrainingHistory, to path: String, logs: [String] = []) throws(LogError) {
        guard let format = Format(path: path) else {
            throw .notExported(path: path, reason: "its name ends neither in .csv nor in .jsonl")
        }
        let target = identity(path)
        if logs.contains(where: { $0 == path || (target != nil && identity($0) == target) }) {
            throw .notExported(path: path, reason: "it is the log itself; name another file")
        }
        let part = path + ".part"
        do {
            try Data().write(to: URL(filePath: part))
            let file = try FileHandle(forWritingTo: URL(filePath: part))
            try rows(of: history, as: format) { try file.write(contentsOf: Data($0.utf8)) }
            try file.synchronize()
            try file.close()
        } catch {
            try? FileManager.default.removeItem(atPath: part)
            throw .notExported(path: path, reason: error.localizedDescription)
        }
        guard rename(part, path) == 0 else {
            let reason = String(cString: strerror(errno))
            try? FileManager.default.removeItem(atPath: part)
            throw .notExported(path: path, reason: reason)
        }
    }

    /// What is the same for two names of one file.
    private static func identity(_ path: String) -> [UInt64]? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return [UInt64(status.st_dev), UInt64(status.st_ino)]
    }
}
