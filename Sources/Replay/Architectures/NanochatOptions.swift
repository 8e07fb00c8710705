import CTransformer

/// What makes a nanochat model of a certain date; checkpoints do not say most of it.
///
/// Source: karpathy/nanochat, nanochat/gpt.py from commit 3a5e0bc (2025-10-13) to 92d63d4 (2026-07-03).
public struct NanochatOptions: Sendable, Hashable {
    /// The limit of the logits: limit * tanh(logits / limit).
    public var softcap: Float = 15
    /// Factor of queries and keys after their norm.
    public var queryKeyGain: Float = 1
    /// Base of the rotary positions.
    public var rotaryBase: Float = 10_000
    /// Whether sines and cosines are kept in bfloat16: always until 2026-03-04, and then where the run computed in it.
    public var hasBF16Tables = true
    /// One letter a layer, repeated: S for the short window, L for all positions. The last layer sees everything.
    public var windowPattern = "L"
    /// Keys that a layer with the short window sees before its own position.
    public var shortWindow = 0
    /// Whether each layer starts from a learned mix of its input with the first layer's.
    public var hasResidualMix = false
    /// Channels that gate the value embeddings of every other layer; 0 without any.
    public var valueGate = 0
    /// The factor of that gate's sigmoid.
    public var valueGateFactor: Float = 2
    /// Channels of the gate that lets a token's predecessor in; 0 without it.
    public var smearGate = 0
    /// Whether a share of the middle layer's output is taken off at the end.
    public var hasBackout = false

    /// Creates the options of October 2025.
    public init() {}

    /// The constants of nanochat on a day ("2026-01-20"); what the weights themselves show is left alone.
    /// - Parameters:
    ///   - day: The day of the code, `yyyy-mm-dd`.
    ///   - sequence: The run's `sequence_len`, of which the short window is a part.
    /// - Returns: `nil` unless the day reads YYYY-MM-DD and is not before 2025-10-13.
    public static func constants(ofDay day: String, sequence: Int) -> NanochatOptions? {
        let parts = day.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.count) == [4, 2, 2], parts.allSatisfy({ $0.allSatisfy(\.isNumber) }), day >= "2025-10-13"
        else { return nil }
        var options = NanochatOptions()
        options.hasBF16Tables = day < "2026-03-04"
        if day >= "2026-01-11" { options.shortWindow = window(sequence, divisor: 2) }
        if day >= "2026-03-03" { options.softcap = 20 }
        if day >= "2026-03-09" {
            options.softcap = 15
            options.rotaryBase = 100_000
            options.valueGateFactor = 3
            options.queryKeyGain = 1.15
            options.shortWindow = window(sequence, divisor: 3)
        }
        if day >= "2026-03-14" {
            options.queryKeyGain = 1.2
            options.shortWindow = window(sequence, divisor: 4)
        }
        return options
    }

    /// A part of the sequence, rounded up to a multiple of 128 from the third on.
    private static func window(_ sequence: Int, divisor: Int) -> Int {
        let part = max(1, (sequence + divisor - 1) / divisor)
        return divisor == 2 ? sequence / 2 : (part + 127) / 128 * 128
    }

    func apply(to c: inout ct_description) {
        c.softcap = softcap
        c.has_qk_norm = true
        c.qk_gain = queryKeyGain
        c.has_embedding_norm = true
        c.has_residual_mix = hasResidualMix
        c.value_gate = valueGate
        c.value_gate_factor = valueGateFactor
        c.smear_gate = smearGate
        c.has_backout = hasBackout
        let letters = Array(windowPattern.utf8.prefix(32))
        var bits: UInt32 = 0
        for (index, letter) in letters.enumerated() where letter == UInt8(ascii: "S") || letter == UInt8(ascii: "s") {
            bits |= 1 << UInt32(index)
        }
        c.short_window = bits == 0 ? 0 : shortWindow
        c.window_pattern = bits
        c.window_period = max(letters.count, 1)
    }
}
