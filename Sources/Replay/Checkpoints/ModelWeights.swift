/// Puts weights together from named tensors.
enum ModelWeights {
    /// Makes the checkpoint. Every shape is checked before the parameters are allocated.
    static func assemble(
        _ stored: StoredModel,
        overrides: CheckpointOverrides,
    ) throws(ReplayError) -> Checkpoint {
        let path = stored.path
        let plan: ModelPlan
        do throws(ReplayError) {
            plan = try Self.plan(stored, overrides: overrides)
        } catch .invalidDescription(let field, let value, let expected) {
            // Heads are the one size that no tensor shows.
            let remedy = field == "heads" ? "; correct model.heads, config.json or the file itself" : ""
            let detail = "\(field) is \(value), expected \(expected)\(remedy)"
            throw .unsupportedModel(path: path, detail: detail)
        } catch .unsupportedModel(nil, let detail) {
            throw .unsupportedModel(path: path, detail: detail)
        }
        let description = plan.description
        let known = Set(description.tensors.map(\.name)).union(plan.ignored)
        if let name = plan.tensors.keys.sorted().first(where: { !known.contains($0) }) {
            throw .unexpectedTensor(path: path, name: name)
        }
        let sources = try description.tensors.map { tensor throws(ReplayError) in
            try source(of: tensor, in: plan, path: path)
        }
        // Strides of zero let a few bytes pose as any number of parameters.
        guard description.parameterCount <= stored.files.reduce(0, { $0 + $1.count }) / 2 else {
            let detail = "its tensors call for \(description.parameterCount) parameters, more than the file can hold"
            throw .malformedHeader(path: path, detail: detail)
        }
        let updatesDone = stored.updatesDone ?? CheckpointFile.number(inName: path)
        let storage: ModelParameters
        if !stored.mappings.isEmpty, description.parameterCount >= overrides.mappedFrom {
            let places = zip(description.tensors, sources).map { tensor, source in
                MappedParameters.Place(
                    tensor: tensor,
                    bytes: source.part(of: stored.bytes(of: source.tensor)),
                    type: source.type,
                    rowStride: source.rowStride,
                    columnStride: source.columnStride,
                    order: source.order
                )
            }
            let mapped = MappedParameters(places, description: description, files: stored.mappings)
            storage = .mapped(mapped)
        } else {
            storage = .values(parameters(description, sources, stored: stored))
        }
        var result = Checkpoint(description: description, storage: storage, updatesDone: updatesDone, path: path)
        result.notes = plan.notes
        return result
    }

    /// Moments under the names of a checkpoint's weights, put together like these. Throws as `assemble`.
    static func moments(
        _ tensors: [String: StoredTensor],
        _ bytes: UnsafeRawBufferPointer,
        path: String,
        of checkpoint: Checkpoint
    ) throws(ReplayError) -> [Float] {
        let stored = StoredModel(tensors: tensors, files: [bytes], path: path, updatesDone: nil)
        let model = checkpoint.description
        let plan = try model.architecture.plan(unwrapped(stored), like: model, path: path)
        let sources = try model.tensors.map { tensor throws(ReplayError) in
            try source(of: tensor, in: plan, path: path)
        }
        return parameters(model, sources, stored: stored)
    }

    private static func parameters(
        _ description: TransformerDescription,
        _ sources: [Source],
        stored: StoredModel
    ) -> [Float] {
        var parameters = [Float](repeating: 0, count: description.parameterCount)
        parameters.withUnsafeMutableBufferPointer { output in
            for (tensor, source) in zip(description.tensors, sources) {
                let part = UnsafeMutableBufferPointer(rebasing: output[tensor.range])
                write(source, from: source.part(of: stored.bytes(of: source.tensor)), to: part, shape: tensor.shape)
            }
        }
        return parameters
    }

