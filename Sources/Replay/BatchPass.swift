import CTransformer

/// What one row's pass recorded.
struct RowRecord: Sendable {
    /// One probe for each operation: its output.
    var forward: [ct_probe] = []
    /// The gradient of the loss by each operation's output; empty without a backward pass.
    var backward: [ct_probe] = []
    /// (L, H): the entropy of each head's attention, summed over the positions.
    var entropy: [Double] = []
    /// (L, hidden): the largest magnitude of each unit of the MLP.
    var unitMaximum: [Float] = []
}

/// Forward, and backward if wanted, over the rows of a batch, on several threads.
///
/// The order in which gradients are added does not depend on the threads, so every bit of the result is the same at any
/// number of them. In a small model the rows are dealt to a fixed number of groups, each with a buffer of its own, and the
/// buffers are added in order. In a large one, where buffers are dear, all rows share one and take turns, tensor by tensor.
struct BatchPass {
    let description: TransformerDescription
    let pool: WorkspacePool
    var precision: Precision = .fp32
    var probes = false
    var threads: Int
    /// Gradients are computed of this times the loss, rounded as `precision` says, and divided by it again; `nil` keeps
    /// them in fp32.
    var lossScale: Double?

    /// What the rows gave; row by row in the order of the batch.
    struct Outcome {
        var tokenLosses: [[Float]]
        var records: [RowRecord]
    }

    /// From so many parameters on, rows share one gradient buffer.
    private static let large = 1 << 24
    /// The head's part of the gradient comes at the same time in every row: two rows may add to it at once.
    private static let headBuffers = 2

