import CTransformer
import Foundation
import Testing

/// Every fast kernel against the naive one beside it, on sizes that no vector width divides.
@Suite struct KernelTests {
    static let sizes: [(Int, Int)] = [(1, 1), (3, 7), (5, 33), (17, 64), (9, 131)]

    @Test(arguments: sizes, [true, false])
    func layerNormAgreesWithItsDefinition(size: (Int, Int), bias: Bool) {
        let (T, C) = size
        var numbers = TestNumbers(UInt64(T * 100 + C))
        let x = numbers.floats(T * C).map { 3 * $0 + 5 }
        let weight = numbers.floats(C)
        let shift: [Float]? = bias ? numbers.floats(C) : nil
        let gradient = numbers.floats(T * C)
        var fast = Norm(T, C, start: numbers.floats(T * C))
        var naive = fast
        withOptional(shift) { shift in
            ct_layernorm_forward(&fast.out, &fast.mean, &fast.rstd, x, weight, shift, 1e-5, T, C)
            ct_naive_layernorm_forward(&naive.out, &naive.mean, &naive.rstd, x, weight, shift, 1e-5, T, C)
        }
        ct_layernorm_backward(
            &fast.dx,
            &fast.dweight,
            &fast.dbias,
            gradient,
            x,
            weight,
            naive.mean,
            naive.rstd,
            T,
            C
        )
        ct_naive_layernorm_backward(
            &naive.dx,
            &naive.dweight,
            &naive.dbias,
            gradient,
            x,
            weight,
            naive.mean,
            naive.rstd,
            T,
            C
        )
        // A single channel has no spread: every value is its own mean and the root of epsilon amplifies rounding.
        let tolerance: Float = C == 1 ? 1e-2 : 2e-5
        #expect(difference(fast.out, naive.out) < tolerance)
        #expect(difference(fast.mean, naive.mean) < 1e-6)
        #expect(difference(fast.rstd, naive.rstd) < 2e-5)
        #expect(difference(fast.dx, naive.dx) < tolerance)
        #expect(difference(fast.dweight, naive.dweight) < tolerance)
        #expect(difference(fast.dbias, naive.dbias) < 1e-5)
    }

    private struct Norm {
        var out: [Float], mean: [Float], rstd: [Float], dx: [Float], dweight: [Float], dbias: [Float]

        init(_ T: Int, _ C: Int, start: [Float]) {
            out = [Float](repeating: 0, count: T * C)
            mean = [Float](repeating: 0, count: T)
            rstd = mean
            dx = start
            dweight = [Float](repeating: 0.5, count: C)
            dbias = dweight
        }
    }

    private func withOptional(_ values: [Float]?, _ body: (UnsafePointer<Float>?) -> Void) {
        guard let values else { return body(nil) }
        values.withUnsafeBufferPointer { body($0.baseAddress) }
    }

    @Test(arguments: [(1, 1, 1), (3, 5, 7), (17, 33, 9), (64, 12, 48), (2, 130, 257)], [true, false])
    func linearAgreesWithItsDefinition(size: (Int, Int, Int), bias: Bool) {
        let (T, I, O) = size
        var numbers = TestNumbers(UInt64(T + I * 10 + O * 100))
        let x = numbers.floats(T * I)
        let weight = numbers.floats(O * I)
        let shift: [Float]? = bias ? numbers.floats(O) : nil
        let gradient = numbers.floats(T * O)
        // Starting from NaN shows whether outputs are overwritten, from numbers whether gradients are added.
        var out = [[Float]](repeating: [Float](repeating: .nan, count: T * O), count: 2)
        var dx = [[Float]](repeating: [Float](repeating: .nan, count: T * I), count: 2)
        var dweight = [[Float]](repeating: numbers.floats(O * I), count: 2)
        var dbias = [[Float]](repeating: numbers.floats(O), count: 2)
        withOptional(shift) { shift in
            ct_linear_forward(&out[0], O, x, weight, I, shift, T, I, O)
            ct_naive_linear_forward(&out[1], x, weight, shift, T, I, O)
        }
        ct_linear_backward_input(&dx[0], I, gradient, O, weight, I, false, T, I, O)
        ct_linear_backward_weight(&dweight[0], I, gradient, O, x, I, T, I, O)
        ct_linear_backward_bias(&dbias[0], gradient, O, T, O)
        ct_naive_linear_backward(&dx[1], &dweight[1], &dbias[1], gradient, x, weight, T, I, O)
        #expect(difference(out[0], out[1]) < 1e-5)
        #expect(difference(dx[0], dx[1]) < 1e-5)
        #expect(difference(dweight[0], dweight[1]) < 1e-5)
        #expect(difference(dbias[0], dbias[1]) < 1e-5)
        ct_linear_backward_input(&dx[0], I, gradient, O, weight, I, true, T, I, O)
        #expect(difference(dx[0], dx[1].map { 2 * $0 }) < 2e-5)
    }

