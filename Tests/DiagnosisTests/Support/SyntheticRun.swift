import Diagnosis
import Foundation
import Terms
import TrainingLogs

/// Seeded random numbers (SplitMix64), the same on every machine.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 0x1234_5678_9ABC_DEF1 }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// A number between 0 and 1, never 0.
    mutating func uniform() -> Double { (Double(next() >> 11) + 0.5) / 9_007_199_254_740_992 }

    /// A standard normal number (Box–Muller).
    mutating func normal() -> Double { (-2 * log(uniform())).squareRoot() * cos(2 * Double.pi * uniform()) }
}

/// A run as it should look: power-law decay with batch noise, a warm-up and cosine schedule, log-normal gradient norms;
/// and edits that spoil it.
struct SyntheticRun {
    var loss: [Double]
    var rate: [Double]
    var norm: [Double]
    var validation = Series()
    var base = 1
    var scope = LossScope.step
    var configuration = TrainingConfiguration()
    var events: [LogEvent] = []

    init(
        steps: Int = 1000,
        initial: Double = 10.82,
        floor: Double = 3,
        noise: Double = 0.05,
        hardBatches: Double = 0,
        peak: Double = 6e-4,
        warmup: Int = 50,
        seed: UInt64 = 1
    ) {
        var generator = SeededGenerator(seed: seed)
        loss = []
        rate = []
        norm = []
        for step in 0..<steps {
            let trend = floor + (initial - floor) * pow(1 + Double(step) / 15, -0.55)
            var value = trend + noise * generator.normal()
            if generator.uniform() < hardBatches { value += noise * (6 + 8 * generator.uniform()) }
            loss.append(value)
            let share = Double(step - warmup) / Double(max(1, steps - warmup))
            let decay = peak * (0.1 + 0.45 * (1 + cos(Double.pi * max(0, share))))
            rate.append(step < warmup ? peak * Double(step + 1) / Double(warmup) : decay)
            norm.append(0.5 * exp(0.25 * generator.normal()) + 2 * exp(-Double(step) / 20))
        }
        configuration.steps = steps
        configuration.peakLearningRate = peak
        configuration.floorLearningRate = peak / 10
        configuration.warmupSteps = warmup
        configuration.schedule = .warmupCosine
        configuration.gradientClip = 1
        configuration.optimizer = "adamw"
        configuration.precision = .bf16
        configuration.vocabulary = 50_257
    }

    var history: TrainingHistory {
        let steps = loss.indices.map { $0 + base }
        return TrainingHistory(
            format: "synthetic",
            stepBase: base,
            lossScope: scope,
            train: Series(steps: steps, values: loss),
            validation: validation,
            learningRate: Series(steps: steps, values: rate),
            gradientNorm: Series(steps: steps, values: norm),
            events: events
        )
    }

    var symptoms: [Symptom] { Diagnosis.symptoms(in: history, configuration: configuration).checked() }

    /// Warnings and failures.
    var loud: [Symptom] { symptoms.filter { $0.severity > .info } }

    func first(_ kind: SymptomKind) -> Symptom? { symptoms.first { $0.kind == kind } }

    var event: Event? { Diagnosis.events(from: symptoms).first }

    func ranked(_ evidence: [Evidence] = []) -> [Hypothesis] {
        guard let event else { return [] }
        return Diagnosis.rank(event: event, history: history, configuration: configuration, evidence: evidence)
            .checked()
    }

    /// Adds a height to the loss of a range of indices, and scales the gradient norm there.
    mutating func lift(_ range: Range<Int>, by height: Double, norm factor: Double = 1) {
        for index in range.clamped(to: loss.indices) {
            loss[index] += height
            norm[index] *= factor
        }
    }

    /// A jump at an index that decays exponentially: an update gone wrong, not a bad batch.
    mutating func kick(at index: Int, height: Double, decay: Double) {
        for position in index..<loss.count { loss[position] += height * exp(-Double(position - index) / decay) }
    }

    /// A stretch of corrupt data: the loss is high at once, in the same step as the norm.
    mutating func corrupt(_ range: Range<Int>) { lift(range, by: 4, norm: 6) }

    /// Evidence that a damaged shard fed a range of steps.
    func damage(
        _ steps: ClosedRange<Int>,
        overlap: Int = 8,
        mapping: MappingConfidence = .exact,
        tokens: Int? = nil,
        ranges: [ClosedRange<Int>] = []
    ) -> Evidence {
        .shardDamaged(
            ShardDamage(
                shard: "train_000004.bin",
                status: .mismatch,
                level: .digest,
                detail: "SHA-256 differs in piece 6 of 12",
                bytes: [0..<1024],
                affectedSteps: steps,
                overlappingSteps: overlap,
                suspectSteps: 10,
                mapping: mapping,
                damagedTokens: tokens,
                tokensPerStep: 524_288,
                affectedStepRanges: ranges
            )
        )
    }

    static let intact = Evidence.shardsIntact(shards: ["train_000004.bin"], level: .digest)
}
