import CTransformer

/// One named tensor in a model's flat parameter buffer.
public struct ParameterTensor: Sendable, Hashable {
    /// Hugging Face's GPT-2 name without prefix: `wte.weight`, `h.3.attn.c_attn.weight`.
    public let name: String
    /// Row-major shape. Linear weights are (out, in), the transpose of Hugging Face's Conv1D.
    public let shape: [Int]
    /// Where it lies in the buffer, in elements.
    public let range: Range<Int>
    /// The layer it belongs to; `nil` for the embeddings and the final LayerNorm.
    public let layer: Int?
}

extension TransformerDescription {
    /// All tensors, layer by layer in forward order.
    public var tensors: [ParameterTensor] {
        var description = c
        var layout = ct_layout()
        guard ct_layout_make(&description, &layout) == CT_OK else { return [] }
        let slots = Self.slots(of: layout)
        let layerStart = slots.firstIndex { $0.per_layer } ?? slots.count
        let layerEnd = slots[layerStart...].firstIndex { !$0.per_layer } ?? slots.count
        var result: [ParameterTensor] = []
        for slot in slots[..<layerStart] { Self.append(slot, layer: nil, to: &result) }
        for layer in 0..<layers {
            for slot in slots[layerStart..<layerEnd] { Self.append(slot, layer: layer, to: &result) }
        }
        for slot in slots[layerEnd...] { Self.append(slot, layer: nil, to: &result) }
        return result
    }

    private static func slots(of layout: ct_layout) -> [ct_slot] {
        withUnsafeBytes(of: layout.slots) { Array($0.bindMemory(to: ct_slot.self)) }
    }

    private static func append(_ slot: ct_slot, layer: Int?, to tensors: inout [ParameterTensor]) {
        guard slot.count > 0 else { return }
        let base = String(cString: slot.name)
        let start = slot.offset + (layer ?? 0) * slot.stride
        tensors.append(
            ParameterTensor(
                name: layer.map { "h.\($0).\(base)" } ?? base,
                shape: slot.columns > 0 ? [slot.rows, slot.columns] : [slot.rows],
                range: start..<start + slot.stride,
                layer: layer
            )
        )
    }
}
