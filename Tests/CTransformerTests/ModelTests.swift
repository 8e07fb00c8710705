import CTransformer
import Testing

@Suite struct ModelTests {
    @Test(
        arguments: [
            CT_ACTIVATION_GELU_TANH, CT_ACTIVATION_GELU, CT_ACTIVATION_RELU_SQUARED, CT_ACTIVATION_SILU,
        ],
        [true, false]
    )
    func gradientsAgreeWithFiniteDifferences(activation: ct_activation_kind, bias: Bool) {
        checkGradients(TinyModel(tinyDescription(activation: activation, bias: bias)))
    }

    @Test func gradientsWithGroupedQueriesAgreeWithFiniteDifferences() {
        checkGradients(TinyModel(tinyDescription(heads: 4, kvHeads: 2)))
    }

    @Test func gradientsWithUnscaledAttentionAgreeWithFiniteDifferences() {
        let model = TinyModel(tinyDescription(scale: 1))
        checkGradients(model)
        #expect(model.forward().losses != TinyModel().forward().losses)
        // Four channels per head: the usual scale is one half.
        #expect(TinyModel(tinyDescription(scale: 0.5)).forward().losses == TinyModel().forward().losses)
    }

    @Test(
        arguments: [CT_ROTARY_HALVES, CT_ROTARY_ADJACENT, CT_ROTARY_HALVES_REVERSED],
        [CT_ROTARY_UNSCALED, CT_ROTARY_LINEAR, CT_ROTARY_LLAMA3]
    )
    func gradientsOfALlamaAgreeWithFiniteDifferences(pairing: ct_rotary_pairing, scaling: ct_rotary_scaling) {
        checkGradients(TinyModel(tinyLlama(pairing: pairing, scaling: scaling)))
    }

    @Test func gradientsWithHeadsOfAnotherWidthAgreeWithFiniteDifferences() {
        checkGradients(TinyModel(tinyLlama(headWidth: 6)))
    }

    @Test(arguments: tinyFamilies)
    func gradientsOfOtherFamiliesAgreeWithFiniteDifferences(description: ct_description) {
        checkGradients(TinyModel(description))
    }

    @Test(arguments: [true, false], [3, 4])
    func gradientsOfANanochatAgreeWithFiniteDifferences(isCurrent: Bool, layers: Int) {
        checkGradients(TinyModel(tinyNanochat(isCurrent: isCurrent, layers: layers)))
    }

    @Test func aShortWindowForgetsWhatLiesBeyondIt() {
        var description = tinyNanochat(isCurrent: true, layers: 1)
        description.smear_gate = 0
        description.value_gate = 0
        var model = TinyModel(description)
        // The last layer always sees everything; two layers before it with a window of two see four positions back.
        let whole = model.forward().losses
        model.tokens[0] = (model.tokens[0] + 1) % 13
        #expect(model.forward().losses[6] != whole[6])
        description.layers = 3
        ct_layer_add(&description.short_layers, 0)
        ct_layer_add(&description.short_layers, 1)
        model = TinyModel(description)
        #expect(ct_window(&model.description, 0) == 2)
        #expect(ct_window(&model.description, 2) == -1)
    }

    @Test func logitsInBlocksAreThoseOfAllAtOnce() {
        // 300 positions are more than a block.
        var description = tinyLlama()
        description.max_sequence = 300
        let model = TinyModel(description, tokens: 300)
        let long = model.forward()
        var short = model
        short.tokens = Array(model.tokens.prefix(40))
        short.targets = Array(model.targets.prefix(40))
        #expect(difference(short.forward().logits, Array(long.logits.prefix(40 * 13))) < 1e-5)
        #expect(long.losses.allSatisfy { $0.isFinite && $0 > 0 })
        #expect(long.probes.last?.finite == 300)
    }

