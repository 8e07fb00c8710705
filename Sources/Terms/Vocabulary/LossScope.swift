/// What one printed training loss averages over: how far a bad batch shows in it.
public enum LossScope: String, Sendable, Codable {
    /// All micro-batches of all ranks of one step (llm.c, build-nanogpt).
    case step
    /// One micro-batch of one rank (nanoGPT, 2024 modded-nanogpt).
    case microBatch = "micro-batch"
    /// The mean of the steps since the last line (Megatron-LM, HF Trainer).
    case interval
    /// An exponential moving average (nanochat).
    case movingAverage = "moving-average"
    /// The log does not tell.
    case unknown
}
