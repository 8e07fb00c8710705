import Diagnosis
import TrainingLogs

/// Training loss over optimizer steps, with validation loss, findings and shards, and the speed where a finding is about it.
///
/// Raw losses are faint, their running median is strong; no peak is lost however long the log is. Losses far above
/// all others are cut off and marked with their value; non-finite ones are marked at the top edge.
package enum LossPlot: Plot {
    package static func drawing(
        history: TrainingHistory?,
        findings: [Finding],
        shardBoundaries: [ShardBoundary],
        damagedShards: [String]
    ) -> Drawing {
        let loss = LossPanel(history: history, height: 320)
        let speed = ThroughputPanel(history: history, findings: findings)
        let figure = Figure(
            name: "loss",
            title: "Training loss",
            subtitle: loss.subtitle,
            description: loss.description(findings: findings, damagedShards: damagedShards),
            key: loss.key + (speed?.key ?? []),
            findings: findings,
            shardBoundaries: shardBoundaries,
            damagedShards: damagedShards
        )
        let steps = Figure.steps(of: [loss.train, loss.validation], findings: findings)
        return figure.drawing([loss.content] + (speed.map { [$0.content] } ?? []), steps: steps, resumes: loss.resumes)
    }
}