    private static func plan(
        _ stored: StoredModel,
        overrides: CheckpointOverrides
    ) throws(ReplayError) -> ModelPlan {
        let tensors = try unwrapped(stored)
        if let family = try overrides.configuration?.family() ?? overrides.named {
            return try family.plan(tensors, of: stored, overrides: overrides)
        }
        let family = try ModelArchitecture.recognise(tensors.keys, path: stored.path)
        return try family.plan(tensors, of: stored, overrides: overrides)
    }

    /// The entries without what wrappers put before their names.
    private static func unwrapped(_ stored: StoredModel) throws(ReplayError) -> [String: StoredTensor] {
        var tensors: [String: StoredTensor] = [:]
        for (name, entry) in stored.tensors.sorted(by: { $0.key < $1.key }) {
            var plain = Substring(name)
            for prefix in ["_orig_mod.", "module.", "_orig_mod."] where plain.hasPrefix(prefix) {
                plain = plain.dropFirst(prefix.count)
            }
            guard tensors.updateValue(entry, forKey: String(plain)) == nil else {
                let detail = "tensor \(plain) is there twice, with and without prefix"
                throw .malformedHeader(path: stored.path, detail: detail)
            }
        }
        return tensors
    }

    private struct Source {
        var tensor: StoredTensor
        var type: ElementType
        /// Elements between rows and between columns of the tensor as the model wants it.
        var rowStride: Int
        var columnStride: Int
        /// Rows of the file's tensor before the first that is wanted.
        var skipped = 0
        /// For each row its place in the file; `nil` where they are in their order.
        var order: [Int]?

        /// The tensor's bytes from the first row on that is wanted.
        func part(of bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
            UnsafeRawBufferPointer(rebasing: bytes[(skipped * rowStride * type.width)...])
        }
    }

    private static func source(
        of tensor: ParameterTensor,
        in plan: ModelPlan,
        path: String
    ) throws(ReplayError) -> Source {
        guard let entry = plan.tensors[tensor.name] else { throw .missingTensor(path: path, name: tensor.name) }
        guard let type = ElementType(rawValue: entry.type) else {
            throw .unsupportedElementType(path: path, name: tensor.name, type: entry.type)
        }
        var transposed = false
        if let layer = tensor.layer, tensor.shape.count == 2, plan.isTransposed.indices.contains(layer) {
            transposed = plan.isTransposed[layer]
        }
        var stored = tensor.shape
        stored[0] = tensor.rows.total(stored[0])
        let expected = transposed ? Array(stored.reversed()) : stored
        guard entry.shape == expected else {
            throw .wrongShape(path: path, name: tensor.name, expected: expected, actual: entry.shape)
        }
        let strides = entry.strides ?? (expected.count == 2 ? [expected[1], 1] : [1])
        let (first, last) = (strides[0], strides[strides.count - 1])
        return Source(
            tensor: entry,
            type: type,
            rowStride: transposed ? last : first,
            columnStride: transposed ? first : last,
            skipped: tensor.rows.first,
            order: tensor.rows.order(tensor.shape[0])
        )
    }

    private static func write(
        _ source: Source,
        from bytes: UnsafeRawBufferPointer,
        to output: UnsafeMutableBufferPointer<Float>,
        shape: [Int]
    ) {
        let values = source.type.decode(bytes, count: bytes.count / source.type.width)
        let rows = shape.count == 2 ? shape[0] : 1
        let columns = shape[shape.count - 1]
        let isVector = shape.count == 1
        // In tiles, so that a transposition stays within the cache.
        let tile = 32
        values.withUnsafeBufferPointer { input in
            for rowTile in stride(from: 0, to: rows, by: tile) {
                for columnTile in stride(from: 0, to: columns, by: tile) {
                    for row in rowTile..<min(rowTile + tile, rows) {
                        let from = (isVector ? nil : source.order?[row]) ?? row
                        for column in columnTile..<min(columnTile + tile, columns) {
                            let at = (isVector ? source.order?[column] : nil) ?? column
                            output[row * columns + column] = input[from * source.rowStride + at * source.columnStride]
                        }
                    }
                }
            }
        }
    }
}
