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
    var c = ct_description()
    c.layers = layers
    c.heads = heads
    c.kv_heads = kvHeads
    c.channels = channels
    c.hidden = 4 * channels
    c.max_sequence = 11
    c.vocabulary = 13
    c.padded_vocabulary = 16
    c.activation = activation
    c.has_qkv_bias = bias
    c.has_projection_bias = bias
    c.has_mlp_bias = bias
    c.has_norm_bias = bias
    c.has_norm_weight = true
    c.is_head_tied = true
    c.norm_epsilon = 1e-5
    c.attention_scale = scale
    return c
}

/// A tiny Llama: grouped queries, a gated MLP, rotary positions, an untied head.
func tinyLlama(
    pairing: ct_rotary_pairing = CT_ROTARY_HALVES,
    scaling: ct_rotary_scaling = CT_ROTARY_UNSCALED,
    headWidth: Int = 0
) -> ct_description {
    var c = tinyDescription(activation: CT_ACTIVATION_SILU, bias: false, heads: 4, kvHeads: 2, channels: 16)
    c.hidden = 22
    c.head_width = headWidth
    c.norm = CT_NORM_RMS
    c.position = CT_POSITION_ROTARY
    c.is_gated = true
    c.is_head_tied = false
    c.rotary.base = 100
    c.rotary.pairing = pairing
    c.rotary.scaling = scaling
    c.rotary.factor = 8
    c.rotary.low_factor = 1
    c.rotary.high_factor = 4
    c.rotary.original_context = 64
    return c
}

/// A tiny nanochat of October 2025, or of 2026 with all that came later.
func tinyNanochat(isCurrent: Bool, layers: Int = 4) -> ct_description {
    var c = tinyDescription(activation: CT_ACTIVATION_RELU_SQUARED, bias: false, layers: layers, heads: 2, kvHeads: 1)
    c.norm = CT_NORM_RMS
    c.norm_epsilon = 0x1p-23
    c.position = CT_POSITION_ROTARY
    c.has_norm_weight = false
    c.is_head_tied = false
    c.rotary.base = 100
    c.rotary.pairing = CT_ROTARY_HALVES_REVERSED
    c.rotary.bf16_tables = true
    c.softcap = 3
    c.qk_norm = CT_QK_NORM_HEADS
    c.qk_gain = isCurrent ? 1.2 : 1
    c.has_embedding_norm = true
    guard isCurrent else { return c }
    c.short_window = 2
    for layer in 0..<layers - 1 where layer % 4 != 3 { ct_layer_add(&c.short_layers, layer) }
    c.has_residual_mix = true
    c.value_gate = 5
    c.value_gate_factor = 3
    c.smear_gate = 7
    c.has_backout = true
    return c
}

/// A tiny Llama with one part changed.
func changedLlama(_ change: (inout ct_description) -> Void) -> ct_description {
    var c = tinyLlama()
    c.layers = 3
    change(&c)
    return c
}

/// What families other than GPT-2, Llama and nanochat add, each in a tiny model.
let tinyFamilies: [ct_description] = [
    changedLlama {
        $0.norm_place = CT_NORM_AFTER
        $0.qk_norm = CT_QK_NORM_ALL
        $0.is_qk_norm_first = true
        $0.has_qk_norm_weight = true
    },
    changedLlama {
        $0.norm_place = CT_NORM_AROUND
        $0.layers = 2
        $0.norm_offset = -0.3
        $0.attention_softcap = 1.5
        $0.softcap = 3
        $0.embedding_scale = 1.5
    },
    changedLlama {
        $0.qk_norm = CT_QK_NORM_HEADS
        $0.is_qk_norm_first = true
        $0.has_qk_norm_weight = true
        $0.local_rotary = $0.rotary
        $0.local_rotary.base = 7
        $0.short_window = 2
        ct_layer_add(&$0.local_layers, 1)
        ct_layer_add(&$0.short_layers, 1)
        ct_layer_add(&$0.short_layers, 2)
    },
    changedLlama {
        $0.qk_norm = CT_QK_NORM_HEADS
        $0.has_qk_norm_weight = true
        ct_layer_add(&$0.unrotated_layers, 0)
    },
    changedLlama {
        $0.embedding_scale = 3
        $0.residual_scale = 0.3
        $0.logit_scale = 0.5
        $0.is_scaled_by_layer = true
    },
    changedLlama {
        $0.has_qkv_bias = true
        $0.has_projection_bias = true
        $0.has_mlp_bias = true
        $0.has_head_bias = true
        $0.rotary.width = 2
        $0.rotary.amplitude = 1.3
    },
    changedLlama {
        $0.norm = CT_NORM_LAYERNORM
        $0.has_norm_bias = true
        $0.is_gated = false
        $0.residual = CT_RESIDUAL_PARALLEL
    },
    changedLlama {
        $0.norm = CT_NORM_LAYERNORM
        $0.has_norm_weight = false
        $0.residual = CT_RESIDUAL_SHARED
    },
]

/// A model with random weights and one row of tokens.
struct TinyModel {
    /// As in a replay: another number of threads sums in another order, and tests of other modules set it meanwhile.
    private static let blasIsSingleThreaded: Void = ct_use_single_threaded_blas()

    var description: ct_description
    var layout = ct_layout()
    var parameters: [Float]
    var tokens: [Int32]
    var targets: [Int32]

