/// A model's weights as one flat buffer, and the shape that gives them meaning.
public struct Checkpoint: Sendable {
    /// The model's shape.
    public let description: TransformerDescription
    /// The weights, in memory or in the file.
    let storage: ModelParameters
    /// Number of optimizer updates already applied; `nil` when neither the file nor its name says.
    public var updatesDone: Int?
    /// The file it was read from; empty when it was made in memory.
    public var path: String
    /// What had to be assumed about the model, and what was not understood.
    public internal(set) var notes: [CheckpointNote] = []

    /// Creates a checkpoint. Throws `ReplayError.wrongShape` unless there are `description.parameterCount` parameters.
    public init(
        description: TransformerDescription,
        parameters: [Float],
        updatesDone: Int? = nil,
        path: String = ""
    ) throws(ReplayError) {
        guard parameters.count == description.parameterCount else {
            throw .wrongShape(
                path: path,
                name: "parameters",
                expected: [description.parameterCount],
                actual: [parameters.count]
            )
        }
        self.init(description: description, storage: .values(parameters), updatesDone: updatesDone, path: path)
    }

    init(description: TransformerDescription, storage: ModelParameters, updatesDone: Int?, path: String) {
        self.description = description
        self.storage = storage
        self.updatesDone = updatesDone
        self.path = path
    }

    /// All parameters in llm.c file order, per-layer kinds stacked over the layers; `description.tensors` names the
    /// parts. Those of a large model lie in its file and are widened anew at each call.
    public var parameters: [Float] {
        guard case .mapped = storage else {
            if case .values(let values) = storage { return values }
            return []
        }
        var all = [Float](repeating: 0, count: description.parameterCount)
        for tensor in description.tensors {
            forEachPart(of: tensor) { part, start in
                let at = tensor.range.lowerBound + start
                all.withUnsafeMutableBufferPointer { _ = $0[at..<at + part.count].update(fromContentsOf: part) }
            }
        }
        return all
    }

    /// The same weights under another description with as many parameters: another activation or attention scale.
    /// Throws `ReplayError.wrongShape`.
    public func with(description changed: TransformerDescription) throws(ReplayError) -> Checkpoint {
        guard changed.tensors == description.tensors else {
            throw .wrongShape(
                path: path,
                name: "parameters",
                expected: [description.parameterCount],
                actual: [changed.parameterCount]
            )
        }
        var checkpoint = Checkpoint(description: changed, storage: storage, updatesDone: updatesDone, path: path)
        checkpoint.notes = notes
        return checkpoint
    }

    /// Throws `ReplayError.changed` where the weights lie in a file that something has written to since it was opened.
    ///
    /// What was computed from them is then worth nothing. Passes of a `Replayer` check it by themselves.
    public func checkUnchanged() throws(ReplayError) {
        if case .mapped(let mapped) = storage { try mapped.checkUnchanged() }
    }

    /// The tensors that hold NaN or infinite values, in the order of `description.tensors`.
    public func nonFiniteParameters() -> [NonFiniteParameter] {
        var found: [NonFiniteParameter] = []
        for tensor in description.tensors {
            var count = 0
            var first = 0
            forEachPart(of: tensor) { values, start in
                for index in values.indices where !values[index].isFinite {
                    if count == 0 { first = start + index }
                    count += 1
                }
            }
            if count > 0 { found.append(NonFiniteParameter(name: tensor.name, count: count, firstIndex: first)) }
        }
        return found
    }
}

/// A tensor with non-finite values.
public struct NonFiniteParameter: Sendable, Equatable {
    /// The tensor's name, as in `TransformerDescription.tensors`.
    public var name: String
    /// Number of NaNs and infinities.
    public var count: Int
    /// Row-major index of the first, within the tensor.
    public var firstIndex: Int

    /// Creates a record.
    public init(name: String, count: Int, firstIndex: Int) {
        self.name = name
        self.count = count
        self.firstIndex = firstIndex
    }
}
