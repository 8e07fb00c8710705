import CTransformer

/// What one row's pass recorded.
struct RowRecord: Sendable {
    /// One probe for each operation: its output.
    var forward: [ct_probe] = []
    /// The gradient of the loss by each operation's output; empty without a backward pass.
    var backward: [ct_probe] = []
    /// (L, H): the entropy of each head's attention, summed over the positions.
    var entropy: [Double] = []
    /// (L, hidden): the largest magnitude of each unit of the MLP.
    var unitMaximum: [Float] = []
}

extension RowRecord {
    /// Runs `body` with an observer over empty records.
    mutating func observe(
        _ description: TransformerDescription,
        backward hasBackward: Bool,
        _ body: (UnsafePointer<ct_observer>) -> Void
    ) {
        var c = description.c
        let count = ct_probe_count(&c)
        forward = [ct_probe](repeating: ct_probe(), count: count)
        backward = [ct_probe](repeating: ct_probe(), count: hasBackward ? count : 0)
        entropy = [Double](repeating: 0, count: description.layers * description.heads)
        unitMaximum = [Float](repeating: 0, count: description.layers * description.hidden)
        forward.withUnsafeMutableBufferPointer { forward in
            backward.withUnsafeMutableBufferPointer { backward in
                entropy.withUnsafeMutableBufferPointer { entropy in
                    unitMaximum.withUnsafeMutableBufferPointer { units in
                        var observer = ct_observer(
                            forward: forward.baseAddress,
                            backward: hasBackward ? backward.baseAddress : nil,
                            entropy: entropy.baseAddress,
                            unit_maximum: units.baseAddress
                        )
                        ct_observer_reset(&observer, &c)
                        body(&observer)
                    }
                }
            }
        }
    }
}
