import CTransformer
import Foundation
import Pickle

/// Reads optimizer states: safetensors with `exp_avg.<name>` and `exp_avg_sq.<name>`, the `optimizer` of nanoGPT's
/// `ckpt.pt`, Hugging Face's `optimizer.pt` beside a GPT-2, and llm.c's `state_*.bin` of one process.
public enum OptimizerFile {
    /// The file that holds the optimizer of a checkpoint: one beside it with its number, or the checkpoint's own file.
    ///
    /// `nil` when there is none. Never throws: a state is a bonus.
    public static func beside(_ checkpoint: Checkpoint) -> String? {
        let url = URL(fileURLWithPath: checkpoint.path)
        let folder = url.deletingLastPathComponent().path
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let updates = CheckpointFile.number(inName: checkpoint.path) ?? checkpoint.updatesDone
        for name in names.sorted() where CheckpointFolder.isOptimizerState(name) {
            guard ["bin", "safetensors", "pt"].contains((name as NSString).pathExtension) else { continue }
            if name == "optimizer.pt" || (updates != nil && firstNumber(name) == updates) { return folder + "/" + name }
        }
        return ["pt", "pth"].contains(url.pathExtension) ? checkpoint.path : nil
    }

    /// The first run of digits: `optim_000500_rank0.pt` and `state_00000500_00000.bin` are both of 500.
    private static func firstNumber(_ name: String) -> Int? {
        let digits = name.drop { !("0"..."9").contains($0) }.prefix { ("0"..."9").contains($0) }
        return Int(digits)
    }

    /// Reads the state of a checkpoint's optimizer. `nil` when a file of `torch.save` holds none.
    ///
    /// Throws `ReplayError` when there is one that cannot be read or that is of another model.
    public static func read(path: String, of checkpoint: Checkpoint) throws(ReplayError) -> OptimizerState? {
        let file = try FileMapping(path)
        return try parse(file.bytes, path: path, of: checkpoint)
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
        switch try CheckpointFormat.recognise(bytes, path: path) {
        case .safetensors: return try safetensors(bytes, path: path, of: checkpoint)
        case .pytorch: return try TorchOptimizer.parse(bytes, path: path, of: checkpoint)
        default:
            throw .unknownFormat(path: path, detail: "a model file, where an optimizer's state was expected")
        }
    }

    private static func safetensors(
        _ bytes: UnsafeRawBufferPointer,
        path: String,
        of checkpoint: Checkpoint
    ) throws(ReplayError) -> OptimizerState? {
        let header = try SafetensorsHeader.parse(bytes, path: path)
        let tensors = SafetensorsModel.tensors(header, file: 0)
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
        var overrides = CheckpointOverrides(heads: model.heads, vocabulary: model.vocabulary)
        overrides.mappedFrom = .max
        let stored = StoredModel(tensors: tensors, files: [bytes], path: path, updatesDone: nil)
        let moments = try ModelWeights.assemble(stored, overrides: overrides)
        guard moments.description.tensors == model.tensors else {
            throw .wrongShape(
                path: path,
                name: "moments",
                expected: [model.parameterCount],
                actual: [moments.description.parameterCount]
            )
        }
        return moments.parameters
    }
}

/// llm.c's `state_*.bin`: 256 int32, then first and second moments as fp32 in the order of the model file.
enum LlmcOptimizerFile {
    static let magic: UInt32 = 20_240_527

    static func parse(
        _ bytes: UnsafeRawBufferPointer,
        path: String,
        of checkpoint: Checkpoint
    ) throws(ReplayError) -> OptimizerState {
        guard bytes.count >= LlmcHeader.byteCount else {
            throw .truncated(path: path, expectedBytes: LlmcHeader.byteCount, actualBytes: bytes.count)
        }
        func field(_ index: Int) -> Int {
            Int(Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * index, as: Int32.self)))
        }
        guard field(1) == 1 else {
            throw .malformedHeader(path: path, detail: "version is \(field(1)), expected 1")
        }
        guard field(2) <= 1 else {
            throw .unsupportedFormat(
                path: path,
                format: "the optimizer state of one of \(field(2)) processes",
                remedy: "the replay goes on without it"
            )
        }
        let count = checkpoint.description.parameterCount
        let moments = count.multipliedReportingOverflow(by: 8)
        let (end, overflow) = moments.partialValue.addingReportingOverflow(LlmcHeader.byteCount)
        guard !moments.overflow, !overflow, bytes.count >= end else {
            throw .truncated(path: path, expectedBytes: end, actualBytes: bytes.count)
        }
        func moment(_ index: Int) -> [Float] {
            let start = LlmcHeader.byteCount + index * 4 * count
            return ElementType.f32.decode(
                UnsafeRawBufferPointer(rebasing: bytes[start..<start + 4 * count]),
                count: count
            )
        }
        return OptimizerState(firstMoment: moment(0), secondMoment: moment(1), updatesDone: field(10), path: path)
    }
}
