extension OptimizerForm {
    /// llm.c's `state_*.bin`, one for each process.
    static let llmc = OptimizerForm(
        beginning: "state_",
        suffix: "bin",
        matches: { $0.bytes.count >= 4 && LlmcHeader.magic(of: $0.bytes) == LlmcHeader.Magic.optimizer },
        state: { source throws(ReplayError) in
            try LlmcOptimizer.parse(source.bytes, path: source.path, of: source.checkpoint)
        },
        inspect: { source throws(ReplayError) in
            let state = try LlmcOptimizer.read(source.paths, of: source.checkpoint)
            return OptimizerInspection(of: state, files: source.paths, source)
        }
    )
}

/// llm.c's `state_*.bin`: 256 int32, then first and second moments as fp32 in the order of the model file.
///
/// Each process writes a file of its own. With ZeRO stage 1 it holds one part of every tensor of every layer, otherwise all.
///
/// Source: karpathy/llm.c, train_gpt2.cu, save_state and gpt2_update.
private enum LlmcOptimizer {
    /// What one process has written.
    private struct Part {
        var file: FileMapping
        var processes: Int
        var rank: Int
        var step: Int
        var path: String { file.path }

        /// Throws `ReplayError.truncated` or `ReplayError.malformedHeader`.
        init(_ path: String) throws(ReplayError) {
            file = try FileMapping(path)
            (processes, rank, step) = try LlmcOptimizer.header(file.bytes, path: path)
        }
    }

    /// The moments of the files of all processes. Throws `ReplayError`, also where a process's part is missing.
    static func read(_ paths: [String], of checkpoint: Checkpoint) throws(ReplayError) -> OptimizerState {
        var parts: [Part] = []
        for path in paths {
            let part = try Part(path)
            // The file of a process among others holds either everything or its share.
            if part.file.bytes.count >= LlmcHeader.byteCount + 8 * checkpoint.description.parameterCount {
                return try part.file.read { bytes throws(ReplayError) in
                    try parse(bytes, path: path, of: checkpoint, acceptsMany: true)
                }
            }
            parts.append(part)
        }
        let ranks = parts.map(\.rank).sorted()
        guard let first = parts.first, ranks == Array(0..<first.processes),
            parts.allSatisfy({ $0.processes == first.processes && $0.step == first.step })
        else {
            let expected = (parts.first?.processes ?? 1) - 1
            let found = ranks.map(String.init).joined(separator: ", ")
            throw .unsupportedFormat(
                path: paths.first ?? "",
                format:
                    "an optimizer state without the parts of all processes (found \(found), expected 0 to \(expected))",
                remedy: "copy the state_*.bin of every process beside the checkpoint"
            )
        }
        return try merge(parts, of: checkpoint)
    }

    private static func merge(_ parts: [Part], of checkpoint: Checkpoint) throws(ReplayError) -> OptimizerState {
        let model = checkpoint.description
        let count = model.parameterCount
        let share = count / parts.count
        var moments = [[Float](repeating: 0, count: count), [Float](repeating: 0, count: count)]
        for part in parts {
            let bytes = part.file.bytes
            let end = LlmcHeader.byteCount + 8 * share
            guard bytes.count >= end else {
                throw .truncated(path: part.path, expectedBytes: end, actualBytes: bytes.count)
            }
            for tensor in model.tensors {
                let size = tensor.range.count / parts.count
                guard tensor.range.count % parts.count == 0, tensor.range.lowerBound % parts.count == 0 else {
                    let detail = "\(tensor.name) does not divide into \(parts.count) parts, which llm.c demands"
                    throw .malformedHeader(path: part.path, detail: detail)
                }
                let target = tensor.range.lowerBound + part.rank * size
                for moment in moments.indices {
                    let from = moment * share + tensor.range.lowerBound / parts.count
                    let values = floats(bytes, from: from, count: size)
                    moments[moment].replaceSubrange(target..<target + size, with: values)
                }
            }
            try part.file.checkUnchanged()
        }
        let path = parts.first?.path ?? ""
        return OptimizerState(
            firstMoment: moments[0],
            secondMoment: moments[1],
            updatesDone: parts.first?.step,
            path: path
        )
    }

    /// The moments of one file that holds all of them.
    static func parse(
        _ bytes: UnsafeRawBufferPointer,
        path: String,
        of checkpoint: Checkpoint,
        acceptsMany: Bool = false
    ) throws(ReplayError) -> OptimizerState {
        let header = try header(bytes, path: path)
        guard header.processes <= 1 || acceptsMany else {
            throw .unsupportedFormat(
                path: path,
                format: "the optimizer state of one of \(header.processes) processes",
                remedy: "the replay goes on without it"
            )
        }
        let count = checkpoint.description.parameterCount
        let moments = count.multipliedReportingOverflow(by: 8)
        let (end, overflow) = moments.partialValue.addingReportingOverflow(LlmcHeader.byteCount)
        guard !moments.overflow, !overflow, bytes.count >= end else {
            throw .truncated(path: path, expectedBytes: end, actualBytes: bytes.count)
        }
        return OptimizerState(
            firstMoment: floats(bytes, from: 0, count: count),
            secondMoment: floats(bytes, from: count, count: count),
            updatesDone: header.step,
            path: path
        )
    }

    private static func floats(_ bytes: UnsafeRawBufferPointer, from: Int, count: Int) -> [Float] {
        let start = LlmcHeader.byteCount + 4 * from
        return ElementType.f32.decode(UnsafeRawBufferPointer(rebasing: bytes[start..<start + 4 * count]), count: count)
    }

    private static func header(
        _ bytes: UnsafeRawBufferPointer,
        path: String
    ) throws(ReplayError) -> (processes: Int, rank: Int, step: Int) {
        guard bytes.count >= LlmcHeader.byteCount else {
            throw .truncated(path: path, expectedBytes: LlmcHeader.byteCount, actualBytes: bytes.count)
        }
        func field(_ index: Int) -> Int {
            Int(Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * index, as: Int32.self)))
        }
        let magic = LlmcHeader.Magic.optimizer
        guard field(0) == Int(magic), field(1) == 1 else {
            throw .malformedHeader(
                path: path,
                detail: "magic number and version are \(field(0)) and \(field(1)), expected \(magic) and 1"
            )
        }
        guard (1...1 << 16).contains(field(2)), (0..<field(2)).contains(field(3)) else {
            let detail = "it is of process \(field(3)) of \(field(2)), expected 0 to 65535 of at most 65536"
            throw .malformedHeader(path: path, detail: detail)
        }
        return (field(2), field(3), field(10))
    }
}
