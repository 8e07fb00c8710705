import Diagnosis
import TrainingLogs

/// One kind of plot over the steps of a run.
package protocol Plot {
    /// The plot, for any room.
    static func drawing(
        history: TrainingHistory?,
        findings: [Finding],
        shardBoundaries: [ShardBoundary],
        damagedShards: [String]
    ) -> Drawing
}

extension Plot {
    /// The plot as an SVG file.
    /// - Parameters:
    ///   - history: The curves; `nil` or empty gives a figure with a message in their place.
    ///   - findings: What to mark, in the order of the report's numbering.
    ///   - shardBoundaries: Where the data moves to another shard.
    ///   - damagedShards: The names of the shards to mark.
    /// - Throws: `EncodingError`; not for any known input.
    package static func svg(
        history: TrainingHistory?,
        findings: [Finding] = [],
        shardBoundaries: [ShardBoundary] = [],
        damagedShards: [String] = []
    ) throws -> String {
        try drawing(
            history: history,
            findings: findings,
            shardBoundaries: shardBoundaries,
            damagedShards: damagedShards
        ).markup().plotFile()
    }
}
