import Diagnosis
import Foundation
import Reporting
import TrainingLogs

/// Reads one side of a comparison: a log, several logs of one run, an `audit.yaml` or the folder that holds one, the folder or
/// database of a tracker.
package enum ComparedRunReader {
    /// A run as it was read.
    package struct Side: Sendable {
        package var run: ComparedRun
        /// The whole log, with the runs that are not compared.
        package var log: TrainingHistory
        package var report: RunComparisonReport.Side
    }

    /// Reads a run.
    /// - Parameters:
    ///   - name: The argument; several logs are divided by commas, unless a file has the whole name.
    ///   - trainer: The trainer that wrote the logs; `nil` detects it, or takes that of the configuration.
    ///   - chosen: Which run of its log, from 1; `nil` takes that of the configuration, or the last whole one.
    package static func read(_ name: String, trainer: String?, run chosen: Int? = nil) throws -> Side {
        let exists = FileManager.default.fileExists(atPath: name)
        if RunReader.isFolder(name) {
            let configuration = name + (name.hasSuffix("/") ? "" : "/") + "audit.yaml"
            if FileManager.default.fileExists(atPath: configuration) {
                return try read(configuration: configuration, name: name, trainer: trainer, run: chosen)
            }
        }
        if name.hasSuffix(".yaml") || name.hasSuffix(".yml") {
            return try read(configuration: name, name: name, trainer: trainer, run: chosen)
        }
        let logs = exists || !name.contains(",") ? [name] : name.split(separator: ",").map(String.init)
        let log = try RunReader.read(paths: logs, trainer: trainer).choosing(run: chosen)
        return side(log, TrainingConfiguration(recordedBy: log.mainRun), name: name, logs: logs)
    }

    private static func read(configuration path: String, name: String, trainer: String?, run chosen: Int?) throws
        -> Side
    {
        let configuration = try ConfigurationReader.read(path: path)
        guard !configuration.logs.isEmpty else {
            throw AuditError("\(path): names no logs; `compare` needs `logs:`.")
        }
        let logs = configuration.logs.map(configuration.resolve)
        let log = try RunReader.read(paths: logs, trainer: trainer ?? configuration.trainer)
            .choosing(run: chosen ?? configuration.chosenRun)
        return side(log, MapStage.training(configuration, nil, log.mainRun), name: name, logs: logs)
    }

    private static func side(
        _ log: TrainingHistory,
        _ training: TrainingConfiguration,
        name: String,
        logs: [String]
    ) -> Side {
        let history = log.mainRun
        return Side(
            run: ComparedRun(history, configuration: training),
            log: log,
            report: RunComparisonReport.Side(name: name, logs: logs, history: ReportBuilder().history(history))
        )
    }
}
