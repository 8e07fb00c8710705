import CTransformer
import Testing

/// A team that runs every item on another worker than the one before it, the last item first.
private func backwardsTeam() -> ct_team {
    ct_team(
        workers: 3,
        context: nil,
        run: { _, count, task, argument in
            for item in (0..<count).reversed() { task?(argument, item, item % 3) }
        }
    )
}

/// Whether all bits agree. Arrays of millions that differ would be compared for hours to print how.
private func areSameBits(_ left: [Float], _ right: [Float]) -> Bool {
    left.count == right.count && zip(left, right).allSatisfy { $0.bitPattern == $1.bitPattern }
}

@Suite struct TeamTests {
    /// Sizes that every kind of stage cuts into several pieces.
    static let models: [ct_description] = {
        var gpt2 = tinyDescription(layers: 2, heads: 4, kvHeads: 4, channels: 16)
        gpt2.max_sequence = 200
        gpt2.hidden = 800
        gpt2.vocabulary = 2100
        gpt2.padded_vocabulary = 2112
        var wide = tinyDescription(layers: 1, heads: 4, kvHeads: 4, channels: 768)
        wide.max_sequence = 1040
        var llama = tinyLlama()
        llama.max_sequence = 200
        llama.hidden = 800
        var nanochat = tinyNanochat(isCurrent: true)
        nanochat.max_sequence = 200
        return [gpt2, wide, llama, nanochat]
    }()

    @Test(arguments: models, [CT_FP32, CT_BF16])
    func aTeamGivesTheBitsOfOneThread(description: ct_description, precision: ct_precision) {
        let model = TinyModel(description, tokens: description.max_sequence)
        var team = backwardsTeam()
        let alone = model.forward(precision: precision)
        let together = model.forward(precision: precision, team: &team)
        #expect(alone.status == CT_OK)
        #expect(areSameBits(together.losses, alone.losses))
        #expect(areSameBits(together.logits, alone.logits))
        #expect(together.entropy == alone.entropy)
        #expect(together.units == alone.units)
        #expect(zip(together.probes, alone.probes).allSatisfy(areSame))
        let one = model.backward(precision: precision)
        let three = model.backward(precision: precision, team: &team)
        #expect(areSameBits(three.gradient, one.gradient))
        #expect(zip(three.probes, one.probes).allSatisfy(areSame))
        #expect(one.losses == alone.losses)
        #expect(one.gradient.contains { $0 != 0 })
    }

    @Test(arguments: models)
    func piecesOfPositionsGiveWhatFewerPositionsGive(description: ct_description) {
        var model = TinyModel(description, tokens: description.max_sequence)
        let long = model.forward()
        model.tokens = Array(model.tokens.prefix(50))
        model.targets = Array(model.targets.prefix(50))
        // The model is causal: what comes later changes nothing.
        #expect(difference(model.forward().losses, Array(long.losses.prefix(50))) < 1e-4)
    }

    /// Weights that lie in a file, in halves or whole, give what their widened copies in one buffer give.
    @Test(arguments: [tinyDescription(bias: true), tinyLlama(), tinyNanochat(isCurrent: true)], [true, false])
    func storedWeightsGiveTheBitsOfWidenedOnes(description: ct_description, areHalves: Bool) {
        var model = TinyModel(description, tokens: 9)
        let halves = model.parameters.map { UInt16(truncatingIfNeeded: ct_round_bf16($0).bitPattern >> 16) }
        if areHalves { model.parameters = halves.map { Float(bitPattern: UInt32($0) << 16) } }
        let whole = model.parameters
        whole.withUnsafeBytes { whole in
            halves.withUnsafeBytes { halves in
                let table = storedTable(model, areHalves ? halves : whole, areHalves ? 2 : 4)
                for precision in [CT_FP32, CT_FP16] {
                    let plain = model.forward(precision: precision)
                    #expect(plain.status == CT_OK)
                    #expect(model.forward(precision: precision, stored: table).logits == plain.logits)
                    let gradient = model.backward(precision: precision).gradient
                    #expect(model.backward(precision: precision, stored: table).gradient == gradient)
                }
            }
        }
    }

    private func storedTable(_ model: TinyModel, _ bytes: UnsafeRawBufferPointer, _ width: Int) -> [ct_stored] {
        let perLayer = Int(CT_STORED_PER_LAYER)
        let element = width == 2 ? CT_ELEMENT_BF16 : CT_ELEMENT_F32
        var table = [ct_stored](
            repeating: ct_stored(data: nil, element: element),
            count: model.description.layers * perLayer
        )
        for id in 0..<CT_SLOT_COUNT.rawValue {
            for layer in 0..<model.description.layers {
                let range = model.range(ct_slot_id(rawValue: id), layer: layer)
                guard !range.isEmpty else { continue }
                table[layer * perLayer + Int(id)].data = bytes.baseAddress.map { $0 + range.lowerBound * width }
            }
        }
        // A Llama's file has three tensors where GPT-2's has one.
        guard model.description.is_gated else { return table }
        let (queries, keys) = (model.description.heads * 4, model.description.kv_heads * 4)
        for layer in 0..<model.description.layers {
            let start = model.range(CT_QKVW, layer: layer).lowerBound
            for (part, rows) in [queries, queries + keys].enumerated() {
                let at = (start + rows * model.description.channels) * width
                table[layer * perLayer + Int(CT_SLOT_COUNT.rawValue) + part].data = bytes.baseAddress.map { $0 + at }
            }
        }
        return table
    }

    private func areSame(_ a: ct_probe, _ b: ct_probe) -> Bool {
        a.finite == b.finite && a.mean == b.mean && a.squares == b.squares && a.zeros == b.zeros
            && a.absolute_maximum == b.absolute_maximum && a.first_position == b.first_position
    }
}
