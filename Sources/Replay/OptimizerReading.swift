import Foundation
import Pickle

/// Reads optimizer states: safetensors with `exp_avg.<name>` and `exp_avg_sq.<name>`, the `optimizer` of nanoGPT's
/// `ckpt.pt`, Hugging Face's `optimizer.pt` beside a GPT-2 or a Llama, and llm.c's `state_*.bin`.
public enum OptimizerFile {
    /// The writers that have formats of their own.
    enum Kind {
        case llmc
        case nanochat
        case other
    }

    /// The files that hold the optimizer of a checkpoint: those beside it with its number, by rank, or the checkpoint's own
    /// file. Empty when there are none.
    static func files(of checkpoint: Checkpoint) -> [String] {
        let url = URL(fileURLWithPath: checkpoint.path)
        let folder = url.deletingLastPathComponent().path
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let updates = CheckpointFile.number(inName: checkpoint.path) ?? checkpoint.updatesDone
        let states = names.sorted().filter { name in
            CheckpointFolder.isOptimizerState(name) && extensions.contains((name as NSString).pathExtension)
        }
        // Of several kinds with one number the first by name.
        let own = states.filter { updates != nil && firstNumber($0) == updates }
        if let first = own.first {
            let kind = (first as NSString).pathExtension
            let parts = own.filter { ($0 as NSString).pathExtension == kind }
            let ordered = parts.sorted { ($0.utf8.count, $0) < ($1.utf8.count, $1) }
            return ordered.map { folder + "/" + $0 }
        }
        if let plain = ["optimizer.pt", "optimizer.bin"].first(where: states.contains) {
            return [folder + "/" + plain]
        }
        return ["pt", "pth"].contains(url.pathExtension) ? [checkpoint.path] : []
    }

    private static let extensions: Set = ["bin", "safetensors", "pt"]

    /// The first run of digits: `optim_000500_rank0.pt` and `state_00000500_00000.bin` are both of 500.
    private static func firstNumber(_ name: String) -> Int? {
        let digits = name.drop { !("0"..."9").contains($0) }.prefix { ("0"..."9").contains($0) }
        return Int(digits)
    }

    /// The first of the files that hold the optimizer of a checkpoint; `nil` when there is none.
    public static func beside(_ checkpoint: Checkpoint) -> String? { files(of: checkpoint).first }

    /// Who has written a state.
    static func kind(_ path: String, of checkpoint: Checkpoint) throws(ReplayError) -> Kind {
        let file = try FileMapping(path)
        let start = file.bytes.prefix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        try file.checkUnchanged()
        guard file.bytes.count >= 4, start == LlmcOptimizerFile.magic else {
            return checkpoint.description.architecture.optimizer == .muon && path.hasSuffix(".pt") ? .nanochat : .other
        }
        return .llmc
    }

    /// Reads the state of a checkpoint's optimizer. `nil` when a file of `torch.save` holds none.
    ///
    /// Throws `ReplayError` when there is one that cannot be read or that is of another model.
    public static func read(path: String, of checkpoint: Checkpoint) throws(ReplayError) -> OptimizerState? {
        let file = try FileMapping(path)
        return try file.read { bytes throws(ReplayError) in try parse(bytes, path: path, of: checkpoint) }
    }

    /// Reads a state from memory; `path` only serves the messages. Throws as `read`.
    public static func parse(
        _ bytes: UnsafeRawBufferPointer,
        path: String,
        of checkpoint: Checkpoint
    ) throws(ReplayError) -> OptimizerState? {
        if bytes.count >= 4, bytes.loadUnaligned(as: UInt32.self).littleEndian == LlmcOptimizerFile.magic {
            return try LlmcOptimizerFile.parse(bytes, path: path, of: checkpoint)
        }
        _ = try CheckpointForm.recognise(bytes, path: path)
        if SafetensorsForm.matches(bytes) { return try safetensors(bytes, path: path, of: checkpoint) }
        if TorchArchive.matches(bytes) { return try TorchOptimizer.parse(bytes, path: path, of: checkpoint) }
        throw .unknownFormat(path: path, detail: "a model file, where an optimizer's state was expected")
    }

    private static func safetensors(
        _ bytes: UnsafeRawBufferPointer,
        path: String,
        of checkpoint: Checkpoint
    ) throws(ReplayError) -> OptimizerState? {
        let header = try SafetensorsHeader.parse(bytes, path: path)
        let tensors = SafetensorsForm.tensors(header, file: 0)
        func moment(_ prefix: String) throws(ReplayError) -> [Float] {
            var own: [String: StoredTensor] = [:]
            for (name, tensor) in tensors where name.hasPrefix(prefix) {
                own[String(name.dropFirst(prefix.count))] = tensor
            }
            return try values(own, bytes, path: path, of: checkpoint)
        }
        return OptimizerState(
            firstMoment: try moment("exp_avg."),
            secondMoment: try moment("exp_avg_sq."),
            updatesDone: header.metadata["step"].flatMap { Int($0) },
            path: path
        )
    }

    /// Moments under the names of the weights, put together like these.
    static func values(
        _ tensors: [String: StoredTensor],
        _ bytes: UnsafeRawBufferPointer,
        path: String,
        of checkpoint: Checkpoint
    ) throws(ReplayError) -> [Float] {
        let model = checkpoint.description
        var stored = StoredModel(tensors: tensors, files: [bytes], path: path, updatesDone: nil)
        stored.tensors = try ModelWeights.unwrapped(stored)
        let plan = try model.architecture.plan(stored.tensors, like: model, path: path)
        return try ModelWeights.parameters(plan, stored: stored)
    }
}

extension OptimizerInspection {
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
}
