import TrainingLogs

/// One kind of plot over the steps of a run.
package protocol Plot {
    /// The plot as an element, without its style sheet.
    static func markup(
        history: TrainingHistory?,
        findings: [FindingDocument],
        shardBoundaries: [ShardBoundaryDocument],
        damagedShards: [String]
    ) -> Markup
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
        try markup(
            history: history,
            findings: findings,
            shardBoundaries: shardBoundaries,
            damagedShards: damagedShards
        ).plotFile()
    }
}
