/// A batch size that grows during the run: from an update on, so many micro-steps of so many rows.
public struct BatchStage: Sendable, Equatable {
    /// The first update of the stage.
    public var update: Int
    /// How batches are cut in it.
    public var geometry: BatchGeometry

    /// Creates a stage.
    public init(update: Int, geometry: BatchGeometry) {
        self.update = update
        self.geometry = geometry
    }
}

/// The stages of a run's batch size, and how many tokens or rows came before each.
public struct BatchRamp: Sendable, Equatable {
    /// The stages; the first begins with update 0.
    public let stages: [BatchStage]
    /// The stream position of each stage's first token.
    let tokenStarts: [Int]

    /// A batch size that does not change.
    public init(_ geometry: BatchGeometry) {
        stages = [BatchStage(update: 0, geometry: geometry)]
        tokenStarts = [0]
    }

    /// Checks and keeps the stages.
    /// - Throws: ``DataOrderError`` naming `order.ramp` when the first stage is not update 0, stages do not rise, change
    ///   the world size or the sequence length, or the run holds more tokens than 64 bits.
    public init(stages: [BatchStage]) throws(DataOrderError) {
        guard let first = stages.first, first.update == 0 else {
            throw .invalid(
                key: "order.ramp",
                found: "no stage for the first update",
                expected: "a stage from step 0 on"
            )
        }
        var starts = [0]
        for (stage, next) in zip(stages, stages.dropFirst()) {
            guard next.update > stage.update, next.update < 1 << 40 else {
                throw .invalid(key: "order.ramp", found: "step \(next.update)", expected: "rising steps")
            }
            guard next.geometry.worldSize == first.geometry.worldSize else {
                throw .invalid(key: "order.ramp", found: "a changing world size", expected: "the same ranks throughout")
            }
            let (tokens, overflow) = (next.update - stage.update).multipliedReportingOverflow(
                by: stage.geometry.tokensPerStep
            )
            let (sum, overflow2) = starts[starts.count - 1].addingReportingOverflow(tokens)
            guard !overflow, !overflow2, sum <= 1 << 61 else {
                throw .invalid(key: "order.ramp", found: "more than 2^61 tokens", expected: "a run that can be")
            }
            starts.append(sum)
        }
        self.stages = stages
        tokenStarts = starts
    }

    /// The stage an update lies in.
    func stage(of update: Int) -> Int {
        position(of: update, among: stages.count) { stages[$0].update }
    }

    /// How the batch of an update is cut.
    public func geometry(of update: Int) -> BatchGeometry { stages[stage(of: update)].geometry }

    /// The tokens fed before an update.
    public func tokens(before update: Int) throws(DataOrderError) -> Int { try firstToken(of: max(0, update)) }

    /// The stream position of an update's first token.
    func firstToken(of update: Int) throws(DataOrderError) -> Int {
        let index = stage(of: update)
        let (product, overflow) = (update - stages[index].update).multipliedReportingOverflow(
            by: stages[index].geometry.tokensPerStep
        )
        let (sum, overflow2) = product.addingReportingOverflow(tokenStarts[index])
        guard !overflow, !overflow2, sum <= 1 << 61 else { throw .stepOutOfRange(update: update, limit: 1 << 40) }
        return sum
    }

    /// The update whose inputs hold a stream position.
    func update(holding token: Int) -> Int {
        let index = position(of: token, among: stages.count) { tokenStarts[$0] }
        return stages[index].update + (token - tokenStarts[index]) / stages[index].geometry.tokensPerStep
    }
}
