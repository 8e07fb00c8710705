import TrainingLogs

/// One kind of plot.
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
        var markup = markup(
            history: history,
            findings: findings,
            shardBoundaries: shardBoundaries,
            damagedShards: damagedShards
        )
        let style = Markup("style", text: "\n" + Resource.plotStyle)
        markup.children.insert(style, at: min(2, markup.children.count))
        return try markup.encoded(isDocument: true)
    }
}