    init(_ description: ct_description = tinyDescription(), seed: UInt64 = 1, tokens count: Int = 7) {
        Self.blasIsSingleThreaded
        self.description = description
        var numbers = TestNumbers(seed)
        _ = ct_layout_make(&self.description, &layout)
        parameters = numbers.floats(layout.parameters, scale: 0.4)
        tokens = numbers.tokens(count, below: description.vocabulary)
        targets = numbers.tokens(count, below: description.vocabulary)
        for id in [
            CT_LN1W, CT_LN2W, CT_LNFW, CT_POST1W, CT_POST2W, CT_QNORMW, CT_KNORMW, CT_RESIDUAL_MIX, CT_SMEAR_SCALE,
        ] {
            for index in range(id) { parameters[index] += 1 }
        }
    }

    /// The elements of a slot, of all layers or of one.
    func range(_ id: ct_slot_id, layer: Int? = nil) -> Range<Int> {
        withUnsafeBytes(of: layout.slots) { bytes in
            var slot = bytes.bindMemory(to: ct_slot.self)[Int(id.rawValue)]
            guard let layer else { return slot.offset..<slot.offset + slot.count }
            guard ct_slot_present(&slot, layer) else { return 0..<0 }
            let start = ct_slot_offset(&slot, layer)
            return start..<start + slot.stride
        }
    }

    struct Pass {
        var status: ct_status
        var losses: [Float]
        var logits: [Float]
        var probes: [ct_probe]
        var entropy: [Double]
        var units: [Float]
    }

    /// Calls `body` with the weights and the row for the C side.
    func withRow(
        _ precision: ct_precision = CT_FP32,
        team: UnsafePointer<ct_team>? = nil,
        stored: UnsafePointer<ct_stored>? = nil,
        _ body: (UnsafePointer<ct_weights>, ct_batch_row) -> Void
    ) {
        parameters.withUnsafeBufferPointer { values in
            tokens.withUnsafeBufferPointer { tokens in
                targets.withUnsafeBufferPointer { targets in
                    var weights = ct_weights(values: stored == nil ? values.baseAddress : nil, stored: stored)
                    let row = ct_batch_row(
                        tokens: tokens.baseAddress,
                        targets: targets.baseAddress,
                        T: tokens.count,
                        precision: precision,
                        team: team
                    )
                    body(&weights, row)
                }
            }
        }
    }

    func forward(
        precision: ct_precision = CT_FP32,
        team: UnsafePointer<ct_team>? = nil,
        stored: UnsafePointer<ct_stored>? = nil
    ) -> Pass {
        var c = description
        let workspace = ct_workspace_make(&c, tokens.count, false, 3)
        defer { ct_workspace_free(workspace) }
        var losses = [Float](repeating: 0, count: tokens.count)
        var logits = [Float](repeating: 0, count: tokens.count * c.vocabulary)
        var probes = [ct_probe](repeating: ct_probe(), count: ct_probe_count(&c))
        var entropy = [Double](repeating: .nan, count: c.layers * c.heads)
        var units = [Float](repeating: .nan, count: c.layers * c.hidden)
        var status = CT_OK
        probes.withUnsafeMutableBufferPointer { probes in
            entropy.withUnsafeMutableBufferPointer { entropy in
                units.withUnsafeMutableBufferPointer { units in
                    var observer = ct_observer(
                        forward: probes.baseAddress,
                        backward: nil,
                        entropy: entropy.baseAddress,
                        unit_maximum: units.baseAddress
                    )
                    ct_observer_reset(&observer, &c)
                    withRow(precision, team: team, stored: stored) { weights, row in
                        status = ct_forward(&c, weights, workspace, row, &observer, &losses, &logits)
                    }
                }
            }
        }
        return Pass(status: status, losses: losses, logits: logits, probes: probes, entropy: entropy, units: units)
    }

    func gradient() -> [Float] { backward().gradient }

    /// The gradient of the mean loss, and the probes of the backward pass.
    func backward(
        precision: ct_precision = CT_FP32,
        scale: Float = 1,
        team: UnsafePointer<ct_team>? = nil,
        stored: UnsafePointer<ct_stored>? = nil
    ) -> (
        status: ct_status, gradient: [Float], probes: [ct_probe], losses: [Float]
    ) {
        var c = description
        let workspace = ct_workspace_make(&c, tokens.count, true, 3)
        defer { ct_workspace_free(workspace) }
        var losses = [Float](repeating: 0, count: tokens.count)
        var gradient = [Float](repeating: 0, count: parameters.count)
        var probes = [ct_probe](repeating: ct_probe(), count: ct_probe_count(&c))
        var status = CT_OK
        gradient.withUnsafeMutableBufferPointer { gradient in
            probes.withUnsafeMutableBufferPointer { probes in
                var observer = ct_observer(
                    forward: nil,
                    backward: probes.baseAddress,
                    entropy: nil,
                    unit_maximum: nil
                )
                ct_observer_reset(&observer, &c)
                var sink = ct_gradient_sink()
                sink.gradients = gradient.baseAddress
                sink.scale = scale / Float(tokens.count)
                sink.precision = precision
                withRow(precision, team: team, stored: stored) { weights, row in
                    status = ct_forward_backward(&c, weights, workspace, row, &observer, &losses, sink)
                }
            }
        }
        return (status, gradient, probes, losses)
    }
}
