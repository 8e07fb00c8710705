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
    /// What could not be checked, and why: sentences.
    public var unchecked: [String] = []
    /// Adam's moments of the whole model; `nil` where there are none, or only parts of them.
    public var state: OptimizerState?

    /// States of more parameters are not read: they are twice as many numbers again.
    static let largestModel = 500_000_000

    /// Looks at the optimizer of a checkpoint: the files beside it with its number, or its own file.
    ///
    /// - Parameters:
    ///   - checkpoint: The checkpoint, as read from its file.
    ///   - updatesDone: The updates it holds; `nil` takes its own word.
    /// - Returns: `nil` when there is no sign of an optimizer.
    /// - Throws: `ReplayError` when a state is there and cannot be read, or is of another model.
    public static func beside(
        _ checkpoint: Checkpoint,
        updatesDone: Int? = nil
    ) throws(ReplayError) -> OptimizerInspection? {
        let held = updatesDone ?? checkpoint.updatesDone
        let paths = OptimizerFile.files(of: checkpoint)
        guard let path = paths.first else { return ForeignOptimizer.beside(checkpoint, updatesDone: held) }
        let isOwn = path == checkpoint.path
        let count = checkpoint.description.parameterCount
        guard count <= largestModel else {
            guard !isOwn else { return nil }
            var inspection = OptimizerInspection(files: paths)
            inspection.unchecked = ["not checked: states of more than 500 million parameters are not read"]
            return inspection
        }
        let kind = try OptimizerFile.kind(path, of: checkpoint)
        if kind == .nanochat, !isOwn { return try NanochatOptimizer.inspect(paths, of: checkpoint, updatesDone: held) }
        let state =
            kind == .llmc
            ? try LlmcOptimizerFile.read(paths, of: checkpoint) : try OptimizerFile.read(path: path, of: checkpoint)
        guard let state else {
            guard !isOwn else { return ForeignOptimizer.beside(checkpoint, updatesDone: held) }
            var inspection = OptimizerInspection(files: [path])
            inspection.unchecked = [
                "not checked: it holds no moments; no update was made, or it is no optimizer's state"
            ]
            return inspection
        }
        var inspection = OptimizerInspection(files: kind == .llmc ? paths : [path], updatesDone: state.updatesDone)
        inspection.checked = 2 * count
        inspection.problems = state.problems(of: checkpoint.description, updatesDone: held)
        inspection.state = state
        return inspection
    }

    init(files: [String], updatesDone: Int? = nil) {
        self.files = files
        self.updatesDone = updatesDone
    }

    /// The optimizer's count of updates against the checkpoint's.
    mutating func compareUpdates(with checkpoint: Int?) {
        problems = Self.mismatch(updatesDone, checkpoint) + problems
    }

    static func mismatch(_ own: Int?, _ checkpoint: Int?) -> [WeightProblem] {
        guard let own, let checkpoint, own != checkpoint else { return [] }
        let detail = "the optimizer has made \(own) updates, the checkpoint holds \(checkpoint)"
        return [WeightProblem(name: "optimizer", kind: .stepMismatch, detail: detail)]
    }
}