    /// Moves every tensor along a random direction: one number per tensor shows any wrong term in its gradient.
    private func checkGradients(_ model: TinyModel) {
        let gradient = model.gradient()
        var numbers = TestNumbers(77)
        for id in 0..<CT_SLOT_COUNT.rawValue {
            for layer in 0..<model.description.layers {
                let slot = ct_slot_id(rawValue: id)
                let perLayer = model.range(slot).count > model.range(slot, layer: 0).count
                if !perLayer && layer > 0 { continue }
                let range = model.range(slot, layer: layer)
                guard !range.isEmpty else { continue }
                let direction = numbers.floats(range.count)
                let along = zip(range, direction).reduce(0.0) { $0 + Double(gradient[$1.0]) * Double($1.1) }
                let step: Float = 2e-3
                let up = loss(model, range, direction, step)
                let down = loss(model, range, direction, -step)
                let measured = (up - down) / Double(2 * step)
                #expect(
                    abs(measured - along) < 2e-3 * max(1, abs(along)),
                    "slot \(id) layer \(layer): measured \(measured), gradient \(along)"
                )
            }
        }
    }

    private func loss(_ model: TinyModel, _ range: Range<Int>, _ direction: [Float], _ step: Float) -> Double {
        var moved = model
        for (index, amount) in zip(range, direction) { moved.parameters[index] += step * amount }
        let losses = moved.forward().losses
        return losses.reduce(0.0) { $0 + Double($1) } / Double(losses.count)
    }

    @Test(
        arguments: [tinyDescription(layers: 5), tinyLlama(), tinyNanochat(isCurrent: true, layers: 5)] + tinyFamilies
    )
    func forwardWithAndWithoutKeptActivationsAgreesToTheBit(description: ct_description) {
        let model = TinyModel(description)
        #expect(model.backward().losses == model.forward().losses)
    }

    @Test func paddedVocabularyTakesNoPart() {
        var model = TinyModel()
        let before = model.forward().losses
        let channels = model.description.channels
        for index in model.range(CT_WTE).suffix(3 * channels) { model.parameters[index] = 1000 }
        #expect(model.forward().losses == before)
        #expect(model.gradient()[model.range(CT_WTE)].suffix(3 * channels).allSatisfy { $0 == 0 })
    }

    @Test func laterTokensDoNotChangeEarlierLosses() {
        var model = TinyModel()
        let before = model.forward().losses
        model.tokens[5] = (model.tokens[5] + 1) % 13
        let after = model.forward().losses
        #expect(before[..<5] == after[..<5])
        #expect(before[5] != after[5])
    }

    @Test func badInputIsRefusedNotRun() {
        var model = TinyModel()
        model.tokens[2] = 13
        #expect(model.forward().status == CT_TOKEN_OUT_OF_RANGE)
        model.tokens[2] = -1
        #expect(model.forward().status == CT_TOKEN_OUT_OF_RANGE)
        model = TinyModel()
        model.targets[6] = 13
        #expect(model.forward().status == CT_TOKEN_OUT_OF_RANGE)
    }

    @Test func backwardNeedsARoomyWorkspaceOfTheSameModel() {
        let model = TinyModel()
        var c = model.description
        var losses = [Float](repeating: 0, count: 7)
        var gradient = [Float](repeating: 0, count: model.parameters.count)
        gradient.withUnsafeMutableBufferPointer { gradient in
            var sink = ct_gradient_sink()
            sink.gradients = gradient.baseAddress
            for (scale, backward) in [(Float(0), false), (2, true)] {
                let workspace = ct_workspace_make(&c, 7, backward, 1)
                defer { ct_workspace_free(workspace) }
                var other = c
                other.attention_scale = scale
                model.withRow { weights, row in
                    let status = ct_forward_backward(&other, weights, workspace, row, nil, &losses, sink)
                    #expect(status == CT_WORKSPACE_MISMATCH)
                }
            }
        }
        #expect(ct_workspace_make(&c, 12, false, 1) == nil)
        #expect(ct_workspace_make(&c, 0, false, 1) == nil)
        #expect(ct_workspace_make(&c, 7, false, 0) == nil)
    }

    @Test func impossibleDescriptionsAreRefused() {
        var layout = ct_layout()
        func status(_ change: (inout ct_description) -> Void) -> ct_status {
            var description = tinyDescription()
            change(&description)
            return ct_layout_make(&description, &layout)
        }
        #expect(status { _ in } == CT_OK)
        #expect(status { $0.layers = 0 } == CT_INVALID_DESCRIPTION)
        #expect(status { $0.heads = 5 } == CT_INVALID_DESCRIPTION)
        #expect(status { $0.kv_heads = 2 } == CT_INVALID_DESCRIPTION)
        #expect(status { $0.vocabulary = 17 } == CT_INVALID_DESCRIPTION)
        #expect(status { $0.channels = -3 } == CT_INVALID_DESCRIPTION)
        #expect(status { $0.max_sequence = Int.max } == CT_INVALID_DESCRIPTION)
        #expect(status { $0.norm_epsilon = .nan } == CT_INVALID_DESCRIPTION)
        #expect(status { $0.norm = CT_NORM_RMS } == CT_UNSUPPORTED)
        #expect(status { $0.norm = ct_norm_kind(rawValue: 9) } == CT_UNSUPPORTED)
        #expect(status { $0.position = CT_POSITION_ROTARY } == CT_INVALID_DESCRIPTION)
        #expect(status { $0.softcap = -1 } == CT_INVALID_DESCRIPTION)
        #expect(status { $0.value_gate = 13 } == CT_INVALID_DESCRIPTION)
        #expect(status { $0.qk_norm = CT_QK_NORM_HEADS } == CT_INVALID_DESCRIPTION)
        #expect(status { $0.qk_norm = ct_qk_norm_kind(rawValue: 3) } == CT_UNSUPPORTED)
        #expect(status { $0.residual = ct_residual_kind(rawValue: 3) } == CT_UNSUPPORTED)
        #expect(status { $0.norm_place = CT_NORM_AFTER } == CT_UNSUPPORTED)
        #expect(status { $0.residual_scale = .nan } == CT_INVALID_DESCRIPTION)
        #expect(status { $0.attention_softcap = -1 } == CT_INVALID_DESCRIPTION)
        #expect(status { $0.embedding_scale = 2 } == CT_UNSUPPORTED)
        func rotary(_ change: (inout ct_rotary) -> Void) -> ct_status {
            status {
                $0 = tinyLlama()
                change(&$0.rotary)
            }
        }
        #expect(rotary { $0.width = 4 } == CT_OK)
        #expect(rotary { $0.width = 3 } == CT_INVALID_DESCRIPTION)
        #expect(rotary { $0.width = 6 } == CT_INVALID_DESCRIPTION)
        #expect(rotary { $0.amplitude = .infinity } == CT_INVALID_DESCRIPTION)
        #expect(status { $0.activation = ct_activation_kind(rawValue: 7) } == CT_UNSUPPORTED)
    }

    @Test func parameterCountFollowsTheFileFormat() {
        var description = tinyDescription(layers: 12, heads: 12, kvHeads: 12, channels: 768)
        description.max_sequence = 1024
        description.vocabulary = 50257
        description.padded_vocabulary = 50304
        var layout = ct_layout()
        #expect(ct_layout_make(&description, &layout) == CT_OK)
        #expect(layout.parameters == 124_475_904)
    }
}
