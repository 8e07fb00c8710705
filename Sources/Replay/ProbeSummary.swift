import CTransformer

/// The probes of all rows, joined in row order.
struct ProbeSummary {
    let description: TransformerDescription
    let rows: [[ct_probe]]
    let probes: [Probe]

    init(description: TransformerDescription, rows: [[ct_probe]]) {
        self.description = description
        self.rows = rows
        var c = description.c
        probes = (0..<ct_probe_count(&c)).map { index in
            var layer = 0
            let operation = ct_probe_operation(&c, index, &layer)
            return Self.join(
                rows,
                index,
                String(cString: ct_operation_name(operation)),
                Self.isNone(layer) ? nil : layer
            )
        }
    }

    /// `CT_NONE` is the largest size_t, which is imported as Int's -1.
    private static func isNone(_ value: Int) -> Bool { value < 0 }

    private static func join(_ rows: [[ct_probe]], _ index: Int, _ operation: String, _ layer: Int?) -> Probe {
        var joined = ct_probe_empty()
        var place: NonFinitePlace?
        for (row, records) in rows.enumerated() {
            var record = records[index]
            if place == nil, record.non_finite > 0 {
                place = NonFinitePlace(row: row, position: record.first_position, channel: record.first_channel)
            }
            ct_probe_merge(&joined, &record)
        }
        return Probe(
            name: layer.map { "h.\($0).\(operation)" } ?? operation,
            layer: layer,
            operation: operation,
            mean: joined.mean,
            deviation: ct_probe_deviation(&joined),
            absoluteMaximum: Double(joined.absolute_maximum),
            zeroFraction: joined.finite > 0 ? Double(joined.zeros) / Double(joined.finite) : 0,
            count: joined.finite + joined.non_finite,
            nonFinite: joined.non_finite,
            firstNonFinite: place,
            produced: joined.produced
        )
    }

    /// The earliest operation in forward order with a non-finite value, and its first place there.
    func origin(parameters: UnsafeBufferPointer<Float>, rows: [TokenRow]) -> NonFiniteOrigin? {
        guard let probe = probes.first(where: { $0.nonFinite > 0 }), let place = probe.firstNonFinite else {
            return nil
        }
        return NonFiniteOrigin(
            layer: probe.layer,
            operation: probe.operation,
            row: place.row,
            position: place.position,
            producer: probe.produced,
            weightsFinite: weightsAreFinite(probe, parameters, token: rows[place.row].inputs[place.position], place)
        )
    }

    private func weightsAreFinite(
        _ probe: Probe,
        _ parameters: UnsafeBufferPointer<Float>,
        token: Int32,
        _ place: NonFinitePlace
    ) -> Bool {
        let channels = description.channels
        func finite(_ range: Range<Int>) -> Bool { parameters[range].allSatisfy(\.isFinite) }
        let tensors = description.tensors
        func tensor(_ name: String) -> Range<Int> { tensors.first { $0.name == name }?.range ?? 0..<0 }
        if probe.operation == "embedding" {
            let wte = tensor("wte.weight").lowerBound + Int(token) * channels
            let wpe = tensor("wpe.weight").lowerBound + place.position * channels
            return finite(wte..<wte + channels) && finite(wpe..<wpe + channels)
        }
        if probe.operation == "logits" {
            let wte = tensor("wte.weight").lowerBound
            return finite(wte..<wte + description.vocabulary * channels)
        }
        guard let module = Self.module(of: probe.operation) else { return true }
        let prefix = probe.layer.map { "h.\($0).\(module)." } ?? "\(module)."
        return tensors.allSatisfy { !$0.name.hasPrefix(prefix) || finite($0.range) }
    }

    /// The module whose weights an operation reads; `nil` for operations without weights.
    private static func module(of operation: String) -> String? {
        switch operation {
        case "ln1": "ln_1"
        case "qkv": "attn.c_attn"
        case "projection": "attn.c_proj"
        case "ln2": "ln_2"
        case "mlp-in": "mlp.c_fc"
        case "mlp-out": "mlp.c_proj"
        case "final-layernorm": "ln_f"
        default: nil
        }
    }
}
