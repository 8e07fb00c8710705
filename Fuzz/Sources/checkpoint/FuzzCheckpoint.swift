import Replay

/// The model whose optimizer a file may hold.
private let model: Checkpoint? = {
    let description = try? TransformerDescription(layers: 1, heads: 1, channels: 2, maximumSequence: 2, vocabulary: 3)
    return description.flatMap { try? Trainer(description: $0, seed: 1).checkpoint() }
}()

/// llm.c model files, safetensors, the archives of torch.save with the pickle inside, and optimizer states; what can be
/// read is run.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzCheckpoint(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
    let bytes = UnsafeRawBufferPointer(start: start, count: count)
    // Safetensors do not say how many heads there are; with these, every format gets past its header.
    for overrides in [CheckpointOverrides(), CheckpointOverrides(heads: 2)] {
        let checkpoint = try? Checkpoint.parse(bytes, path: "model_00000005", overrides: overrides)
        guard let checkpoint else { continue }
        _ = checkpoint.nonFiniteParameters()
        _ = WeightReport(checkpoint).problems
        // What can be read can be run.
        guard checkpoint.parameters.count < 1 << 16 else { continue }
        let row = TokenRow(stream: [0, 0, 0])
        _ = try? Replayer(checkpoint: checkpoint, threads: 1).evaluate(rows: [row], gradients: true)
    }
    if let model, let state = try? OptimizerFile.parse(bytes, path: "state_00000005_00000", of: model) {
        _ = state.problems(of: model.description, updatesDone: 5)
        let weights = WeightReport(model)
        _ = state.updateToWeight(weights, of: model.description, learningRate: 1e-3)
    }
    return 0
}
