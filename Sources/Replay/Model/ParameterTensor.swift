import CTransformer

/// One named tensor in a model's flat parameter buffer.
public struct ParameterTensor: Sendable, Hashable {
    /// The name in the family's own files: `h.3.attn.c_attn.weight` (Hugging Face's GPT-2 without prefix),
    /// `model.layers.3.self_attn.q_proj.weight` (Llama), `transformer.h.3.attn.c_q.weight` (nanochat).
    public let name: String
    /// Row-major shape. Linear weights are (out, in), the transpose of Hugging Face's Conv1D.
    public let shape: [Int]
    /// Which rows of the file's tensor of that name it is.
    let rows: StoredRows
    /// Where it lies in the buffer, in elements.
    public let range: Range<Int>
    /// The layer it belongs to; `nil` for the embeddings and the final norm.
    public let layer: Int?
    /// The kind of tensor it is, or is a part of.
    let slot: ct_slot_id
    /// 0, or which part: 1 for the keys and 2 for the values of a tensor that others have as one.
    let part: Int

    /// What tensors are for, whatever their family calls them.
    public enum Group: String, Sendable, Hashable {
        /// Tables of tokens and positions, and the head.
        case embedding
        /// Queries, keys, values and their output.
        case attention
        /// The multilayer perceptron.
        case mlp
        /// Norms, and scalars between layers.
        case norm
    }

    /// The group it belongs to.
    public var group: Group {
        switch slot {
        case CT_WTE, CT_WPE, CT_HEADW, CT_HEADB, CT_VALUE_EMBEDDING: .embedding
        case CT_QKVW, CT_QKVB, CT_ATTPROJW, CT_ATTPROJB, CT_VALUE_GATEW: .attention
        case CT_FCW, CT_FCB, CT_GATEW, CT_GATEB, CT_FCPROJW, CT_FCPROJB: .mlp
        default: .norm
        }
    }

    /// Where it stands among a layer's entries of a table of stored tensors.
    var storedIndex: Int {
        let parts = CT_SLOT_COUNT.rawValue + (slot == CT_QKVB ? 2 : 0)
        return Int(part == 0 ? slot.rawValue : parts + UInt32(part) - 1)
    }
}

extension TransformerDescription {
    /// All tensors, layer by layer in forward order.
    public var tensors: [ParameterTensor] {
        var description = c
        var layout = ct_layout()
        guard ct_layout_make(&description, &layout) == CT_OK else { return [] }
        let slots = withUnsafeBytes(of: layout.slots) { Array($0.bindMemory(to: ct_slot.self)) }
        let layerStart = slots.firstIndex { $0.per_layer } ?? slots.count
        let layerEnd = slots[layerStart...].firstIndex { !$0.per_layer } ?? slots.count
        var result: [ParameterTensor] = []
        for index in 0..<layerStart { append(slots[index], index, layer: nil, to: &result) }
        for layer in 0..<sizes.layers {
            for index in layerStart..<layerEnd { append(slots[index], index, layer: layer, to: &result) }
        }
        for index in layerEnd..<slots.count { append(slots[index], index, layer: nil, to: &result) }
        return result
    }

    private func append(_ slot: ct_slot, _ index: Int, layer: Int?, to tensors: inout [ParameterTensor]) {
        var slot = slot
        guard ct_slot_present(&slot, layer ?? 0) else { return }
        let id = ct_slot_id(rawValue: UInt32(index))
        var start = ct_slot_offset(&slot, layer ?? 0)
        for (index, part) in parts(of: slot, id).enumerated() {
            let count = part.rows * max(slot.columns, 1)
            tensors.append(
                ParameterTensor(
                    name: architecture.names.name(part.name, layer: layer),
                    shape: slot.columns > 0 ? [part.rows, slot.columns] : [part.rows],
                    rows: storedRows(id, part.rows),
                    range: start..<start + count,
                    layer: layer,
                    slot: id,
                    part: index
                )
            )
            start += count
        }
    }

    /// Queries, keys and values are one tensor or three.
    private func parts(of slot: ct_slot, _ id: ct_slot_id) -> [(name: String, rows: Int)] {
        let name = String(cString: slot.name)
        guard id == CT_QKVW || id == CT_QKVB, architecture.names.attention == .separate else {
            return [(name, slot.rows)]
        }
        let queries = sizes.heads * sizes.headWidth
        let values = sizes.keyValueHeads * sizes.headWidth
        let kind = id == CT_QKVB ? "bias" : "weight"
        return [("attn.c_q." + kind, queries), ("attn.c_k." + kind, values), ("attn.c_v." + kind, values)]
    }

    private func storedRows(_ id: ct_slot_id, _ rows: Int) -> StoredRows {
        let names = architecture.names
        if id == CT_QKVW || id == CT_QKVB, names.attention == .byGroup {
            let queries = sizes.heads / sizes.keyValueHeads
            return .byGroup(groups: sizes.keyValueHeads, queries: queries, width: sizes.headWidth)
        }
        guard names.isGateFused else { return .all }
        if id == CT_GATEW { return .slice(first: 0, of: 2 * rows) }
        return id == CT_FCW ? .slice(first: rows, of: 2 * rows) : .all
    }
}
