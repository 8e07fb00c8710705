/// What is wrong with a tensor.
public struct WeightProblem: Sendable, Equatable {
    /// The kinds of problems.
    public enum Kind: String, Sendable, CaseIterable {
        /// NaN or infinite elements.
        case nonFinite = "non-finite"
        /// A matrix or norm weight of nothing but zeros.
        case allZero = "all-zero"
        /// A root mean square that no trained weight has.
        case absurdNorm = "absurd-norm"
        /// A norm more than twice, or less than half, that of another checkpoint.
        case changedNorm = "changed-norm"
        /// A second moment below zero, which no average of squares is.
        case negativeMoment = "negative-moment"
        /// A mean of gradients that is too large for its mean of squares.
        case impossibleMoment = "impossible-moment"
        /// A mean of squares out of all proportion to the others of its tensor.
        case outlyingMoment = "outlying-moment"
        /// An optimizer that counts other updates than the checkpoint holds.
        case stepMismatch = "step-mismatch"
    }

    /// The tensor.
    public var name: String
    /// The problem.
    public var kind: Kind
    /// The figures, in words.
    public var detail: String

    /// Whether it is about the optimizer's moments and not about a weight.
    public var isOptimizer: Bool { name == "optimizer" || name.contains(" of ") }
}
