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

    @Test func forwardWithAndWithoutKeptActivationsAgreesToTheBit() {
        let model = TinyModel(tinyDescription(layers: 5))
        var c = model.description
        let workspace = ct_workspace_make(&c, 11, true)
        defer { ct_workspace_free(workspace) }
        var losses = [Float](repeating: 0, count: 7)
        #expect(
            ct_forward(&c, model.parameters, workspace, model.tokens, model.targets, 7, CT_FP32, nil, &losses, nil)
                == CT_OK
        )
        #expect(losses == model.forward().losses)
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

    @Test func backwardNeedsAForwardPassInARoomyWorkspace() {
        let model = TinyModel()
        var c = model.description
        var gradient = [Float](repeating: 0, count: model.parameters.count)
        var losses = [Float](repeating: 0, count: 7)
        for backward in [false, true] {
            let workspace = ct_workspace_make(&c, 7, backward)
            defer { ct_workspace_free(workspace) }
            if !backward {
                _ = ct_forward(
                    &c,
                    model.parameters,
                    workspace,
                    model.tokens,
                    model.targets,
                    7,
                    CT_FP32,
                    nil,
                    &losses,
                    nil
                )
            }
            let status = ct_backward(&c, model.parameters, workspace, model.tokens, model.targets, 7, &gradient, 1)
            #expect(status == CT_WORKSPACE_MISMATCH)
        }
        #expect(ct_workspace_make(&c, 12, false) == nil)
        #expect(ct_workspace_make(&c, 0, false) == nil)
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
        #expect(status { $0.position = CT_POSITION_ROTARY } == CT_UNSUPPORTED)
        #expect(status { $0.activation = ct_activation_kind(rawValue: 7) } == CT_UNSUPPORTED)
    }

    @Test func parameterCountFollowsTheFileFormat() {
        var description = ct_description(
            layers: 12,
            heads: 12,
            kv_heads: 12,
            channels: 768,
            hidden: 3072,
            max_sequence: 1024,
            vocabulary: 50257,
            padded_vocabulary: 50304,
            norm: CT_NORM_LAYERNORM,
            position: CT_POSITION_LEARNED,
            activation: CT_ACTIVATION_GELU_TANH,
            has_bias: true,
            norm_epsilon: 1e-5,
            attention_scale: 0
        )
        var layout = ct_layout()
        #expect(ct_layout_make(&description, &layout) == CT_OK)
        #expect(layout.parameters == 124_475_904)
    }
}