    @Test(
        arguments: [(1, 1, 1, 1), (5, 3, 3, 7), (64, 2, 2, 8), (65, 4, 2, 5), (200, 4, 1, 16)],
        [(Int.max, 0), (0, 0), (3, 0), (70, 0), (Int.max, 0.8), (9, 2)] as [(Int, Float)]
    )
    func attentionAgreesWithItsDefinition(size: (Int, Int, Int, Int), limits: (Int, Float)) {
        let (T, H, K, d) = size
        let (window, softcap) = limits
        let shape = ct_attention_shape(
            T: T,
            heads: H,
            kv_heads: K,
            width: d,
            scale: 0,
            window: window,
            softcap: softcap
        )
        var numbers = TestNumbers(UInt64(T * 7 + H))
        let qkv = numbers.floats(T * (H + 2 * K) * d, scale: 2)
        let gradient = numbers.floats(T * H * d)
        var out = [[Float]](repeating: [Float](repeating: .nan, count: T * H * d), count: 2)
        var dqkv = [[Float]](repeating: [Float](repeating: .nan, count: qkv.count), count: 2)
        var probabilities = [Float](repeating: .nan, count: H * T * T)
        var scratch = [Float](repeating: .nan, count: ct_attention_scratch(shape))
        var scores = ct_probe_empty()
        var softmax = ct_probe_empty()
        var entropy = [Double](repeating: 0, count: H)
        entropy.withUnsafeMutableBufferPointer { entropy in
            withUnsafeMutablePointer(to: &scores) { scores in
                withUnsafeMutablePointer(to: &softmax) { softmax in
                    var probes = ct_attention_probes(scores: scores, softmax: softmax, entropy: entropy.baseAddress)
                    ct_attention_forward(&out[0], qkv, &scratch, shape, 0, H, CT_FP32, &probes)
                }
            }
        }
        ct_naive_attention_forward(&out[1], &probabilities, qkv, shape)
        ct_attention_backward(&dqkv[0], gradient, qkv, &scratch, shape, 0, K, CT_FP32, nil)
        ct_naive_attention_backward(&dqkv[1], gradient, qkv, probabilities, shape)
        #expect(difference(out[0], out[1]) < 1e-5)
        #expect(difference(dqkv[0], dqkv[1]) < 2e-5)
        // Only the keys that a query sees are probed; each row of probabilities sums to one.
        #expect(scores.finite == H * (0..<T).reduce(0) { $0 + min($1, window) + 1 })
        #expect(softmax.finite == scores.finite)
        #expect(abs(softmax.mean * Double(softmax.finite) - Double(H * T)) < 1e-3)
        for head in 0..<H {
            let exact = probabilities[head * T * T..<(head + 1) * T * T].reduce(0.0) { sum, p in
                p > 0 ? sum - Double(p) * log(Double(p)) : sum
            }
            #expect(abs(entropy[head] - exact) < 1e-4 * max(1, exact))
        }
    }

    @Test func attentionKeepsALaterBadValueFromEarlierPositions() {
        let shape = ct_attention_shape(T: 70, heads: 2, kv_heads: 2, width: 4, scale: 0, window: Int.max, softcap: 0)
        var numbers = TestNumbers(5)
        var qkv = numbers.floats(70 * 24)
        // Head 1's value at position 50.
        qkv[50 * 24 + 16 + 5] = .nan
        var out = [Float](repeating: 0, count: 70 * 8)
        var scratch = [Float](repeating: 0, count: ct_attention_scratch(shape))
        ct_attention_forward(&out, qkv, &scratch, shape, 0, 2, CT_FP32, nil)
        for position in 0..<70 {
            #expect(out[position * 8..<position * 8 + 4].allSatisfy { $0.isFinite })
            #expect(out[position * 8 + 5].isNaN == (position >= 50))
        }
    }

