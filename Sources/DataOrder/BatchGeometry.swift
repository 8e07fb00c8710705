/// How a run cuts its token stream into batches.
public struct BatchGeometry: Sendable, Equatable {
    /// Rows per rank and micro-step.
    public let batch: Int
    /// Tokens per row.
    public let sequence: Int
    /// Micro-steps per optimizer step and rank.
    public let accumulation: Int
    /// Data-parallel ranks.
    public let worldSize: Int

    /// Checks and keeps the geometry.
    /// - Throws: ``DataOrderError`` naming the key that is not positive, or the product that overflows.
    public init(batch: Int, sequence: Int, accumulation: Int = 1, worldSize: Int = 1) throws(DataOrderError) {
        for (key, value) in [
            ("order.batch", batch), ("order.sequence", sequence), ("order.accumulation", accumulation),
            ("order.worldSize", worldSize),
        ] where value < 1 {
            throw .invalid(key: key, found: "\(value)", expected: "a whole number of at least 1")
        }
        var product = 1
        for factor in [batch, sequence, accumulation, worldSize] {
            let (next, overflow) = product.multipliedReportingOverflow(by: factor)
            // Beyond 2^40 tokens a step no run exists; the cap keeps every later product within 64 bits.
            guard !overflow, next <= 1 << 40 else {
                throw .invalid(
                    key: "order",
                    found:
                        "batch \(batch) × sequence \(sequence) × accumulation \(accumulation) × worldSize \(worldSize)",
                    expected: "at most 2^40 tokens a step"
                )
            }
            product = next
        }
        // Each micro-batch of each rank is a value of its own.
        guard accumulation * worldSize <= 1 << 20 else {
            throw .invalid(
                key: "order",
                found: "accumulation \(accumulation) × worldSize \(worldSize)",
                expected: "at most 2^20 micro-batches a step"
            )
        }
        self.batch = batch
        self.sequence = sequence
        self.accumulation = accumulation
        self.worldSize = worldSize
    }

    /// Tokens of one micro-batch of one rank (B·T).
    public var tokensPerMicroBatch: Int { batch * sequence }

    /// Tokens of one micro-step over all ranks (W·B·T).
    public var tokensPerMicroStep: Int { worldSize * tokensPerMicroBatch }

    /// Tokens of one optimizer step over all ranks and micro-steps (G·W·B·T).
    public var tokensPerStep: Int { accumulation * tokensPerMicroStep }
}
