import CTransformer

/// Forward, and backward if wanted, over the rows of a batch, on several threads.
///
/// Nothing that is added up depends on the threads, so every bit of the result is the same at any number of them. Rows of a
/// large model run one after the other, each by all threads, and share one gradient buffer. Rows of a small model, whose
/// operations are too short to be shared, run side by side; they are dealt to a fixed number of groups with a buffer each,
/// and the buffers are added in order.
struct BatchPass {
    let description: TransformerDescription
    let pool: WorkspacePool
    var precision: Precision = .fp32
    var probes = false
    var threads: Int
    /// Gradients are computed of this times the loss, rounded as `precision` says, those of parameters once they are
    /// summed, and divided by it again; `nil` keeps
    /// them in fp32.
    var lossScale: Double?

    /// What the rows gave; row by row in the order of the batch.
    struct Outcome {
        var tokenLosses: [[Float]]
        var records: [RowRecord]
    }

    /// From so many parameters on, rows share one gradient buffer.
    private static let large = 1 << 24
    /// From so many parameters on, threads can share a row.
    private static let wide = 1 << 20

    private var isLarge: Bool { description.parameterCount > Self.large }
    private var isWide: Bool { description.parameterCount >= Self.wide }

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
    func forward(_ rows: [TokenRow], weights: UnsafePointer<ct_weights>) throws(ReplayError) -> Outcome {
        // Side by side where that keeps all threads busy: a row by itself needs no waiting for others.
        let areSideBySide = rows.count.isMultiple(of: threads) || rows.count >= 4 * threads
        return try run(rows, weights: weights, groups: !isWide || areSideBySide ? rows.count : 1) { _ in nil }
    }

    /// Runs the rows forward and backward. `buffers` is overwritten with the gradient of the mean loss over all tokens;
    /// its memory is kept between calls.
    func forwardBackward(
        _ rows: [TokenRow],
        weights: UnsafePointer<ct_weights>,
        buffers: inout GradientBuffers
    ) throws(ReplayError) -> Outcome {
        let count = description.parameterCount
        // More groups use more threads and more memory: one gradient buffer each.
        let groups = isLarge ? 1 : min(max(rows.count, 1), 4)
        buffers.prepare(floats: groups * count)
        var memory = buffers.storage
        buffers.storage = []
        defer { buffers.storage = memory }
        let total = rows.reduce(0) { $0 + $1.inputs.count }
        return try memory.withUnsafeMutableBufferPointer { storage throws(ReplayError) -> Outcome in
            guard let base = storage.baseAddress else { return try forward(rows, weights: weights) }
            Parallel.forEachRange(of: storage.count, threads: threads) { range in
                (base + range.lowerBound).update(repeating: 0, count: range.count)
            }
            let outcome = try run(rows, weights: weights, groups: groups) { row in
                ct_gradient_sink(
                    gradients: base + row % groups * count,
                    scale: Float((lossScale ?? 1) / Double(total)),
                    precision: lossScale == nil ? CT_FP32 : precision.c
                )
            }
            Parallel.forEachRange(of: count, threads: threads) { range in
                for group in 1..<max(groups, 1) {
                    ct_accumulate(base + range.lowerBound, base + group * count + range.lowerBound, range.count)
                }
                guard let lossScale else { return }
                // Gradients of parameters are stored in the precision, before they are divided by the scale.
                ct_round(base + range.lowerBound, range.count, precision.c)
                guard lossScale != 1 else { return }
                let inverse = Float(1 / lossScale)
                for index in range { base[index] *= inverse }
            }
            return outcome
        }
    }

    /// Runs the rows, dealt to groups; a group runs its rows in their order. `sink` says where a row's gradient goes.
    private func run(
        _ rows: [TokenRow],
        weights: UnsafePointer<ct_weights>,
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
        let sharing = groups == 1 && isWide ? threads : 1
        let workspaces = try pool.take(
            Parallel.workers(for: groups, threads: threads),
            tokens: tokens,
            backward: sink(0) != nil,
            workers: sharing
        )
        defer { pool.giveBack(workspaces) }
        // Unsafe to share: the workers only read the weights, and have ended when this returns.
        nonisolated(unsafe) let weights = weights
        // The places of different rows, filled side by side.
        outcome.tokenLosses.withUnsafeMutableBufferPointer { losses in
            outcome.records.withUnsafeMutableBufferPointer { records in
                failures.withUnsafeMutableBufferPointer { failures in
                    Parallel.forEach(groups, threads: threads) { group, worker in
                        do throws(ReplayError) {
                            for row in stride(from: group, to: rows.count, by: groups) {
                                (losses[row], records[row]) = try runRow(
                                    rows[row],
                                    weights: weights,
                                    workspace: workspaces[worker],
                                    team: sharing,
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
        weights: UnsafePointer<ct_weights>,
        workspace: Workspace,
        team: Int,
        sink: ct_gradient_sink?
    ) throws(ReplayError) -> ([Float], RowRecord) {
        var c = description.c
        let count = row.inputs.count
        var record = RowRecord()
        var status = CT_OK
        var losses = [Float](repeating: .nan, count: count)
        func pass(_ observer: UnsafePointer<ct_observer>?) {
            row.withC(precision: precision, team: team) { row in
                if let sink {
                    status = ct_forward_backward(&c, weights, workspace.pointer, row, observer, &losses, sink)
                } else {
                    status = ct_forward(&c, weights, workspace.pointer, row, observer, &losses, nil)
                }
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

extension TokenRow {
    /// Calls `body` with the row for the C side, to be run by a team of so many threads.
    func withC(precision: Precision, team: Int, _ body: (ct_batch_row) -> Void) {
        Parallel.withTeam(of: team) { team in
            inputs.withUnsafeBufferPointer { inputs in
                targets.withUnsafeBufferPointer { targets in
                    body(
                        ct_batch_row(
                            tokens: inputs.baseAddress,
                            targets: targets.baseAddress,
                            T: inputs.count,
                            precision: precision.c,
                            team: team
                        )
                    )
                }
            }
        }
    }
}
