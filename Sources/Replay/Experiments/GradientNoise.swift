/// How far the gradients of a batch's rows agree.
///
/// The estimates of McCandlish et al., "An Empirical Model of Large-Batch Training" (2018), appendix A: from the squared
/// norms at batch sizes 1 and B follow the true gradient's |G|^2 and the trace of the rows' covariance.
public struct GradientNoise: Sendable, Equatable {
    /// The gradient norm of each row by itself.
    public var rowNorms: [Double]
    /// The gradient norm of the whole batch.
    public var batchNorm: Double

    /// Creates a record.
    public init(rowNorms: [Double], batchNorm: Double) {
        self.rowNorms = rowNorms
        self.batchNorm = batchNorm
    }

    /// The number of rows at which noise and gradient balance: well above the batch's rows, a larger batch would help.
    /// `nil` with fewer than two rows or where the estimate of the gradient is not positive.
    public var scale: Double? {
        let count = Double(rowNorms.count)
        guard count >= 2 else { return nil }
        let single = rowNorms.reduce(0.0) { $0 + $1 * $1 } / count
        let whole = batchNorm * batchNorm
        let gradient = (count * whole - single) / (count - 1)
        let noise = (single - whole) / (1 - 1 / count)
        guard gradient > 0, noise.isFinite else { return nil }
        // Rows that agree leave a rounding error of either sign.
        return max(0, noise) / gradient
    }
}
