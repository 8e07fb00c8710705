/// The sizes of a transformer.
public struct ModelSizes: Sendable, Hashable {
    /// Number of layers, L.
    public var layers: Int
    /// Number of attention heads, H.
    public var heads: Int
    /// Number of heads of keys and values; divides `heads`.
    public var keyValueHeads: Int
    /// Channels of one head, d.
    public var headWidth: Int
    /// Width of the residual stream, C.
    public var channels: Int
    /// Width of the MLP.
    public var hidden: Int
    /// Rows of the position table, or the context the model was made for: the longest sequence that can be run.
    public var maximumSequence: Int
    /// Number of tokens that exist, V; the softmax covers these.
    public var vocabulary: Int
    /// Rows of the embedding table, at least `vocabulary`.
    public var paddedVocabulary: Int

    /// Throws `ReplayError.invalidDescription` that names the first size out of bounds.
    func validate() throws(ReplayError) {
        try Self.require(layers, in: 1...4096, "layers")
        try Self.require(channels, in: 1...(1 << 18), "channels")
        try Self.require(heads, in: 1...(1 << 18), "heads")
        try Self.require(keyValueHeads, in: 1...heads, "keyValueHeads")
        try Self.require(headWidth, in: 1...(1 << 18), "headWidth")
        try Self.require(hidden, in: 1...(1 << 20), "hidden")
        try Self.require(maximumSequence, in: 1...(1 << 24), "maximumSequence")
        try Self.require(vocabulary, in: 1...(1 << 24), "vocabulary")
        try Self.require(paddedVocabulary, in: vocabulary...max(vocabulary, 1 << 24), "paddedVocabulary")
        guard heads % keyValueHeads == 0 else {
            throw .invalidDescription(field: "keyValueHeads", value: keyValueHeads, expected: "a divisor of \(heads)")
        }
    }

    private static func require(_ value: Int, in range: ClosedRange<Int>, _ field: String) throws(ReplayError) {
        guard range.contains(value) else {
            let expected = "\(range.lowerBound) to \(range.upperBound)"
            throw .invalidDescription(field: field, value: value, expected: expected)
        }
    }

    /// The width of one of `heads` heads that share `channels`. Throws `ReplayError.invalidDescription`.
    static func headWidth(_ channels: Int, heads: Int) throws(ReplayError) -> Int {
        guard heads > 0, channels % heads == 0 else {
            throw .invalidDescription(field: "heads", value: heads, expected: "a divisor of \(channels) channels")
        }
        return channels / heads
    }
}
