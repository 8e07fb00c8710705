import Diagnosis
import Foundation
import Terms
import Testing
import TrainingLogs

/// Symptoms of the series beside the loss.
@Suite struct SpeedAndMemoryTests {
    /// A healthy run of 400 records with the series of a test.
    private static func run(_ series: [SeriesKind: (Int) -> Double]) -> TrainingHistory {
        var history = TrainingHistory(format: "torchtitan", stepBase: 1, lossScope: .step)
        for step in 1...400 {
            history.train.append(step: step, value: 3 + 5 / Double(step).squareRoot() + 0.02 * noise(step))
        }
        for (kind, value) in series {
            history.series[SeriesName(kind)] = Series(steps: Array(1...400), values: (1...400).map(value))
        }
        return history
    }

    /// A fixed sequence between -1 and 1 without a period.
    private static func noise(_ step: Int, _ seed: Int = 0) -> Double {
        sin(Double((step + seed) * (step + seed) % 9973) * 1.7)
    }

    private static func found(_ kind: SymptomKind, _ history: TrainingHistory) -> Symptom? {
        Diagnosis.symptoms(in: history).first { $0.kind == kind }
    }

    @Test func aRunThatIsSlowerToItsEndIsFoundAtItsStep() throws {
        let history = Self.run([.stepTime: { (1 + 0.02 * Self.noise($0)) * ($0 < 251 ? 1 : 1.7) }])
        let symptom = try #require(Self.found(.throughputDrop, history))
        #expect(abs(symptom.firstStep - 251) <= 1)
        #expect(symptom.severity == .warning)
        #expect(abs((symptom[ThroughputDropRule.ratio] ?? 0) - 1.7) < 0.05)
    }

    @Test(arguments: [
        "a slow start", "a slow hour", "evaluations", "a drift of noise", "longer sequences", "a larger batch",
        "faster",
    ]) func whatIsNormalIsNoDrop(_ what: String) {
        let base: @Sendable (Int) -> Double = { 1 + 0.02 * Self.noise($0) }
        var series: [SeriesKind: (Int) -> Double] = [:]
        switch what {
        case "a slow start": series[.stepTime] = { base($0) * ($0 < 4 ? 30 : 1) }
        case "a slow hour": series[.stepTime] = { base($0) * ((200..<260).contains($0) ? 1.6 : 1) }
        case "evaluations": series[.stepTime] = { base($0) * ($0.isMultiple(of: 10) ? 8 : 1) }
        case "a drift of noise": series[.stepTime] = { base($0) * (1 + 0.15 * sin(Double($0) / 40)) }
        case "longer sequences":
            series[.stepTime] = { base($0) * ($0 < 251 ? 1 : 2) }
            series[.tokensPerSecond] = { 1000 / base($0) }
        case "a larger batch":
            series[.stepTime] = { base($0) * ($0 < 251 ? 1 : 2) }
            series[.batchRows] = { $0 < 251 ? 256 : 512 }
        default: series[.stepTime] = { base($0) * ($0 < 251 ? 1.7 : 1) }
        }
        let kinds: Set<SymptomKind> = [.throughputDrop, .memoryGrowth, .logitGrowth, .routerImbalance]
        #expect(Diagnosis.symptoms(in: Self.run(series)).filter { kinds.contains($0.kind) } == [])
    }

    @Test func stallsAtEvenDistancesAreFoundWithTheirPeriod() throws {
        let time: (Int) -> Double = { (1 + 0.02 * Self.noise($0)) * ($0 % 16 == 5 ? 6 : 1) }
        var history = Self.run([.stepTime: time])
        let symptom = try #require(Self.found(.throughputStalls, history))
        #expect(symptom[ThroughputStallsRule.period] == 16)
        #expect(symptom.severity == .info)
        for step in stride(from: 5, through: 400, by: 16) { history.validation.append(step: step, value: 4) }
        #expect(Self.found(.throughputStalls, history) == nil, "evaluations take their time")
    }

    @Test func singleStallsAndStallsWithoutAPeriodAreNone() {
        let places: Set = [31, 44, 90, 97, 150, 203, 219, 301, 388]
        let history = Self.run([.stepTime: { (1 + 0.02 * Self.noise($0)) * (places.contains($0) ? 12 : 1) }])
        #expect(Self.found(.throughputStalls, history) == nil)
    }

    @Test func aLeakGrowsAndAPeakSettles() throws {
        let gibi = 1_073_741_824.0
        let leak = Self.run([.deviceMemory: { gibi * (40 + 0.1 * Double($0) + 0.1 * Self.noise($0)) }])
        let symptom = try #require(Self.found(.memoryGrowth, leak))
        #expect(abs((symptom[MemoryGrowthRule.to] ?? 0) - 80) < 2)
        #expect(symptom.severity == .warning)
        let peak = Self.run([.deviceMemory: { gibi * (60 - 20 * exp(-Double($0) / 40)) }])
        #expect(Self.found(.memoryGrowth, peak) == nil)
        let lengths = Self.run([.deviceMemory: { gibi * (50 + 10 * Self.noise($0)) }])
        #expect(Self.found(.memoryGrowth, lengths) == nil)
    }

    @Test func theFastestLayerOfGrowingLogitsIsNamed() throws {
        var history = Self.run([:])
        for (layer, pace) in [(0, 0.0), (1, 0.008), (2, 0.004)] {
            let values = (1...400).map { 20 * exp(pace * Double($0) + 0.02 * Self.noise($0, layer)) }
            history.series[SeriesName(.attentionLogit, group: "layer \(layer)")] = Series(
                steps: Array(1...400),
                values: values
            )
        }
        let symptom = try #require(Self.found(.logitGrowth, history))
        #expect((symptom[LogitGrowthRule.to] ?? 0) > 400)
        let small = Self.run([.attentionLogit: { 5 * exp(0.004 * Double($0)) }])
        #expect(Self.found(.logitGrowth, small) == nil, "below 100 the softmax is soft")
    }

    @Test func aRouterThatTipsIsFoundAndAFallingLossIsNot() throws {
        let tips = Self.run([.balanceLoss: { (1 + 0.02 * Self.noise($0)) * ($0 < 300 ? 1 : 2.5) }])
        let symptom = try #require(Self.found(.routerImbalance, tips))
        #expect(abs(symptom.firstStep - 300) <= 1)
        let settles = Self.run([.balanceLoss: { 1 + 2 * exp(-Double($0) / 50) + 0.02 * Self.noise($0) }])
        #expect(Self.found(.routerImbalance, settles) == nil)
    }

    @Test func anUpdateThatLeadsASpikeIsNamed() throws {
        var history = Self.run([.updateNorm: { (1 + 0.02 * Self.noise($0)) * ($0 == 248 ? 6 : 1) }])
        #expect(Self.found(.updateNormSpike, history) == nil, "no spike of the loss")
        var train = Series()
        for (step, value) in zip(history.train.steps, history.train.values) {
            train.append(step: step, value: value + ((250..<254).contains(step) ? 3 : 0))
        }
        history.train = train
        let symptom = try #require(Self.found(.updateNormSpike, history))
        #expect(symptom.firstStep == 248)
        #expect(symptom[UpdateNormSpikeRule.leads] == 2)
    }
}