    /// More groups use more threads and more memory: one gradient buffer each.
    private static func gradientGroups(rows: Int, parameters: Int) -> Int { parameters > large ? 1 : min(rows, 4) }

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
        try run(rows, parameters: parameters, groups: rows.count) { _ in nil }
    }

    /// Runs the rows forward and backward. `gradients` is overwritten with the gradient of the mean loss over all
    /// tokens; `buffers` is scratch space that is kept between calls.
    func forwardBackward(
        _ rows: [TokenRow],
        parameters: UnsafeBufferPointer<Float>,
        buffers: inout GradientBuffers
    ) throws(ReplayError) -> Outcome {
        let count = parameters.count
        let groups = Self.gradientGroups(rows: rows.count, parameters: count)
        let isShared = count > Self.large
        let heads = isShared ? min(Self.headBuffers, max(rows.count, 1)) : 0
        let headCount = description.vocabulary * description.channels
        buffers.prepare(floats: groups * count + heads * headCount)
        var memory = buffers.storage
        buffers.storage = []
        defer { buffers.storage = memory }
        var c = description.c
        let turns = isShared ? ct_turns_make(&c, heads) : nil
        defer { ct_turns_free(turns) }
        guard !isShared || turns != nil else { throw .outOfMemory(bytes: 0) }
        let total = rows.reduce(0) { $0 + $1.inputs.count }
        return try memory.withUnsafeMutableBufferPointer { storage throws(ReplayError) -> Outcome in
            guard let base = storage.baseAddress else { return try forward(rows, parameters: parameters) }
            Parallel.forEachRange(of: storage.count, threads: threads) { range in
                (base + range.lowerBound).update(repeating: 0, count: range.count)
            }
            let outcome = try run(rows, parameters: parameters, groups: isShared ? rows.count : groups) { row in
                var sink = ct_gradient_sink()
                sink.gradients = isShared ? base : base + row % groups * count
                sink.head = isShared ? base + count + row % heads * headCount : nil
                sink.scale = Float((lossScale ?? 1) / Double(total))
                sink.precision = lossScale == nil ? CT_FP32 : precision.c
                sink.turns = turns
                sink.row = row
                return sink
            }
            Parallel.forEachRange(of: count, threads: threads) { range in
                for group in 1..<max(groups, 1) {
                    ct_accumulate(base + range.lowerBound, base + group * count + range.lowerBound, range.count)
                }
            }
            if let head = description.tensors.last(where: { $0.slot == (description.isHeadTied ? CT_WTE : CT_HEADW) }) {
                Parallel.forEachRange(of: headCount, threads: threads) { range in
                    let to = base + head.range.lowerBound + range.lowerBound
                    for buffer in 0..<heads {
                        ct_accumulate(to, base + count + buffer * headCount + range.lowerBound, range.count)
                    }
                }
            }
            if let lossScale, lossScale != 1 {
                Parallel.forEachRange(of: count, threads: threads) { range in
                    let inverse = Float(1 / lossScale)
                    for index in range { base[index] *= inverse }
                }
            }
            return outcome
        }
    }

    /// Runs the rows, dealt to groups; a group runs its rows in their order. `sink` says where a row's gradient goes.
    private func run(
        _ rows: [TokenRow],
        parameters: UnsafeBufferPointer<Float>,
        groups: Int,
        sink: (Int) -> ct_gradient_sink?
    ) throws(ReplayError) -> Outcome {
        try check(rows)
        let tokens = rows.reduce(0) { max($0, $1.inputs.count) }
        var outcome = Outcome(
            tokenLosses: [[Float]](repeating: [], count: rows.count),
            records: [RowRecord](repeating: RowRecord(), count: rows.count)
        )
        var failures = [ReplayError?](repeating: nil, count: groups)
        let workers = Parallel.workers(for: groups, threads: threads)
        let workspaces = try pool.take(workers, tokens: tokens, backward: sink(0) != nil)
        defer { pool.giveBack(workspaces) }
        outcome.tokenLosses.withUnsafeMutableBufferPointer { losses in
            outcome.records.withUnsafeMutableBufferPointer { records in
                failures.withUnsafeMutableBufferPointer { failures in
                    Parallel.forEach(groups, threads: threads) { group, worker in
                        do throws(ReplayError) {
                            for row in stride(from: group, to: rows.count, by: groups) {
                                (losses[row], records[row]) = try runRow(
                                    rows[row],
                                    parameters: parameters,
                                    workspace: workspaces[worker],
                                    sink: sink(row)
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
        sink: ct_gradient_sink?
    ) throws(ReplayError) -> ([Float], RowRecord) {
        var c = description.c
        let count = row.inputs.count
        var record = RowRecord()
        var status = CT_OK
        var losses = [Float](repeating: .nan, count: count)
        func pass(_ observer: UnsafePointer<ct_observer>?) {
            if let sink {
                status = ct_forward_backward(
                    &c,
                    parameters.baseAddress,
                    workspace.pointer,
                    row.inputs,
                    row.targets,
                    count,
                    precision.c,
                    observer,
                    &losses,
                    sink
                )
            } else {
                status = ct_forward(
                    &c,
                    parameters.baseAddress,
                    workspace.pointer,
                    row.inputs,
                    row.targets,
                    count,
                    precision.c,
                    observer,
                    &losses,
                    nil
                )
            }
        }
        if probes {
            record.observe(description, backward: sink != nil) { pass($0) }
        } else {
            pass(nil)
        }
        guard status == CT_OK else {
            throw .unsupportedModel(path: nil, detail: "the pass reports status \(status.rawValue)")
        }
        return (losses, record)
    }
}

extension RowRecord {
    /// Runs `body` with an observer over empty records.
    fileprivate mutating func observe(
        _ description: TransformerDescription,
        backward hasBackward: Bool,
        _ body: (UnsafePointer<ct_observer>) -> Void
    ) {
        var c = description.c
        let count = ct_probe_count(&c)
        forward = [ct_probe](repeating: ct_probe(), count: count)
        backward = [ct_probe](repeating: ct_probe(), count: hasBackward ? count : 0)
        entropy = [Double](repeating: 0, count: description.layers * description.heads)
        unitMaximum = [Float](repeating: 0, count: description.layers * description.hidden)
        forward.withUnsafeMutableBufferPointer { forward in
            backward.withUnsafeMutableBufferPointer { backward in
                entropy.withUnsafeMutableBufferPointer { entropy in
                    unitMaximum.withUnsafeMutableBufferPointer { units in
                        var observer = ct_observer(
                            forward: forward.baseAddress,
                            backward: hasBackward ? backward.baseAddress : nil,
                            entropy: entropy.baseAddress,
                            unit_maximum: units.baseAddress
                        )
                        ct_observer_reset(&observer, &c)
                        body(&observer)
                    }
                }
            }
        }
    }
}

/// One gradient buffer per group, one after the other, and then those of the head; the first holds the sum in the end.
struct GradientBuffers: Sendable {
    fileprivate(set) var storage: [Float] = []

    fileprivate mutating func prepare(floats: Int) {
        if storage.count != floats { storage = [Float](repeating: 0, count: floats) }
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
