import CTransformer
import Testing

@Suite struct ProbeTests {
    @Test(arguments: [(1, 1), (3, 7), (5, 100), (2, 5000)])
    func statisticsAgreeWithTheirDefinition(size: (Int, Int)) {
        let (T, C) = size
        var numbers = TestNumbers(UInt64(C))
        var x = numbers.floats(T * C).map { 1000 + $0 }
        x[0] = 0
        if x.count > 4 {
            x[2] = .nan
            x[x.count - 1] = -.infinity
        }
        var fast = ct_probe_empty()
        var naive = ct_probe_empty()
        ct_probe_add(&fast, x, T, C, C, 0, 0)
        ct_naive_probe_add(&naive, x, T, C, C, 0, 0)
        #expect(fast.finite == naive.finite)
        #expect(fast.non_finite == naive.non_finite)
        #expect(fast.zeros == naive.zeros)
        #expect(fast.absolute_maximum == naive.absolute_maximum)
        #expect(fast.first_position == naive.first_position)
        #expect(fast.first_channel == naive.first_channel)
        #expect(abs(fast.mean - naive.mean) < 1e-9 * 1000)
        #expect(abs(ct_probe_deviation(&fast) - ct_probe_deviation(&naive)) < 1e-6)
    }

    /// Values below 1 are summed in single precision as differences from a pivot, which rounds each of them by up to 2^-24,
    /// half a unit in the last place of a number below 2. Neither the whole nor the merged parts may be further than that
    /// from sums in double precision: what merges in double adds nothing.
    @Test func partsMergeToTheWhole() {
        let rounding = 0x1p-24
        var numbers = TestNumbers(4)
        let x = numbers.floats(1001)
        var whole = ct_probe_empty()
        ct_probe_add(&whole, x, 1, 1001, 1001, 0, 0)
        var merged = ct_probe_empty()
        for part in [0..<1, 1..<600, 600..<1001] {
            var probe = ct_probe_empty()
            ct_probe_add(&probe, Array(x[part]), 1, part.count, part.count, 0, part.lowerBound)
            ct_probe_merge(&merged, &probe)
        }
        let mean = x.reduce(0.0) { $0 + Double($1) } / 1001
        let variance = x.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / 1001
        for var probe in [whole, merged] {
            #expect(probe.finite == 1001)
            #expect(probe.zeros == 0)
            #expect(probe.absolute_maximum == x.map(abs).max())
            #expect(abs(probe.mean - mean) < rounding)
            #expect(abs(ct_probe_deviation(&probe) - variance.squareRoot()) < rounding)
        }
    }

    /// What is merged by hand: means and sums of squares of two parts, exact in double precision.
    @Test func mergingIsExactArithmetic() {
        var a = ct_probe_empty()
        var b = ct_probe_empty()
        ct_probe_add(&a, [1, 3], 1, 2, 2, 0, 0)
        ct_probe_add(&b, [4, 8, 6], 1, 3, 3, 0, 2)
        ct_probe_merge(&a, &b)
        #expect(a.finite == 5)
        #expect(abs(a.mean - 4.4) < 1e-15)
        #expect(abs(ct_probe_deviation(&a) - 5.84.squareRoot()) < 1e-15)
    }

    @Test func hugeValuesDoNotOverflowTheStatistics() {
        var probe = ct_probe_empty()
        ct_probe_add(&probe, [3e38, -3e38, 3e38, -3e38], 1, 4, 4, 0, 0)
        #expect(probe.non_finite == 0)
        #expect(abs(ct_probe_deviation(&probe) / 3e38 - 1) < 1e-6)
    }

    @Test func healthyModelsProduceNothingNonFinite() {
        let pass = TinyModel().forward()
        #expect(pass.probes.count == 2 * 12 + 5)
        #expect(pass.entropy.allSatisfy { $0 >= 0 && $0 < 7 * 1.95 })
        #expect(pass.units.allSatisfy { $0 > 0 })
        #expect(pass.probes.allSatisfy { $0.non_finite == 0 && !$0.produced && $0.finite > 0 })
    }

    struct Fault: Sendable, CustomTestStringConvertible {
        var slot: ct_slot_id
        var layer: Int?
        var value: Float
        var operation: ct_operation
        var testDescription: String { "slot \(slot.rawValue), layer \(layer ?? -1), \(value)" }
    }

