import Foundation

/// Reads rotary positions from the keys of `config.json`: `rope_parameters` of transformers 5, or `rope_theta` and
/// `rope_scaling` before it.
struct RotaryReading {
    /// The base where the file does not say, and that of the layers with a window.
    var base: Float
    var localBase: Float?
    /// The share of a head that turns where the file does not say; `nil` in families where all of it does.
    var share: Float?
    /// Channels of a head.
    var headWidth: Int?
    /// `max_position_embeddings`, the original context where a scaling does not say it.
    var context: Int?
    /// Whether the file states the base.
    private(set) var isBaseStated = false
    /// The positions of layers with a window, in families where they may be others.
    private(set) var local: RotaryEmbedding?

    init(base: Float, localBase: Float?, share: Float?, headWidth: Int?, context: Int?) {
        (self.base, self.localBase, self.share) = (base, localBase, share)
        (self.headWidth, self.context) = (headWidth, context)
    }

    /// Throws `ReplayError.unsupportedModel` for a scaling that cannot be run.
    mutating func read(
        _ keys: inout ConfigurationKeys,
        _ usual: RotaryEmbedding
    ) throws(ReplayError) -> RotaryEmbedding {
        var result = usual
        result.base = base
        if let stated = try keys.number("rope_theta", "rotary_emb_base") {
            result.base = stated
            isBaseStated = true
        }
        if share != nil {
            if let width = try keys.integer("rotary_dim") {
                result.width = width.value
            } else {
                share = try keys.number("partial_rotary_factor", "rotary_pct", "rope_pct") ?? share
            }
        }
        if localBase != nil { localBase = try keys.number("rope_local_base_freq") ?? localBase }
        let plain = result
        if let scaling = keys.value("rope_parameters", "rope_scaling") {
            guard case .object(let values) = scaling.value else {
                try keys.refuse(scaling.key, expected: "an object")
            }
            if localBase != nil, case .object(let full)? = values["full_attention"] {
                result = try Self.object(keys.nested(full), scaling.key, &self, plain)
                if case .object(let sliding)? = values["sliding_attention"] {
                    var start = plain
                    start.base = localBase ?? base
                    local = try Self.object(keys.nested(sliding), scaling.key, &self, start)
                }
            } else {
                result = try Self.object(keys.nested(values), scaling.key, &self, plain)
            }
        }
        if let localBase, local == nil {
            // A scaling is that of the layers that see everything.
            var plain = plain
            plain.base = localBase == base ? result.base : localBase
            local = plain
        }
        result.width = try width(of: result, keys)
        local?.width = result.width
        return result
    }

    private func width(of rotary: RotaryEmbedding, _ keys: ConfigurationKeys) throws(ReplayError) -> Int? {
        guard share != nil || rotary.width != nil else { return nil }
        guard let headWidth, headWidth > 0, headWidth < 1 << 20 else {
            throw .malformedHeader(path: keys.path, detail: "it does not say how many channels a head has")
        }
        let width = rotary.width ?? Int(Float(headWidth) * (share ?? 1))
        guard (1...headWidth).contains(width), width % 2 == 0 else {
            throw .unsupportedModel(
                path: keys.path,
                detail: "\(width) of \(headWidth) channels turn, expected an even part"
            )
        }
        return width == headWidth ? nil : width
    }

    private static func object(
        _ given: ConfigurationKeys,
        _ name: String,
        _ reading: inout RotaryReading,
        _ usual: RotaryEmbedding
    ) throws(ReplayError) -> RotaryEmbedding {
        var keys = given
        var result = usual
        if let base = try keys.number("rope_theta") {
            result.base = base
            reading.isBaseStated = true
        }
        if reading.share != nil { reading.share = try keys.number("partial_rotary_factor") ?? reading.share }
        (result.scaling, result.amplitude) = try scaling(&keys, context: reading.context)
        if let left = try keys.unread().first { try keys.refuse(left, expected: "its absence in \(name)") }
        return result
    }

    private static func scaling(
        _ keys: inout ConfigurationKeys,
        context: Int?
    ) throws(ReplayError) -> (RotaryEmbedding.Scaling?, Float) {
        let type = try keys.text("rope_type", "type") ?? "default"
        let factor = try keys.number("factor")
        let original = try keys.number("original_max_position_embeddings")
        switch type {
        case "default":
            return (nil, 1)
        case "dynamic":
            // Up to the model's context, which no replay exceeds, the base is the plain one.
            return (nil, 1)
        case "linear":
            return (.linear(factor: factor ?? 1), 1)
        case "llama3":
            let scaling = RotaryEmbedding.Scaling.llama3(
                factor: factor ?? 8,
                low: try keys.number("low_freq_factor") ?? 1,
                high: try keys.number("high_freq_factor") ?? 4,
                originalContext: original ?? 8192
            )
            return (scaling, 1)
        case "yarn":
            return try yarn(&keys, factor, original ?? context.map { Float($0) }, context: context)
        default:
            throw .unsupportedModel(
                path: keys.path,
                detail: "rope_type is \(type), expected default, linear, dynamic, llama3 or yarn"
            )
        }
    }

    /// Source: transformers 5, `modeling_rope_utils.py`.
    private static func yarn(
        _ keys: inout ConfigurationKeys,
        _ given: Float?,
        _ original: Float?,
        context: Int?
    ) throws(ReplayError) -> (RotaryEmbedding.Scaling?, Float) {
        guard let original, original > 0 else {
            try keys.refuse("original_max_position_embeddings", expected: "a number")
        }
        let factor = given ?? Float(context ?? 0) / original
        let first = try keys.number("mscale") ?? 0
        let all = try keys.number("mscale_all_dim") ?? 0
        func magnitude(_ scale: Float) -> Float { factor <= 1 ? 1 : 0.1 * scale * Float(log(Double(factor))) + 1 }
        var amplitude = magnitude(1)
        if first != 0, all != 0 { amplitude = magnitude(first) / magnitude(all) }
        let scaling = RotaryEmbedding.Scaling.yarn(
            factor: factor,
            fast: try keys.number("beta_fast") ?? 32,
            slow: try keys.number("beta_slow") ?? 1,
            originalContext: original,
            isContinuous: try keys.flag("truncate") == false
        )
        return (scaling, try keys.number("attention_factor") ?? amplitude)
    }
}
