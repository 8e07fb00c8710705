import Replay

/// llm.c model files, safetensors, and the archives of torch.save with the pickle inside.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzCheckpoint(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
    let bytes = UnsafeRawBufferPointer(start: start, count: count)
    // Safetensors do not say how many heads there are; with these, every format gets past its header.
    for overrides in [CheckpointOverrides(), CheckpointOverrides(heads: 2)] {
        let checkpoint = try? Checkpoint.parse(bytes, path: "model_00000005", overrides: overrides)
        _ = checkpoint?.nonFiniteParameters()
    }
    return 0
}
