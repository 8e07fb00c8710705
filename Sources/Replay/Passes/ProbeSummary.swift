import CTransformer

/// The records of all rows, joined in row order.
struct ProbeSummary {
    let checkpoint: Checkpoint
    /// What the weights were rounded to.
    let precision: Precision
    let rows: [RowRecord]
    /// The outputs of the operations, in forward order.
    let probes: [Probe]
    /// The gradients of the operations' outputs, the last operation first; empty without a backward pass.
    let gradientProbes: [Probe]

    private var description: TransformerDescription { checkpoint.description }

    init(checkpoint: Checkpoint, precision: Precision = .fp32, rows: [RowRecord]) {
        let description = checkpoint.description
        self.checkpoint = checkpoint
        self.precision = precision
        self.rows = rows
        probes = Self.join(description, rows.map(\.forward))
        let backward = rows.map(\.backward)
        gradientProbes = backward.contains { $0.isEmpty } ? [] : Self.join(description, backward).reversed()
    }

    private static func join(_ description: TransformerDescription, _ rows: [[ct_probe]]) -> [Probe] {
        var c = description.c
        return (0..<ct_probe_count(&c)).compactMap { index in
            var layer = 0
            let operation = ct_probe_operation(&c, index, &layer)
            // `CT_NONE` is the largest size_t, which is imported as Int's -1.
            let probe = join(rows, index, operation, layer < 0 ? nil : layer, heads: description.heads)
            // What a layer does not do, or no gradient is taken of.
            return probe.count > 0 ? probe : nil
        }
    }

    private static func join(
        _ rows: [[ct_probe]],
        _ index: Int,
        _ operation: ct_operation,
        _ layer: Int?,
        heads: Int
    ) -> Probe {
        var joined = ct_probe_empty()
        var place: NonFinitePlace?
        for (row, records) in rows.enumerated() {
            var record = records[index]
            if place == nil, record.non_finite > 0 {
                place = NonFinitePlace(row: row, position: record.first_position, channel: record.first_channel)
            }
            ct_probe_merge(&joined, &record)
        }
        let own = Probe.Operation(operation)
        return Probe(
            name: layer.map { "h.\($0).\(own.rawValue)" } ?? own.rawValue,
            layer: layer,
            operation: own,
            mean: joined.mean,
            deviation: ct_probe_deviation(&joined),
            absoluteMaximum: Double(joined.absolute_maximum),
            zeroFraction: joined.finite > 0 ? Double(joined.zeros) / Double(joined.finite) : 0,
            saturatedFraction: joined.finite > 0 ? Double(joined.saturated) / Double(joined.finite) : 0,
            count: joined.finite + joined.non_finite,
            nonFinite: joined.non_finite,
            firstNonFinite: place,
            produced: joined.produced
        )
    }

    /// The earliest operation in forward order with a non-finite value, and its first place there.
    func origin(rows: [TokenRow]) -> NonFiniteOrigin? {
        guard let probe = probes.first(where: { $0.nonFinite > 0 }), let place = probe.firstNonFinite else {
            return nil
        }
        return origin(probe, place, producer: probe.produced, rows: rows)
    }

    /// The first operation of the backward pass whose gradient is not finite, after a forward pass that was.
    func gradientOrigin(rows: [TokenRow]) -> NonFiniteOrigin? {
        guard !probes.contains(where: { $0.nonFinite > 0 }),
            let probe = gradientProbes.first(where: { $0.nonFinite > 0 }), let place = probe.firstNonFinite
        else { return nil }
        return origin(probe, place, producer: true, rows: rows)
    }

    private func origin(
        _ probe: Probe,
        _ place: NonFinitePlace,
        producer: Bool,
        rows: [TokenRow]
    ) -> NonFiniteOrigin {
        let token = rows[place.row].inputs[place.position]
        return NonFiniteOrigin(
            layer: probe.layer,
            operation: probe.operation,
            row: place.row,
            position: place.position,
            token: Int(token),
            producer: producer,
            weightsFinite: weightsAreFinite(probe, token: token, place)
        )
    }

    /// Mean entropy of each head's attention (L, H), nats; empty unless recorded.
    func attentionEntropy(rows tokens: [TokenRow]) -> [[Double]] {
        let positions = tokens.reduce(0) { $0 + $1.inputs.count }
        guard positions > 0, rows.allSatisfy({ $0.entropy.count == description.layers * description.heads }) else {
            return []
        }
        return (0..<description.layers).map { layer in
            (0..<description.heads).map { head in
                rows.reduce(0.0) { $0 + $1.entropy[layer * description.heads + head] } / Double(positions)
            }
        }
    }

    /// Share of the MLP's units (L) that no token moves; empty unless recorded. Units of a layer that is not finite are not
    /// known to be dead.
    func deadUnits() -> [Double] {
        guard rows.allSatisfy({ $0.unitMaximum.count == description.layers * description.hidden }) else { return [] }
        let broken = Set(probes.filter { $0.operation == .activation && $0.nonFinite > 0 }.compactMap(\.layer))
        return (0..<description.layers).map { layer in
            guard !broken.contains(layer) else { return 0 }
            let units = layer * description.hidden..<(layer + 1) * description.hidden
            let dead = units.filter { unit in rows.allSatisfy { $0.unitMaximum[unit] < Self.negligible } }
            return Double(dead.count) / Double(description.hidden)
        }
    }

    /// A rectifier's zeros are exact; the tail of a GELU is not.
    private static let negligible: Float = 1e-6

    private func weightsAreFinite(
        _ probe: Probe,
        token: Int32,
        _ place: NonFinitePlace
    ) -> Bool {
        func finite(_ tensor: ParameterTensor, _ part: Range<Int>) -> Bool {
            var values = checkpoint.values(of: tensor, part)
            ct_round(&values, values.count, precision.c)
            return values.allSatisfy(\.isFinite)
        }
        func finite(_ tensor: ParameterTensor, row: Int) -> Bool {
            guard let width = tensor.shape.last else { return true }
            return finite(tensor, row * width..<(row + 1) * width)
        }
        return probe.operation.slots(isHeadTied: description.isHeadTied).allSatisfy { slot in
            description.tensors.filter { $0.slot == slot && ($0.layer == nil || $0.layer == probe.layer) }
                .allSatisfy { tensor in
                    switch slot {
                    case CT_WTE where probe.operation == .embedding, CT_VALUE_EMBEDDING:
                        finite(tensor, row: Int(token))
                    case CT_WPE:
                        finite(tensor, row: place.position)
                    case CT_WTE, CT_HEADW:
                        finite(tensor, 0..<description.vocabulary * description.channels)
                    default:
                        finite(tensor, 0..<tensor.range.count)
                    }
                }
        }
    }
}
