import TrainingLogs

/// Training loss over optimizer steps, with validation loss, findings and shards.
public enum LossPlot: Plot {
    /// The plot as an SVG file.
    ///
    /// Raw losses are faint, their running median is strong; no peak is lost however long the log is. Losses far above
    /// all others are cut off and marked with their value; non-finite ones are marked at the top edge.
    /// - Parameters:
    ///   - history: The curves; `nil` or empty gives a figure that says so.
    ///   - findings: What to mark, in the order of the report's numbering.
    ///   - shardBoundaries: Where the data moves to another shard.
    ///   - damagedShards: The names of the shards to mark.
    /// - Throws: `EncodingError`; not for any known input.
    public static func svg(
        history: TrainingHistory?,
        findings: [FindingDocument] = [],
        shardBoundaries: [ShardBoundaryDocument] = [],
        damagedShards: [String] = []
    ) throws -> String {
        try file(
            history: history,
            findings: findings,
            shardBoundaries: shardBoundaries,
            damagedShards: damagedShards
        )
    }

    package static func drawing(
        history: TrainingHistory?,
        findings: [FindingDocument],
        shardBoundaries: [ShardBoundaryDocument],
        damagedShards: [String]
    ) -> Drawing {
        let loss = LossPanel(history: history, height: 320)
        let figure = Figure(
            name: "loss",
            title: "Training loss",
            subtitle: loss.subtitle,
            description: loss.description(findings: findings, damagedShards: damagedShards),
            key: loss.key,
            findings: findings,
            shardBoundaries: shardBoundaries,
            damagedShards: damagedShards
        )
        let steps = Figure.steps(of: [loss.train, loss.validation], findings: findings)
        return figure.drawing([loss.content], steps: steps, resumes: loss.resumes)
    }
}
