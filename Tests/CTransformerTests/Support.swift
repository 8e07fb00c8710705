import CTransformer

/// Deterministic numbers in -1..<1 for tests.
struct TestNumbers {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func next() -> Float {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Float(state >> 40) / Float(1 << 23) - 1
    }

    mutating func floats(_ count: Int, scale: Float = 1) -> [Float] { (0..<count).map { _ in scale * next() } }

    mutating func tokens(_ count: Int, below limit: Int) -> [Int32] {
        (0..<count).map { _ in Int32(min(Int((next() + 1) / 2 * Float(limit)), limit - 1)) }
    }
}

/// The largest difference between two arrays, relative to the largest value of the second.
func difference(_ a: [Float], _ b: [Float]) -> Float {
    guard a.count == b.count else { return .infinity }
    let scale = max(b.reduce(0) { max($0, abs($1)) }, 1e-6)
    return zip(a, b).reduce(0) { max($0, abs($1.0 - $1.1)) } / scale
}

/// Distance in units of the last place of the exact value.
func ulps(_ value: Float, _ exact: Double) -> Double {
    if Double(value) == exact { return 0 }
    return abs(Double(value) - exact) / Double(max(Float(abs(exact)).ulp, Float.leastNonzeroMagnitude))
}

/// A tiny GPT-2 with awkward sizes.
func tinyDescription(
    activation: ct_activation_kind = CT_ACTIVATION_GELU_TANH,
    bias: Bool = true,
    layers: Int = 2,
    heads: Int = 3,
    kvHeads: Int = 3,
    channels: Int = 12,
    scale: Float = 0
) -> ct_description {
    ct_description(
        layers: layers,
        heads: heads,
        kv_heads: kvHeads,
        channels: channels,
        hidden: 4 * channels,
        max_sequence: 11,
        vocabulary: 13,
        padded_vocabulary: 16,
        norm: CT_NORM_LAYERNORM,
        position: CT_POSITION_LEARNED,
        activation: activation,
        has_bias: bias,
        norm_epsilon: 1e-5,
        attention_scale: scale
    )
}

/// A model with random weights and one row of tokens.
struct TinyModel {
    var description: ct_description
    var layout = ct_layout()
    var parameters: [Float]
    var tokens: [Int32]
    var targets: [Int32]

    init(_ description: ct_description = tinyDescription(), seed: UInt64 = 1, tokens count: Int = 7) {
        self.description = description
        var numbers = TestNumbers(seed)
        _ = ct_layout_make(&self.description, &layout)
        parameters = numbers.floats(layout.parameters, scale: 0.4)
        tokens = numbers.tokens(count, below: description.vocabulary)
        targets = numbers.tokens(count, below: description.vocabulary)
        for id in [CT_LN1W, CT_LN2W, CT_LNFW] {
            for index in range(id) { parameters[index] += 1 }
        }
    }

    /// The elements of a slot, of all layers or of one.
    func range(_ id: ct_slot_id, layer: Int? = nil) -> Range<Int> {
        withUnsafeBytes(of: layout.slots) { bytes in
            let slot = bytes.bindMemory(to: ct_slot.self)[Int(id.rawValue)]
            guard let layer else { return slot.offset..<slot.offset + slot.count }
            return slot.offset + layer * slot.stride..<slot.offset + (layer + 1) * slot.stride
        }
    }

    struct Pass {
        var status: ct_status
        var losses: [Float]
        var logits: [Float]
        var probes: [ct_probe]
    }

    func forward(precision: ct_precision = CT_FP32) -> Pass {
        var c = description
        let workspace = ct_workspace_make(&c, tokens.count, false)
        defer { ct_workspace_free(workspace) }
        var losses = [Float](repeating: 0, count: tokens.count)
        var logits = [Float](repeating: 0, count: tokens.count * c.vocabulary)
        var probes = [ct_probe](repeating: ct_probe_empty(), count: ct_probe_count(&c))
        var rounded = parameters
        ct_round(&rounded, rounded.count, precision)
        let status = ct_forward(
            &c,
            rounded,
            workspace,
            tokens,
            targets,
            tokens.count,
            precision,
            &probes,
            &losses,
            &logits
        )
        return Pass(status: status, losses: losses, logits: logits, probes: probes)
    }

    func gradient() -> [Float] {
        var c = description
        let workspace = ct_workspace_make(&c, tokens.count, true)
        defer { ct_workspace_free(workspace) }
        var losses = [Float](repeating: 0, count: tokens.count)
        var gradient = [Float](repeating: 0, count: parameters.count)
        _ = ct_forward(&c, parameters, workspace, tokens, targets, tokens.count, CT_FP32, nil, &losses, nil)
        _ = ct_backward(
            &c,
            parameters,
            workspace,
            tokens,
            targets,
            tokens.count,
            &gradient,
            1 / Float(tokens.count)
        )
        return gradient
    }
}
