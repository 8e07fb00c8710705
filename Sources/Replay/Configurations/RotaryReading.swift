/// Reads rotary positions from the keys of `config.json`: `rope_parameters` of transformers 5, or `rope_theta` and
/// `rope_scaling` before it.
struct RotaryReading {
    /// The base where the file does not say.
    var base: Float
    /// `max_position_embeddings`, the original context where a scaling does not say it.
    var context: Int?
    /// Whether the file states the base.
    private(set) var isBaseStated = false

    init(base: Float, context: Int?) {
        self.base = base
        self.context = context
    }

    /// Throws `ReplayError.unsupportedModel` for a scaling that cannot be run.
    mutating func read(
        _ keys: inout ConfigurationKeys,
        _ usual: RotaryEmbedding
    ) throws(ReplayError) -> RotaryEmbedding {
        var result = usual
        result.base = base
        let outer = try keys.number("rope_theta", "rotary_emb_base")
        let scaling = keys.value("rope_parameters", "rope_scaling")
        if let outer {
            result.base = outer
            isBaseStated = true
        }
        guard let scaling else { return result }
        guard case .object(let values) = scaling.value else {
            try keys.refuse(scaling.key, expected: "an object")
        }
        var inner = keys.nested(values)
        if let base = try inner.number("rope_theta") {
            result.base = base
            isBaseStated = true
        }
        result.scaling = try Self.scaling(&inner, context: context)
        if let left = try inner.unread().first {
            try inner.refuse(left, expected: "its absence in \(scaling.key)")
        }
        return result
    }

    private static func scaling(
        _ keys: inout ConfigurationKeys,
        context: Int?
    ) throws(ReplayError) -> RotaryEmbedding.Scaling? {
        let type = try keys.text("rope_type", "type") ?? "default"
        switch type {
        case "default":
            return nil
        case "dynamic":
            // Up to the model's context, which no replay exceeds, the base is the plain one.
            keys.pass("factor", "original_max_position_embeddings", "alpha")
            return nil
        case "linear":
            return .linear(factor: try keys.number("factor") ?? 1)
        case "llama3":
            return .llama3(
                factor: try keys.number("factor") ?? 8,
                low: try keys.number("low_freq_factor") ?? 1,
                high: try keys.number("high_freq_factor") ?? 4,
                originalContext: try keys.number("original_max_position_embeddings") ?? 8192
            )
        default:
            throw .unsupportedModel(
                path: keys.path,
                detail: "rope_type is \(type), expected default, linear, dynamic or llama3"
            )
        }
    }
}