    @Test(arguments: [
        CT_ACTIVATION_GELU_TANH, CT_ACTIVATION_GELU, CT_ACTIVATION_RELU, CT_ACTIVATION_RELU_SQUARED,
        CT_ACTIVATION_SILU, CT_ACTIVATION_GELU_QUICK,
    ])
    func activationsAgreeWithTheirDefinitions(kind: ct_activation_kind) {
        let x: [Float] = (-4000...4000).map { Float($0) * 0.00251 }
        var numbers = TestNumbers(9)
        var out = [[Float]](repeating: [Float](repeating: .nan, count: x.count), count: 2)
        var dx = [[Float]](repeating: numbers.floats(x.count), count: 2)
        #expect(ct_activation_forward(&out[0], x, x.count, kind) == CT_OK)
        #expect(ct_naive_activation_forward(&out[1], x, x.count, kind) == CT_OK)
        #expect(ct_activation_backward(&dx[0], x, x.count, kind) == CT_OK)
        #expect(ct_naive_activation_backward(&dx[1], x, x.count, kind) == CT_OK)
        for index in x.indices {
            #expect(abs(out[0][index] - out[1][index]) <= 5e-7 * max(1, abs(out[1][index])))
            #expect(abs(dx[0][index] - dx[1][index]) <= 2e-6 * max(1, abs(dx[1][index])))
        }
    }

    @Test func activationsPassNanOnAndRefuseUnknownKinds() {
        var out: [Float] = [0]
        for kind: UInt32 in 0...5 {
            #expect(ct_activation_forward(&out, [.nan], 1, ct_activation_kind(rawValue: kind)) == CT_OK)
            #expect(out[0].isNaN)
        }
        #expect(ct_activation_forward(&out, [1], 1, ct_activation_kind(rawValue: 99)) == CT_UNSUPPORTED)
    }

