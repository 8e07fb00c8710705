import CTransformer

/// Rotary positions: frequency j of a head turns its pair of channels by base^(-2j/d) a position.
public struct RotaryEmbedding: Sendable, Hashable {
    /// Which channels turn together, and which way.
    public enum Pairing: Sendable, Hashable {
        /// j with j + d/2: Hugging Face.
        case halves
        /// 2j with 2j + 1: Meta's own files and llm.c.
        case adjacent
        /// Halves, the other way round: nanochat.
        case halvesReversed
    }

    /// How frequencies are stretched for contexts longer than those of training.
    public enum Scaling: Sendable, Hashable {
        /// Every frequency divided by the factor.
        case linear(factor: Float)
        /// Llama 3.1's: wavelengths above context / low divided by the factor, those below context / high kept.
        case llama3(factor: Float, low: Float, high: Float, originalContext: Float)
        /// YaRN: frequencies below `slow` turns in the original context divided by the factor, those above `fast` kept.
        /// `isContinuous`: these bounds are not rounded to whole frequencies.
        case yarn(factor: Float, fast: Float, slow: Float, originalContext: Float, isContinuous: Bool)
    }

    /// 10 000 for Llama-2, 500 000 for Llama-3.
    public var base: Float
    /// Which channels turn together.
    public var pairing: Pairing
    /// The stretch, if any.
    public var scaling: Scaling?
    /// Whether sines and cosines are rounded to bfloat16, as nanochat keeps them.
    public var isRoundedToBF16: Bool
    /// The first channels of a head, which turn; `nil` for all of it.
    public var width: Int?
    /// Factor of sines and cosines: YaRN's.
    public var amplitude: Float = 1

    /// Creates a record; the defaults are Llama-2's in Hugging Face's layout.
    public init(
        base: Float = 10_000,
        pairing: Pairing = .halves,
        scaling: Scaling? = nil,
        isRoundedToBF16: Bool = false
    ) {
        self.base = base
        self.pairing = pairing
        self.scaling = scaling
        self.isRoundedToBF16 = isRoundedToBF16
    }

    var c: ct_rotary {
        var c = ct_rotary()
        c.base = base
        c.bf16_tables = isRoundedToBF16
        c.width = width ?? 0
        c.amplitude = amplitude
        switch pairing {
        case .halves: c.pairing = CT_ROTARY_HALVES
        case .adjacent: c.pairing = CT_ROTARY_ADJACENT
        case .halvesReversed: c.pairing = CT_ROTARY_HALVES_REVERSED
        }
        switch scaling {
        case nil:
            c.scaling = CT_ROTARY_UNSCALED
        case .linear(let factor):
            c.scaling = CT_ROTARY_LINEAR
            c.factor = factor
        case .llama3(let factor, let low, let high, let originalContext):
            c.scaling = CT_ROTARY_LLAMA3
            c.factor = factor
            c.low_factor = low
            c.high_factor = high
            c.original_context = originalContext
        case .yarn(let factor, let fast, let slow, let originalContext, let isContinuous):
            c.scaling = CT_ROTARY_YARN
            c.factor = factor
            c.low_factor = slow
            c.high_factor = fast
            c.original_context = originalContext
            c.is_continuous = isContinuous
        }
        return c
    }
}
