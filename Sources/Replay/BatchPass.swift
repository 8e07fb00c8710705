import CTransformer

/// Forward, and backward if wanted, over the rows of a batch, on several threads.
///
/// The rows are dealt to a fixed number of groups, whatever the number of threads. A group runs its rows in order and
/// sums their gradients in a buffer of its own; the buffers are then added in order. So every bit of the result is the
/// same at any thread count.
struct BatchPass {
    let description: TransformerDescription
    let pool: WorkspacePool
    var precision: Precision = .fp32
    var probes = false
    var threads: Int

    /// What the rows gave; row by row in the order of the batch.
    struct Outcome {
        var tokenLosses: [[Float]]
        var probes: [[ct_probe]]
    }

    /// More groups use more threads and more memory: one gradient buffer each.
    static func gradientGroups(rows: Int, parameters: Int) -> Int { min(rows, parameters > 1 << 26 ? 2 : 4) }

    /// Throws unless every row can be run: `tokenOutsideVocabulary`, `sequenceTooLong`, `unevenRow`, `emptyBatch`.
    func check(_ rows: [TokenRow]) throws(ReplayError) {
        guard !rows.isEmpty else { throw .emptyBatch }
        for (index, row) in rows.enumerated() {
            guard row.inputs.count == row.targets.count, !row.inputs.isEmpty else {
                throw .unevenRow(row: index, inputs: row.inputs.count, targets: row.targets.count)
            }
            guard row.inputs.count <= description.maximumSequence else {
                throw .sequenceTooLong(
                    row: index,
                    tokens: row.inputs.count,
                    maximum: description.maximumSequence
                )
            }
            for (position, pair) in zip(row.inputs, row.targets).enumerated() {
                try check(pair.0, row: index, position: position)
                try check(pair.1, row: index, position: position + 1)
            }
        }
    }

    private func check(_ token: Int32, row: Int, position: Int) throws(ReplayError) {
        guard token >= 0, Int(token) < description.vocabulary else {
            throw .tokenOutsideVocabulary(
                row: row,
                position: position,
                token: Int(token),
                vocabulary: description.vocabulary
            )
        }
    }

    /// Runs the rows forward only.
    func forward(_ rows: [TokenRow], parameters: UnsafeBufferPointer<Float>) throws(ReplayError) -> Outcome {
        try run(rows, parameters: parameters, groups: rows.count, gradients: nil)
    }

    /// Runs the rows forward and backward. `gradients` is overwritten with the gradient of the mean loss over all
    /// tokens; `buffers` is scratch space that is kept between calls.
    func forwardBackward(
        _ rows: [TokenRow],
        parameters: UnsafeBufferPointer<Float>,
        buffers: inout GradientBuffers
    ) throws(ReplayError) -> Outcome {
        let groups = Self.gradientGroups(rows: rows.count, parameters: parameters.count)
        buffers.prepare(groups: groups, parameters: parameters.count)
        var memory = buffers.storage
        buffers.storage = []
        defer { buffers.storage = memory }
        return try memory.withUnsafeMutableBufferPointer { storage throws(ReplayError) -> Outcome in
            let outcome = try run(rows, parameters: parameters, groups: groups, gradients: storage.baseAddress)
            guard let base = storage.baseAddress else { return outcome }
            Parallel.forEachRange(of: parameters.count, threads: threads) { range in
                for group in 1..<max(groups, 1) {
                    let other = base + group * parameters.count + range.lowerBound
                    ct_accumulate(base + range.lowerBound, other, range.count)
                }
            }
            return outcome
        }
    }

