import Diagnosis
import Foundation
import Testing
import TrainingLogs

/// The noise of a curve and its correlations, on curves whose batches are known.
@Suite struct FingerprintTests {
    /// A learning curve with the noise of these batches.
    static func curve(_ batches: [Double], initial: Double = 10, noise: Double = 0.1, every: Int = 1) -> Series {
        let values = batches.enumerated().map { index, batch in
            3 + (initial - 3) * pow(1 + Double(index) / 30, -0.5) + noise * batch
        }
        return Series(steps: batches.indices.map { $0 * every }, values: values)
    }

    static func batches(_ count: Int, seed: UInt64) -> [Double] {
        // Neighbouring seeds give one sequence a number further on.
        var generator = SeededGenerator(seed: seed &* 1_000_003)
        return (0..<count).map { _ in generator.normal() }
    }

    @Test func twoRunsOnTheSameBatchesAgreeAtTheirLagOnly() {
        let batches = Self.batches(3000, seed: 1)
        let one = LossFingerprint(Self.curve(batches))
        let other = LossFingerprint(Self.curve(Array(batches.dropFirst(200)), initial: 6, noise: 0.2))
        #expect(one.correlation(with: other, lag: -200).coefficient > 0.95)
        #expect(one.correlation(with: other, lag: -200).records == 2800)
        for lag in [-400, -202, -201, -199, 0, 200] {
            #expect(abs(one.correlation(with: other, lag: lag).coefficient) < 0.12, "lag \(lag)")
        }
        #expect(one.correlation(with: other, lag: 5000).records == 0)
    }

    /// A moving average repeats every record in the next ones; without whitening, independent ones would agree.
    @Test(arguments: [0.9, 0.98]) func movingAveragesOfOtherBatchesDoNotAgree(decay: Double) {
        func smooth(_ values: [Double]) -> [Double] {
            var average = 0.0
            return values.map { value in
                average = decay * average + (1 - decay) * value
                return average
            }
        }
        var largest = 0.0
        for seed in 1...10 as ClosedRange<UInt64> {
            let one = LossFingerprint(Self.curve(smooth(Self.batches(2000, seed: seed))))
            let other = LossFingerprint(Self.curve(smooth(Self.batches(2000, seed: 100 + seed))))
            largest = max(largest, abs(one.correlation(with: other, lag: 0).coefficient))
        }
        #expect(largest < 0.1)
        let batches = smooth(Self.batches(2000, seed: 7))
        let same = LossFingerprint(Self.curve(batches)).correlation(
            with: LossFingerprint(Self.curve(batches, initial: 5)),
            lag: 0
        )
        #expect(same.coefficient > 0.6)
    }

    @Test func wildAndEmptyCurvesGiveNumbers() {
        #expect(LossFingerprint(Series()).noise == [])
        let constant = LossFingerprint(Series(steps: Array(0..<200), values: Array(repeating: 2, count: 200)))
        #expect(Set(constant.noise) == [0])
        #expect(constant.correlation(with: constant, lag: 0).coefficient == 0)
        let wild = Series(steps: [.min, -1, 0, .max - 1, .max], values: [0, 1.7e308, -1.7e308, 3, 4])
        let fingerprint = LossFingerprint(wild)
        #expect(fingerprint.noise.filter(\.isFinite).count == 5)
        #expect(fingerprint.correlation(with: fingerprint, lag: .max).coefficient.isFinite)
        #expect(RepeatedData.find(fingerprint).stretches == [])
    }

    @Test func theTransformCorrelatesAsTheSumDoes() {
        let values = Self.batches(64, seed: 3).map(Float.init)
        let block = Array(values[10..<26])
        let transform = FourierTransform(count: 64)
        var whole = FourierTransform.Numbers(values, count: 64)
        var part = FourierTransform.Numbers(block, count: 64)
        transform.forward(&whole)
        transform.forward(&part)
        var product = FourierTransform.Numbers(count: 64)
        for index in 0..<64 {
            product.real[index] = whole.real[index] * part.real[index] + whole.imaginary[index] * part.imaginary[index]
            product.imaginary[index] =
                whole.imaginary[index] * part.real[index] - whole.real[index] * part.imaginary[index]
        }
        transform.backward(&product)
        for offset in 0...48 {
            let sum = block.indices.reduce(0) { $0 + block[$1] * values[offset + $1] }
            #expect(abs(product.real[offset] / 64 - sum) < 1e-3, "offset \(offset)")
        }
    }

    /// A transform that is longer than the nearest cache is walked in another order.
    @Test(arguments: [2, 8, 4096, 16384]) func thereAndBackIsTheIdentity(count: Int) {
        let values = Self.batches(count, seed: 4).map(Float.init)
        let transform = FourierTransform(count: count)
        var numbers = FourierTransform.Numbers(values, values.reversed(), count: count)
        transform.forward(&numbers)
        let sum = values.reduce(0, +)
        #expect(abs(numbers.real[0] - sum) < 1e-2 * Float(count).squareRoot())
        transform.backward(&numbers)
        for (index, value) in values.enumerated() {
            #expect(abs(numbers.real[index] / Float(count) - value) < 1e-4)
            #expect(abs(numbers.imaginary[index] / Float(count) - values[count - 1 - index]) < 1e-4)
        }
    }
}
