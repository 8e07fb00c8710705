/// A run as the files or tables of a tracker describe it, to be made a history.
package struct TrackedRun {
    /// The curves.
    package var series = TrackedSeries()
    /// The run's configuration.
    package var configuration: RunConfiguration
    /// What is to be said of it.
    package var notes: [String] = []

    /// Creates a run of which nothing is known.
    /// - Parameter file: What the sources of its settings name.
    package init(file: String) { configuration = RunConfiguration(file: file) }

    /// Whether it has a training curve.
    package var hasCurve: Bool { series.best(.train) != nil }

    /// The history; nil when it has no loss at all.
    /// - Parameter tracker: An id of ``LogFormats/trackers``.
    package func history(tracker: String) -> TrainingHistory? {
        guard let description = LogFormats.trackers.first(where: { $0.id == tracker }) else { return nil }
        var builder = HistoryBuilder(description)
        series.write(into: &builder)
        guard !builder.history.train.isEmpty || !builder.history.validation.isEmpty else { return nil }
        builder.history.add(configuration.settings)
        for note in notes { builder.note(note) }
        return builder.finished(description, reason: "the files are those of \(description.title)s")
    }
}