    @Test(arguments: [(1, 1), (3, 13), (4, 1030), (2, 5003)])
    func logSoftmaxAndLossAgreeWithTheirDefinitions(size: (Int, Int)) {
        let (T, V) = size
        var numbers = TestNumbers(UInt64(V))
        let logits = numbers.floats(T * V, scale: 20)
        let targets = numbers.tokens(T, below: V)
        var fast = logits
        var naive = logits
        var normalisers = [Float](repeating: 0, count: T)
        ct_log_normalisers(&normalisers, fast, T, V)
        var gradient = fast
        ct_cross_entropy_backward(&gradient, normalisers, targets, 0.25, 0, T, V)
        var losses = [Float](repeating: 0, count: T)
        ct_cross_entropy_forward(&losses, fast, normalisers, targets, T, V)
        for index in fast.indices { fast[index] -= normalisers[index / V] }
        ct_naive_log_softmax_forward(&naive, T, V)
        #expect(difference(fast, naive) < 1e-6)
        for t in 0..<T { #expect(losses[t] == -fast[t * V + Int(targets[t])]) }
        ct_naive_cross_entropy_backward(&naive, targets, 0.25, T, V)
        #expect(difference(gradient, naive) < 2e-6)
    }

    @Test func softmaxOfExtremeLogitsStaysFinite() {
        let logits: [Float] = [3e38, -3e38, 1000, 0]
        var normaliser: [Float] = [0]
        ct_log_normalisers(&normaliser, logits, 1, 4)
        #expect(normaliser == [3e38])
        let bad: [Float] = [1, .infinity, 2]
        ct_log_normalisers(&normaliser, bad, 1, 3)
        #expect((bad[1] - normaliser[0]).isNaN)
    }

    @Test func gradientsOfEmbeddingsAddUp() {
        var dwte = [Float](repeating: 1, count: 6)
        var dwpe = [Float](repeating: 0, count: 4)
        ct_embedding_backward(&dwte, &dwpe, [1, 2, 3, 4], [2, 2], 2, 2, 0, 1)
        #expect(dwte == [1, 1, 1, 1, 5, 1])
        ct_embedding_backward(&dwte, &dwpe, [1, 2, 3, 4], [2, 2], 2, 2, 1, 2)
        #expect(dwte == [1, 1, 1, 1, 5, 7])
        #expect(dwpe == [1, 2, 3, 4])
    }

    @Test(arguments: sizes, [true, false])
    func rmsNormAgreesWithItsDefinition(size: (Int, Int), hasWeight: Bool) {
        let (T, C) = size
        var numbers = TestNumbers(UInt64(T * 31 + C))
        let x = numbers.floats(T * C, scale: 3)
        let weight: [Float]? = hasWeight ? numbers.floats(C) : nil
        let gradient = numbers.floats(T * C)
        var out = [[Float]](repeating: [Float](repeating: .nan, count: T * C), count: 2)
        var rstd = [[Float]](repeating: [Float](repeating: .nan, count: T), count: 2)
        var dx = [[Float]](repeating: numbers.floats(T * C), count: 2)
        var dweight = [[Float]](repeating: numbers.floats(C), count: 2)
        withOptional(weight) { weight in
            ct_rmsnorm_forward(&out[0], &rstd[0], x, weight, 1e-5, T, C)
            ct_naive_rmsnorm_forward(&out[1], &rstd[1], x, weight, 1e-5, T, C)
            ct_rmsnorm_backward(&dx[0], &dweight[0], gradient, x, weight, rstd[1], T, C)
            ct_naive_rmsnorm_backward(&dx[1], &dweight[1], gradient, x, weight, rstd[1], T, C)
        }
        #expect(difference(out[0], out[1]) < 2e-6)
        #expect(difference(rstd[0], rstd[1]) < 2e-6)
        #expect(difference(dx[0], dx[1]) < 1e-5)
        #expect(difference(dweight[0], dweight[1]) < 1e-5)
    }

    @Test(
        arguments: [CT_ROTARY_HALVES, CT_ROTARY_ADJACENT, CT_ROTARY_HALVES_REVERSED],
        [CT_ROTARY_UNSCALED, CT_ROTARY_LINEAR, CT_ROTARY_LLAMA3, CT_ROTARY_YARN]
    )
    func rotationsAgreeWithTheirDefinitionAndTurnBack(pairing: ct_rotary_pairing, scaling: ct_rotary_scaling) {
        let (T, heads, width, ld) = (37, 3, 10, 35)
        var rotary = tinyLlama(pairing: pairing, scaling: scaling).rotary
        rotary.base = 10000
        // A part of the head, as in GPT-NeoX, with one of the scalings.
        let turned = scaling == CT_ROTARY_LINEAR ? 6 : width
        if turned < width { rotary.width = turned }
        var numbers = TestNumbers(8)
        let x = numbers.floats(T * ld)
        var cosines = [Float](repeating: 0, count: T * turned / 2)
        var sines = cosines
        ct_rotary_tables(&cosines, &sines, &rotary, T, turned)
        var fast = x
        var naive = x
        ct_rotary_apply(&fast, cosines, sines, pairing, false, T, heads, turned, width, ld)
        ct_naive_rotary_apply(&naive, &rotary, false, T, heads, width, ld)
        #expect(difference(fast, naive) < 5e-6)
        #expect(difference(fast, x) > 0.1)
        ct_rotary_apply(&fast, cosines, sines, pairing, true, T, heads, turned, width, ld)
        #expect(difference(fast, x) < 1e-6)
    }

    @Test func anAmplitudeScalesARotation() {
        var rotary = tinyLlama().rotary
        let x: [Float] = [1, 2, 3, 4]
        var plain = x
        var scaled = x
        ct_naive_rotary_apply(&plain, &rotary, false, 1, 1, 4, 4)
        rotary.amplitude = 1.5
        ct_naive_rotary_apply(&scaled, &rotary, false, 1, 1, 4, 4)
        #expect(difference(scaled, plain.map { 1.5 * $0 }) < 1e-6)
        var cosines: [Float] = [0, 0]
        var sines = cosines
        ct_rotary_tables(&cosines, &sines, &rotary, 1, 4)
        #expect(cosines == [1.5, 1.5])
    }

    /// Fast turns stay, slow ones are divided by the factor, and the order of the frequencies is kept.
    @Test(arguments: [false, true]) func yarnStretchesOnlyLowFrequencies(isContinuous: Bool) {
        var rotary = ct_rotary()
        rotary.base = 100
        rotary.scaling = CT_ROTARY_YARN
        rotary.factor = 4
        rotary.low_factor = 0.1
        rotary.high_factor = 4
        rotary.original_context = 64
        rotary.is_continuous = isContinuous
        var cosines = [Float](repeating: 0, count: 16)
        var sines = cosines
        ct_rotary_tables(&cosines, &sines, &rotary, 2, 16)
        let angles = sines[8...].map { asin(Double($0)) }
        let plain = (0..<8).map { pow(100, -Double($0) / 8) }
        #expect(abs(angles[0] - plain[0]) < 1e-6)
        #expect(abs(angles[7] - plain[7] / 4) < 0.6 * plain[7])
        for (angle, plain) in zip(angles, plain) { #expect(angle <= plain + 1e-6 && angle >= plain / 4 - 1e-6) }
        #expect(zip(angles, angles.dropFirst()).allSatisfy { $0 > $1 })
    }

    @Test(arguments: [(1, 4), (3, 6), (2, 33)]) func groupNormsAreNormsOfEachVector(groups: Int, width: Int) {
        let (T, extra) = (7, 5)
        let ld = groups * width + extra
        var numbers = TestNumbers(21)
        let x = numbers.floats(T * ld)
        let weight = numbers.floats(width)
        let gradient = numbers.floats(T * ld)
        let shape = ct_group_norm(T: T, groups: groups, width: width, ld: ld, ld_raw: groups * width, ld_rstd: groups)
        var out = x
        var raw = [Float](repeating: .nan, count: T * groups * width)
        var rstd = [Float](repeating: .nan, count: T * groups)
        ct_group_norm_forward(&out, &raw, &rstd, weight, 1e-5, shape)
        var dx = gradient
        var dweight = [Float](repeating: 1, count: width)
        ct_group_norm_backward(&dx, &dweight, raw, rstd, weight, shape)
        var expected = [Float](repeating: 1, count: width)
        for t in 0..<T {
            for group in 0..<groups {
                let part = t * ld + group * width..<t * ld + (group + 1) * width
                var one = [Float](repeating: 0, count: width)
                var scale: Float = 0
                ct_naive_rmsnorm_forward(&one, &scale, Array(x[part]), weight, 1e-5, 1, width)
                #expect(difference(Array(out[part]), one) < 2e-6)
                var back = [Float](repeating: 0, count: width)
                ct_naive_rmsnorm_backward(
                    &back,
                    &expected,
                    Array(gradient[part]),
                    Array(x[part]),
                    weight,
                    &scale,
                    1,
                    width
                )
                #expect(difference(Array(dx[part]), back) < 1e-5)
            }
            let rest = t * ld + groups * width..<(t + 1) * ld
            #expect(out[rest] == x[rest] && dx[rest] == gradient[rest])
        }
        #expect(difference(dweight, expected) < 1e-5)
    }

    @Test func headsAreNormalisedOneByOne() {
        let (T, heads, width, ld) = (5, 3, 6, 20)
        var numbers = TestNumbers(12)
        let x = numbers.floats(T * ld)
        var out = x
        var rstd = [Float](repeating: 0, count: T * heads)
        ct_head_norm_forward(&out, &rstd, 1.2, 1e-6, T, heads, width, ld)
        for t in 0..<T {
            for head in 0..<heads {
                let row = out[t * ld + head * width..<t * ld + (head + 1) * width]
                let square = row.reduce(0) { $0 + $1 * $1 } / Float(width)
                #expect(abs(square - 1.44) < 1e-4)
            }
            #expect(out[t * ld + heads * width..<(t + 1) * ld] == x[t * ld + heads * width..<(t + 1) * ld])
        }
    }

    @Test func adamwAgreesWithItsDefinitionOverManySteps() {
        let count = 37
        var numbers = TestNumbers(3)
        var fast = (
            p: numbers.floats(count), m: [Float](repeating: 0, count: count), v: [Float](repeating: 0, count: count)
        )
        var naive = fast
        for step in 1...50 {
            let gradient = numbers.floats(count, scale: step % 7 == 0 ? 100 : 0.01)
            let settings = ct_adamw_settings(
                learning_rate: 1e-2,
                beta1: 0.9,
                beta2: 0.95,
                epsilon: 1e-8,
                weight_decay: 0.1,
                gradient_scale: 0.5,
                step: step
            )
            ct_adamw_update(&fast.p, &fast.m, &fast.v, gradient, count, settings)
            ct_naive_adamw_update(&naive.p, &naive.m, &naive.v, gradient, count, settings)
        }
        #expect(difference(fast.p, naive.p) < 1e-5)
        #expect(difference(fast.m, naive.m) < 1e-5)
        #expect(difference(fast.v, naive.v) < 1e-5)
    }

    @Test func sumOfSquaresIsExactInDouble() {
        #expect(ct_sum_of_squares([3, 4, 1e20], 3) == 25 + Double(Float(1e20)) * Double(Float(1e20)))
    }
}