    @Test(arguments: [
        Fault(slot: CT_WPE, value: .nan, operation: CT_OP_EMBEDDING),
        Fault(slot: CT_LN1W, layer: 1, value: .nan, operation: CT_OP_LN1),
        Fault(slot: CT_QKVW, layer: 0, value: .infinity, operation: CT_OP_QKV),
        Fault(slot: CT_QKVB, layer: 1, value: .nan, operation: CT_OP_QKV),
        Fault(slot: CT_ATTPROJW, layer: 0, value: .nan, operation: CT_OP_PROJECTION),
        Fault(slot: CT_LN2B, layer: 1, value: -.infinity, operation: CT_OP_LN2),
        Fault(slot: CT_FCW, layer: 1, value: .nan, operation: CT_OP_MLP_IN),
        Fault(slot: CT_FCPROJB, layer: 0, value: .infinity, operation: CT_OP_MLP_OUT),
        Fault(slot: CT_LNFW, value: .nan, operation: CT_OP_FINAL_NORM),
    ])
    func theFirstBadOperationIsNamedAsTheProducer(fault: Fault) {
        var model = TinyModel()
        model.parameters[model.range(fault.slot, layer: fault.layer).lowerBound] = fault.value
        let pass = model.forward()
        guard let first = pass.probes.firstIndex(where: { $0.non_finite > 0 }) else {
            Issue.record("nothing was found")
            return
        }
        var layer = 0
        #expect(ct_probe_operation(&model.description, first, &layer) == fault.operation)
        if let expected = fault.layer { #expect(layer == expected) } else { #expect(layer == -1) }
        #expect(pass.probes[first].produced)
        #expect(pass.probes[first].first_position == 0)
        // What follows only passes it on.
        #expect(pass.probes[(first + 1)...].allSatisfy { !$0.produced })
        #expect(pass.probes[pass.probes.count - 1].non_finite > 0)
    }

    @Test func aBadEmbeddingRowIsFoundAtItsPosition() {
        var model = TinyModel()
        model.tokens = [1, 2, 3, 4, 5, 6, 7]
        model.targets = [1, 2, 3, 4, 5, 6, 7]
        let channels = model.description.channels
        model.parameters[model.range(CT_WTE).lowerBound + 4 * channels + 2] = .nan
        let probe = model.forward().probes[0]
        #expect(probe.first_position == 3)
        #expect(probe.first_channel == 2)
        #expect(probe.non_finite == 1)
        #expect(probe.produced)
    }

    @Test func overflowInHalfPrecisionIsProducedByTheOperationThatOverflows() {
        var model = TinyModel()
        // 300 * 300 passes 65504 in the MLP of layer 1 only, and only in half precision.
        for index in model.range(CT_LN2W, layer: 1) { model.parameters[index] = 300 }
        for index in model.range(CT_FCW, layer: 1) { model.parameters[index] *= 400 }
        let healthy = model.forward()
        #expect(healthy.probes.allSatisfy { $0.non_finite == 0 })
        let pass = model.forward(precision: CT_FP16)
        let first = pass.probes.firstIndex { $0.non_finite > 0 } ?? 0
        var layer = 0
        #expect(ct_probe_operation(&model.description, first, &layer) == CT_OP_MLP_IN)
        #expect(layer == 1)
        #expect(pass.probes[first].produced)
        #expect(model.forward(precision: CT_BF16).probes.allSatisfy { $0.non_finite == 0 })
    }

    @Test func lowPrecisionChangesTheLossALittle() {
        let model = TinyModel()
        let exact = model.forward().losses
        for precision in [CT_BF16, CT_FP16] {
            let rounded = model.forward(precision: precision).losses
            #expect(rounded != exact)
            #expect(difference(rounded, exact) < (precision == CT_BF16 ? 0.1 : 0.01))
        }
    }

    @Test func operationNamesAreDistinct() {
        let names = (0..<CT_OP_COUNT.rawValue).map { String(cString: ct_operation_name(ct_operation(rawValue: $0))) }
        #expect(Set(names).count == names.count)
        #expect(names.first == "embedding")
        #expect(names.last == "loss")
        #expect(String(cString: ct_operation_name(CT_OP_COUNT)) == "unknown")
    }
}
