/// The names that a family's files give to the tensors.
struct TensorNames: Sendable {
    /// What stands before the name of a layer's tensor; `*` is the layer's number.
    var layer: String
    /// Those that are not called as in the C model, whose names are Hugging Face's for GPT-2. A name with `*` is whole, and
    /// `layer` does not stand before it.
    var own: [String: String] = [:]
    /// What some writers put before every name.
    var optionalPrefix: String?
    /// Endings of entries that are no weights: masks and tables.
    var buffers: [String] = []
    /// How queries, keys and values lie.
    var attention = Attention.separate

    /// How queries, keys and values lie in a file.
    enum Attention: Sendable {
        /// In three tensors.
        case separate
        /// In one, one after the other.
        case fused
        /// In one, group of heads by group of heads.
        case byGroup
    }

    /// Whether the gate and the other half of a gated MLP are one tensor, the gate first.
    var isGateFused: Bool { own["mlp.c_fc.weight"].map { $0 == own["mlp.c_fc2.weight"] } ?? false }

    /// The name of a tensor that the C model calls `plain`.
    func name(_ plain: String, layer number: Int?) -> String {
        let name = own[plain] ?? plain
        guard let number else { return name }
        return (name.contains("*") ? name : layer + name).replacing("*", with: "\(number)", maxReplacements: 1)
    }

    /// The entries of a file without the optional prefix, and without buffers. Throws `ReplayError.malformedHeader`.
    func plain(_ stored: [String: StoredTensor], path: String) throws(ReplayError) -> [String: StoredTensor] {
        var tensors: [String: StoredTensor] = [:]
        for (name, entry) in stored.sorted(by: { $0.key < $1.key }) {
            var plain = name
            if let optionalPrefix, name.hasPrefix(optionalPrefix) { plain.removeFirst(optionalPrefix.count) }
            if buffers.contains(where: plain.hasSuffix) { continue }
            guard tensors.updateValue(entry, forKey: plain) == nil else {
                throw .malformedHeader(path: path, detail: "tensor \(plain) is there twice, with and without prefix")
            }
        }
        return tensors
    }
}

/// The tensors of a file, found by the C model's names for them.
struct NamedTensors {
    let tensors: [String: StoredTensor]
    let names: TensorNames
    let path: String

    /// The tensor that the C model calls `plain`.
    subscript(_ plain: String, layer: Int? = nil) -> StoredTensor? { tensors[names.name(plain, layer: layer)] }

    /// The shape of a tensor, which must have two dimensions.
    func matrix(_ plain: String, layer: Int? = nil) throws(ReplayError) -> (rows: Int, columns: Int) {
        let name = names.name(plain, layer: layer)
        guard let tensor = tensors[name] else { throw .missingTensor(path: path, name: name) }
        guard tensor.shape.count == 2 else {
            let detail = "\(name) has shape \(tensor.shape), expected two dimensions"
            throw .malformedHeader(path: path, detail: detail)
        }
        return (tensor.shape[0], tensor.shape[1])
    }

    /// How many layers there are: the first number for which there is none of these.
    func layerCount(_ plain: String...) -> Int {
        var layers = 0
        while plain.contains(where: { self[$0, layers] != nil }) { layers += 1 }
        return layers
    }

    /// Whether the head is left out, or holds the very bytes of the embedding.
    func isHeadTied(in model: StoredModel) -> Bool {
        guard let head = self["lm_head.weight"], let table = self["wte.weight"] else {
            return self["lm_head.weight"] == nil
        }
        return model.areSame(head, table)
    }
}
