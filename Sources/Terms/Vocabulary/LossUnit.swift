/// The unit of a loss.
public enum LossUnit: String, Sendable, Codable {
    /// Natural-log cross-entropy per token.
    case nats
    /// Bits per byte of text.
    case bitsPerByte = "bits-per-byte"
    /// exp(nats).
    case perplexity
    /// A share of right answers, 0 to 1: higher is better (MLPerf BERT).
    case accuracy
}
