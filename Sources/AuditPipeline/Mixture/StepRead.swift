import DataOrder
import Terms

/// How much one step read of each group of data.
package struct StepRead: Sendable, Equatable {
    /// The step, in the numbering of the log.
    package var step: Int
    /// Tokens of each group that were inputs, or samples where the shards are counted in them.
    package var amounts: [Double]
    /// The rows of the step: draws of data, as far as sampling goes.
    package var rows: Double
    /// The least sure of its spans.
    package var confidence: MappingConfidence

    /// All it read.
    package var total: Double { amounts.reduce(0, +) }

    /// Counts a step.
    /// - Parameters:
    ///   - step: The step, in the numbering of the log.
    ///   - map: The map of the run.
    ///   - bands: The groups.
    ///   - shards: Where given, what was read of each shard is added to it.
    ///   - spans: How many spans the step has is added to it.
    /// - Returns: `nil` where it is not known what the step read, or where it read nothing.
    package init?(step: Int, map: DataMap, bands: MixtureBands, shards: inout [Double], spans: inout Int) {
        guard let batches = try? map.microBatches(step: step) else { return nil }
        var amounts = [Double](repeating: 0, count: bands.names.count)
        var own: [(shard: Int, amount: Double)] = []
        var confidence = MappingConfidence.exact
        var isCountedInDocuments = false
        for batch in batches {
            spans += batch.spans.count
            guard batch.confidence != .unknown else { return nil }
            if batch.confidence == .interval { confidence = .interval }
            for (span, amount) in zip(batch.spans, Self.inputs(of: batch)) where amount > 0 {
                isCountedInDocuments = isCountedInDocuments || span.unit == .documents && span.documentTokens == nil
                bands.add(Double(amount), of: span, to: &amounts)
                own.append((span.shard, Double(amount)))
            }
        }
        let sum = amounts.reduce(0, +)
        guard sum > 0 else { return nil }
        let geometry = map.loader.geometry(ofUpdate: map.update(ofStep: step))
        // Documents between which a step lies say in which proportion it read shards, not how much.
        let scale = isCountedInDocuments ? Double(geometry.tokensPerStep) / sum : 1
        for (shard, amount) in own where shards.indices.contains(shard) { shards[shard] += amount * scale }
        self.step = step
        self.amounts = amounts.map { $0 * scale }
        self.confidence = confidence
        let isCountedInSamples = map.loader.shards.contains { $0.unit == .samples }
        rows = isCountedInSamples ? sum : sum * scale / Double(max(1, geometry.sequence))
    }

    /// What each span of a micro-batch gives to its inputs: targets that are no inputs are not counted.
    private static func inputs(of batch: MicroBatch) -> [Int] {
        var amounts = batch.spans.map { $0.documentTokens?.count ?? $0.tokens.count }
        switch batch.arrangement {
        case .stream:
            if let last = amounts.lastIndex(where: { $0 > 0 }) { amounts[last] -= 1 }
        case .rows(let length):
            guard length > 0 else { break }
            var position = 0
            for index in amounts.indices {
                let end = position + amounts[index]
                amounts[index] -= end / length - position / length
                position = end
            }
        case .unknown: break
        }
        return amounts
    }
}
