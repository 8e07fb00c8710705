import TrainingLogs

/// Reads the log.
enum ReadStage {
    /// - Returns: The whole log; `nil` when the configuration names none.
    static func run(_ configuration: AuditConfiguration, progress: any ProgressReporter) throws -> TrainingHistory? {
        guard !configuration.logs.isEmpty else { return nil }
        progress.begin("reading \(configuration.logs.joined(separator: ", "))", total: nil)
        defer { progress.end() }
        return try RunReader.read(paths: configuration.logs.map(configuration.resolve), trainer: configuration.trainer)
            .choosing(run: configuration.chosenRun)
    }
}
