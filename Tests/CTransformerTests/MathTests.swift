import CTransformer
import Foundation
import Testing

@Suite struct MathTests {
    @Test func exponentialIsWithinTwoUlpsOfLibm() {
        var worst = 0.0
        for step in -870_000...887_000 {
            let x = Float(step) * 1e-4
            worst = max(worst, ulps(ct_expf(x), exp(Double(x))))
        }
        #expect(worst < 2)
    }

    @Test func exponentialAtTheEdges() {
        #expect(ct_expf(0) == 1)
        #expect(ct_expf(.infinity) == .infinity)
        #expect(ct_expf(-.infinity) == 0)
        #expect(ct_expf(200) == .infinity)
        #expect(ct_expf(.nan).isNaN)
        #expect(ct_expf(88.7) < .infinity)
        let subnormal = ct_expf(-100)
        #expect(subnormal > 0 && subnormal < Float.leastNormalMagnitude)
        #expect(ulps(subnormal, exp(-100.0)) <= 1)
    }

    @Test func hyperbolicTangentIsWithinThreeUlpsOfLibm() {
        var worst = 0.0
        for step in 1...120_000 {
            let x = Float(step) * 1e-4
            worst = max(worst, ulps(ct_tanhf(x), tanh(Double(x))))
            #expect(ct_tanhf(-x) == -ct_tanhf(x))
        }
        #expect(worst < 3)
        #expect(ct_tanhf(0) == 0)
        #expect(ct_tanhf(.infinity) == 1)
        #expect(ct_tanhf(-.infinity) == -1)
        #expect(ct_tanhf(.nan).isNaN)
    }

    @Test func errorFunctionIsWithinTwoTenMillionthsOfLibm() {
        var worst = 0.0
        for step in -60_000...60_000 {
            let x = Float(step) * 1e-4
            worst = max(worst, abs(Double(ct_erff(x)) - erf(Double(x))))
        }
        #expect(worst < 2e-7)
        #expect(ct_erff(.infinity) == 1)
        #expect(ct_erff(-.infinity) == -1)
        #expect(ct_erff(.nan).isNaN)
    }
}