    private func run(
        _ rows: [TokenRow],
        parameters: UnsafeBufferPointer<Float>,
        groups: Int,
        gradients: UnsafeMutablePointer<Float>?
    ) throws(ReplayError) -> Outcome {
        try check(rows)
        let tokens = rows.reduce(0) { max($0, $1.inputs.count) }
        let total = rows.reduce(0) { $0 + $1.inputs.count }
        var outcome = Outcome(
            tokenLosses: [[Float]](repeating: [], count: rows.count),
            probes: [[ct_probe]](repeating: [], count: rows.count)
        )
        var failures = [ReplayError?](repeating: nil, count: groups)
        let workers = Parallel.workers(for: groups, threads: threads)
        let workspaces = try pool.take(workers, tokens: tokens, backward: gradients != nil)
        defer { pool.giveBack(workspaces) }
        outcome.tokenLosses.withUnsafeMutableBufferPointer { losses in
            outcome.probes.withUnsafeMutableBufferPointer { probes in
                failures.withUnsafeMutableBufferPointer { failures in
                    Parallel.forEach(groups, threads: threads) { group, worker in
                        let gradient = gradients.map { $0 + group * parameters.count }
                        gradient?.update(repeating: 0, count: parameters.count)
                        do throws(ReplayError) {
                            for row in stride(from: group, to: rows.count, by: groups) {
                                (losses[row], probes[row]) = try runRow(
                                    rows[row],
                                    parameters: parameters,
                                    workspace: workspaces[worker],
                                    gradient: gradient,
                                    scale: 1 / Float(total)
                                )
                            }
                        } catch {
                            failures[group] = error
                        }
                    }
                }
            }
        }
        if let failure = failures.compactMap({ $0 }).first { throw failure }
        return outcome
    }

    private func runRow(
        _ row: TokenRow,
        parameters: UnsafeBufferPointer<Float>,
        workspace: Workspace,
        gradient: UnsafeMutablePointer<Float>?,
        scale: Float
    ) throws(ReplayError) -> ([Float], [ct_probe]) {
        var c = description.c
        let count = row.inputs.count
        var records = probes ? [ct_probe](repeating: ct_probe_empty(), count: ct_probe_count(&c)) : []
        var status = CT_OK
        let losses = [Float](unsafeUninitializedCapacity: count) { losses, initialized in
            losses.initialize(repeating: .nan)
            initialized = count
            records.withUnsafeMutableBufferPointer { records in
                status = ct_forward(
                    &c,
                    parameters.baseAddress,
                    workspace.pointer,
                    row.inputs,
                    row.targets,
                    count,
                    precision.c,
                    probes ? records.baseAddress : nil,
                    losses.baseAddress,
                    nil
                )
            }
            if let gradient, status == CT_OK {
                status = ct_backward(
                    &c,
                    parameters.baseAddress,
                    workspace.pointer,
                    row.inputs,
                    row.targets,
                    count,
                    gradient,
                    scale
                )
            }
        }
        guard status == CT_OK else {
            throw .unsupportedModel(path: nil, detail: "the forward pass reports status \(status.rawValue)")
        }
        return (losses, records)
    }
}

/// One gradient buffer per group, one after the other; the first holds the sum in the end.
struct GradientBuffers: Sendable {
    fileprivate(set) var storage: [Float] = []

    fileprivate mutating func prepare(groups: Int, parameters: Int) {
        if storage.count != groups * parameters { storage = [Float](repeating: 0, count: groups * parameters) }
    }

    /// Multiplies the summed gradient, and rounds it to half precision at a loss scale where one is given.
    mutating func distort(count: Int, factor: Float, lossScale: Float?) {
        guard factor != 1 || lossScale != nil else { return }
        storage.withUnsafeMutableBufferPointer { gradients in
            let gradient = UnsafeMutableBufferPointer(rebasing: gradients.prefix(count))
            let up = factor * (lossScale ?? 1)
            for index in gradient.indices { gradient[index] *= up }
            guard let lossScale else { return }
            ct_round(gradient.baseAddress, gradient.count, CT_FP16)
            for index in gradient.indices { gradient[index] /= lossScale }
        }
    }

    /// Norm of the whole gradient and of each tensor's, summed in double precision tensor by tensor.
    func norms(of tensors: [ParameterTensor]) -> (total: Double, each: [ParameterGradientNorm]) {
        storage.withUnsafeBufferPointer { gradients in
            guard let base = gradients.baseAddress else { return (0, []) }
            var sum = 0.0
            var each: [ParameterGradientNorm] = []
            for tensor in tensors {
                let squares = ct_sum_of_squares(base + tensor.range.lowerBound, tensor.range.count)
                sum += squares
                each.append(ParameterGradientNorm(name: tensor.name, norm: squares.squareRoot()))
            }
            return (sum.squareRoot(), each)
        }
    }
}
