import TrainingLogs

/// One kind of plot over the steps of a run.
package protocol Plot {
    /// The plot, for any room.
    static func drawing(
        history: TrainingHistory?,
        findings: [FindingDocument],
        shardBoundaries: [ShardBoundaryDocument],
        damagedShards: [String]
    ) -> Drawing
}

extension Plot {
    /// The plot as a file of its own: with the XML declaration and its style sheet.
    /// - Throws: `EncodingError`; not for any known input.
    package static func file(
        history: TrainingHistory?,
        findings: [FindingDocument],
        shardBoundaries: [ShardBoundaryDocument],
        damagedShards: [String]
    ) throws -> String {
        try drawing(
            history: history,
            findings: findings,
            shardBoundaries: shardBoundaries,
            damagedShards: damagedShards
        ).markup().plotFile()
    }
}
