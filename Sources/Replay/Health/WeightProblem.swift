/// What is wrong with a tensor of a checkpoint, or with its optimizer: the figures, without words.
public struct WeightProblem: Sendable, Equatable {
    /// The kinds of problems. Raw values are those of the JSON form.
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

    /// What has the problem.
    public enum Subject: Sendable, Equatable {
        /// A tensor of the model.
        case weight(String)
        /// Averages that the optimizer keeps of a tensor; `nil` for means of gradients and of squares together.
        case moments(Moment?, of: MomentOwner)
        /// The optimizer's count of updates.
        case optimizer
    }

    /// What was measured.
    public enum Figures: Sendable, Equatable {
        /// So many elements of all are NaN or infinite.
        case nonFinite(Int, of: Int)
        /// All of so many elements are zero.
        case allZero(Int)
        /// Root of the mean square, and the largest magnitude.
        case absurdNorm(rootMeanSquare: Double, largest: Double)
        /// Euclidean norm, and that of an earlier checkpoint.
        case changedNorm(Double, earlier: Double)
        /// So many averages of squares of all are below zero.
        case negativeMoment(Int, of: Int)
        /// So many means of gradients of all are too large for their means of squares.
        case impossibleMoment(Int, of: Int)
        /// One value is so many times the mean of the others, of which there are so many.
        case outlyingMoment(times: Double, others: Int)
        /// The updates that the optimizer has made, and those that the checkpoint holds.
        case updates(optimizer: Int, checkpoint: Int)
        /// The updates that one rank's part has made, and those of the ranks before.
        case updatesOfRank(Int, updates: Int, before: Int)
    }

    /// What has the problem.
    public var subject: Subject
    /// What was measured.
    public var figures: Figures

    /// The kind of the figures.
    public var kind: Kind {
        switch figures {
        case .nonFinite: .nonFinite
        case .allZero: .allZero
        case .absurdNorm: .absurdNorm
        case .changedNorm: .changedNorm
        case .negativeMoment: .negativeMoment
        case .impossibleMoment: .impossibleMoment
        case .outlyingMoment: .outlyingMoment
        case .updates, .updatesOfRank: .stepMismatch
        }
    }

    /// What the JSON form calls the subject: a tensor, `exp_avg of` one, or `optimizer`.
    public var name: String {
        switch subject {
        case .weight(let tensor): tensor
        case .moments(let moment, let owner): "\(moment?.rawValue ?? "moments") of \(owner.name)"
        case .optimizer: "optimizer"
        }
    }

    /// Whether it is about the optimizer and not about a weight.
    public var isOptimizer: Bool {
        if case .weight = subject { false } else { true }
    }
}

/// The averages that optimizers keep. Raw values are PyTorch's names.
public enum Moment: String, Sendable {
    /// Adam's average of the gradient.
    case mean = "exp_avg"
    /// Adam's average of the squared gradient.
    case square = "exp_avg_sq"
    /// Muon's momentum.
    case momentum = "momentum_buffer"
    /// Muon's average of squares over rows or columns.
    case secondMomentum = "second_momentum_buffer"

    /// Whether it averages squares, which are not below zero.
    var isSquare: Bool { self == .square || self == .secondMomentum }
}

/// Whose averages they are.
public struct MomentOwner: Sendable, Equatable {
    /// A tensor, as far as the file tells which.
    public enum Tensor: Sendable, Equatable {
        /// A tensor of the model.
        case named(String)
        /// A parameter by its number in the optimizer.
        case parameter(Int)
        /// A matrix of a stack.
        case matrix(Int, ofShape: [Int])
        /// A stack of matrices.
        case matrices
    }

    /// The tensor.
    public var tensor: Tensor
    /// The rank that keeps this part of it; `nil` where one keeps all.
    public var rank: Int?

    /// Creates an owner.
    public init(_ tensor: Tensor, rank: Int? = nil) {
        self.tensor = tensor
        self.rank = rank
    }

    /// What messages call it.
    package var name: String {
        let name =
            switch tensor {
            case .named(let name): name
            case .parameter(let number): "parameter \(number)"
            case .matrix(let position, let shape): "matrix \(position) of \(shape)"
            case .matrices: "matrices"
            }
        return rank.map { "\(name), rank \($0)" } ?? name
    }
}
