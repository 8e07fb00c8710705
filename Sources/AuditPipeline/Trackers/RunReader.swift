import Foundation
import TrainingLogs

/// Reads the logs of a run, whatever they lie in: files, the folders and databases of trackers, any folder with logs.
///
/// Every command that takes a log reads it through this.
public enum RunReader {
    /// Reads logs, folders and databases, and merges what they hold as `LogReader` does.
    /// - Parameters:
    ///   - paths: Files, folders, databases; behind the name of a database `#` and the name of one of its runs.
    ///   - trainer: The trainer that wrote the logs; nil detects it.
    public static func read(paths: [String], trainer: String? = nil) throws(LogError) -> TrainingHistory {
        try LogReader.read(paths: paths, trainer: trainer) { (path) throws(LogError) in
            if isFolder(path) { return try LogFolder(path).history(trainer: trainer) }
            return try TrackerDatabase.history(path: path)
        }
    }

    static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }
}
