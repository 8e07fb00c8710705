import Replay

/// llm.c model files, safetensors, and the archives of torch.save with the pickle inside; what can be read is run.
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
    return 0
}
