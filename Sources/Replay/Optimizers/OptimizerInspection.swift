/// What the optimizer's files beside a checkpoint show. Adam's moments are put together where all of them are there;
/// parts of a state are looked at one by one.
public struct OptimizerInspection: Sendable {
    /// The files that were read, or the one that was not.
    public var files: [String]
    /// Updates that the optimizer has made; `nil` where the files do not say.
    public var updatesDone: Int?
    /// What is wrong with the moments.
    public var problems: [WeightProblem] = []
    /// Numbers that were looked at.
    public var checked = 0
    /// What could not be checked, and why.
    public var unchecked: [UncheckedOptimizer] = []
    /// Adam's moments of the whole model; `nil` where there are none, or only parts of them.
    public var state: OptimizerState?

    /// States of more parameters are not read: they are twice as many numbers again.
    static let largestModel = 500_000_000

    init(files: [String], updatesDone: Int? = nil) {
        self.files = files
        self.updatesDone = updatesDone
    }

    /// What Adam's moments of a whole model show.
    init(of state: OptimizerState, files: [String], _ source: OptimizerSource) {
        self.init(files: files, updatesDone: state.updatesDone)
        let model = source.checkpoint.description
        checked = 2 * model.parameterCount
        problems = state.problems(of: model, updatesDone: source.updatesDone)
        self.state = state
    }

    /// The optimizer's count of updates against the checkpoint's.
    mutating func compareUpdates(with checkpoint: Int?) {
        problems = Self.mismatch(updatesDone, checkpoint) + problems
    }

    static func mismatch(_ own: Int?, _ checkpoint: Int?) -> [WeightProblem] {
        guard let own, let checkpoint, own != checkpoint else { return [] }
        return [WeightProblem(subject: .optimizer, figures: .updates(optimizer: own, checkpoint: checkpoint))]
    }
}
