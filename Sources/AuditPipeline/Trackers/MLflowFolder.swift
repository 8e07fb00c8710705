import Foundation
import TrainingLogs

/// A run of MLflow's file store: `metrics/<name>` with a line `time value step` a record, `params/<name>` with a value,
/// `meta.yaml`.
///
/// Source: mlflow's `file_store.py`.
enum MLflowFolder {
    /// Bytes of a file of metrics that are read: some ten million records.
    private static let longest = 1 << 29

    static func history(_ folder: String) throws(LogError) -> TrainingHistory {
        var run = TrackedRun(file: folder + "/params")
        for file in FolderListing(folder + "/metrics").files {
            let name = String(file.path.dropFirst((folder + "/metrics/").count))
            guard file.bytes <= longest else {
                throw .tooLarge(path: file.path, bytes: file.bytes, limit: longest)
            }
            try read(file.path, name: name, into: &run)
        }
        for file in FolderListing(folder + "/params").files where file.bytes < 256 {
            guard let value = FileManager.default.contents(atPath: file.path) else { continue }
            let name = String(file.path.dropFirst((folder + "/params/").count))
            run.configuration.set(name.split { $0 == "/" || $0 == "." }.map(String.init), trimmed(value))
        }
        guard let history = run.history(tracker: "mlflow") else {
            let names = FolderListing(folder + "/metrics").files.prefix(6).map {
                ($0.path as NSString).lastPathComponent
            }
            throw .noLoss(
                path: folder,
                format: "an MLflow run",
                reason: "its metrics are \(names.joined(separator: ", "))"
            )
        }
        return history
    }

    /// The name of a run in its `meta.yaml`.
    static func name(_ folder: String) -> String? {
        guard let file = FolderListing.File(path: folder + "/meta.yaml"), file.bytes < 1 << 16,
            let data = FileManager.default.contents(atPath: file.path)
        else { return nil }
        let lines = String(decoding: data, as: UTF8.self).split(separator: "\n")
        return lines.first { $0.hasPrefix("run_name: ") }.map { String($0.dropFirst("run_name: ".count).prefix(80)) }
    }

    private static func read(_ path: String, name: String, into run: inout TrackedRun) throws(LogError) {
        guard let text = FileManager.default.contents(atPath: path) else {
            throw .unreadable(path: path, reason: "the file cannot be opened")
        }
        var name = name
        guard let place = name.withUTF8({ run.series.place(of: UnsafeRawBufferPointer($0)) }) else { return }
        text.withUnsafeBytes { bytes in
            for line in bytes.split(separator: 0x0A) {
                let parts = line.split(separator: 0x20)
                guard parts.count >= 2, let value = MLflowValue.number(parts[1]) else { continue }
                let step = parts.count > 2 ? Int(String(decoding: parts[2], as: UTF8.self)) : 0
                if let step { run.series.append(step: step, value: value, at: place) }
            }
        }
    }

    private static func trimmed(_ data: Data) -> String {
        String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

/// Numbers as MLflow stores them.
enum MLflowValue {
    static func number(_ text: Slice<UnsafeRawBufferPointer>) -> Double? {
        guard text.count < 64 else { return nil }
        return Double(String(decoding: text, as: UTF8.self)).map(number)
    }

    /// Databases that know no infinity hold the largest number for it.
    static func number(_ value: Double) -> Double {
        abs(value) == .greatestFiniteMagnitude ? (value < 0 ? -.infinity : .infinity) : value
    }
}
