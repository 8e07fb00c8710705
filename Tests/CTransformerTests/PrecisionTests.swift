import CTransformer
import Testing

@Suite struct PrecisionTests {
    @Test(
        arguments: [
            (1.0, 1.0), (-0.0, -0.0),
            // 1 + 2^-8 lies half way and goes to the even neighbour; a little more goes up; 1 + 3 * 2^-8 goes up to even.
            (1.00390625, 1.0), (1.00390637, 1.0078125), (1.01171875, 1.015625),
            (3.1415927, 3.140625), (65504.0, 65536.0), (3.3961775e38, .infinity), (3.3895314e38, 3.3895314e38),
            (Float(bitPattern: 0x1_16C2), Float(bitPattern: 0x1_0000)), (.infinity, .infinity),
            (-.infinity, -.infinity),
        ] as [(Float, Float)]
    )
    func bfloat16RoundsToNearestEven(value: Float, expected: Float) {
        let rounded = ct_round_bf16(value)
        #expect(rounded == expected)
        #expect(rounded.sign == expected.sign)
        #expect(rounded.bitPattern & 0xFFFF == 0)
    }

    @Test(
        arguments: [
            (1.0, 1.0), (-0.0, -0.0), (1.00048828125, 1.0), (1.0004884, 1.0009765625), (1.00146484375, 1.001953125),
            (3.1415927, 3.140625), (65504, 65504), (65519.99, 65504), (65520, .infinity), (-65520, -.infinity),
            (1e10, .infinity), (6.1035156e-5, 6.1035156e-5),
            // Subnormals: multiples of 2^-24; half of the smallest goes to zero, a little more to the smallest.
            (5.9604645e-8, 5.9604645e-8), (2.9802322e-8, 0), (2.9802326e-8, 5.9604645e-8), (8.940697e-8, 1.1920929e-7),
            (-1e-9, -0.0), (6.1e-5, 6.097555e-5), (.infinity, .infinity),
        ] as [(Float, Float)]
    )
    func halfRoundsToNearestEven(value: Float, expected: Float) {
        let rounded = ct_round_fp16(value)
        #expect(rounded == expected)
        #expect(rounded.sign == expected.sign)
    }

    // The compiler has no Float16 for Intel Macs.
    #if !(os(macOS) && arch(x86_64))
        @Test func halfAgreesWithTheCompilersConversionEverywhere() {
            var bits: UInt32 = 0
            while bits < UInt32.max - 4099 {
                let value = Float(bitPattern: bits)
                let expected = Float(Float16(value))
                let rounded = ct_round_fp16(value)
                guard rounded == expected || (rounded.isNaN && expected.isNaN) else {
                    Issue.record("\(value) became \(rounded), expected \(expected)")
                    return
                }
                bits += 4099
            }
        }
    #endif

    @Test func nanStaysNan() {
        #expect(ct_round_bf16(.nan).isNaN)
        #expect(ct_round_fp16(.nan).isNaN)
        // A NaN whose payload lies in the dropped bits only must not become infinity.
        #expect(ct_round_bf16(Float(bitPattern: 0x7F80_0001)).isNaN)
        #expect(ct_round_fp16(Float(bitPattern: 0x7F80_0001)).isNaN)
    }

    @Test func everyHalfPatternWidensExactly() {
        let patterns = (UInt32(0)...0xFFFF).map { UInt16($0) }
        var widened = [Float](repeating: 0, count: patterns.count)
        ct_widen_fp16(patterns, &widened, patterns.count)
        for (pattern, value) in zip(patterns, widened) {
            let sign: Float = pattern & 0x8000 != 0 ? -1 : 1
            let exponent = Int(pattern >> 10 & 31)
            let fraction = Float(pattern & 0x3FF)
            switch exponent {
            case 31: #expect(fraction == 0 ? value == sign * .infinity : value.isNaN)
            case 0: #expect(value == sign * fraction * 0x1p-24)
            default:
                let magnitude = Float(sign: .plus, exponent: exponent - 15, significand: 1 + fraction / 1024)
                #expect(value == sign * magnitude)
            }
        }
    }

    @Test func bfloat16WidensByShifting() {
        var widened = [Float](repeating: 0, count: 3)
        ct_widen_bf16([0x3F80, 0xC049, 0x7F80], &widened, 3)
        #expect(widened == [1, -3.140625, .infinity])
    }
}
