import Foundation
import Replay
import Testing

@Suite struct TrainerTests {
    @Test func aTinyBatchIsLearntByHeart() throws {
        var trainer = Trainer(description: try smallDescription(), seed: 4, settings: .init(weightDecay: 0))
        let rows = randomRows(2, length: 8)
        var first = 0.0
        var last = 0.0
        for step in 0..<300 {
            last = try trainer.step(rows: rows, learningRate: 1e-2).loss
            if step == 0 { first = last }
        }
        #expect(abs(first - log(29)) < 0.1)
        #expect(last < 0.1)
        #expect(trainer.updatesDone == 300)
        #expect(try trainer.evaluateLoss(rows) < 0.1)
        #expect(try trainer.checkpoint().updatesDone == 300)
        #expect(try trainer.checkpoint(updatesDone: 7).updatesDone == 7)
    }

    @Test func sameBitsAtAnyNumberOfThreads() throws {
        var trainers = try [1, 2, 5].map { Trainer(description: try smallDescription(), seed: 4, threads: $0) }
        for step in 0..<20 {
            let rows = randomRows(6, seed: UInt64(step))
            let results = try trainers.indices.map { try trainers[$0].step(rows: rows, learningRate: 1e-2) }
            #expect(results.allSatisfy { $0 == results[0] })
        }
        #expect(trainers.allSatisfy { $0.parameters == trainers[0].parameters })
    }

    @Test func theInitialisationIsGPT2s() throws {
        let description = try TransformerDescription(
            layers: 8,
            heads: 4,
            channels: 64,
            maximumSequence: 64,
            vocabulary: 500,
            paddedVocabulary: 512
        )
        let trainer = Trainer(description: description, seed: 1)
        for tensor in description.tensors {
            let values = trainer.parameters[tensor.range]
            let mean = values.reduce(0.0) { $0 + Double($1) } / Double(values.count)
            let deviation = (values.reduce(0.0) { $0 + pow(Double($1) - mean, 2) } / Double(values.count)).squareRoot()
            if tensor.shape.count == 1 {
                #expect(values.allSatisfy { $0 == (tensor.name.hasSuffix("weight") ? 1 : 0) })
            } else {
                let expected = tensor.name.hasSuffix("c_proj.weight") ? 0.005 : 0.02
                #expect(abs(mean) < expected / 10)
                #expect(abs(deviation / expected - 1) < 0.05, "\(tensor.name)")
            }
        }
        let wte = try #require(description.tensors.first)
        #expect(trainer.parameters[wte.range].suffix(12 * 64).allSatisfy { $0 == 0 })
        #expect(Trainer(description: description, seed: 2).parameters != trainer.parameters)
    }

    @Test func clippingBoundsTheUpdateAndReportsTheNormBefore() throws {
        let rows = randomRows(2)
        func update(clip: Double?) throws -> (norm: Double, parameters: [Float]) {
            // A large epsilon makes the update proportional to the gradient.
            var trainer = Trainer(
                description: try smallDescription(),
                seed: 1,
                settings: .init(epsilon: 1e6, weightDecay: 0, gradientClip: clip)
            )
            let before = trainer.parameters
            let norm = try trainer.step(rows: rows, learningRate: 1e6).gradientNorm
            return (norm, zip(trainer.parameters, before).map { $0 - $1 })
        }
        let free = try update(clip: nil)
        let clipped = try update(clip: free.norm / 4)
        let wide = try update(clip: free.norm * 4)
        #expect(clipped.norm == free.norm)
        #expect(wide.parameters == free.parameters)
        func length(_ values: [Float]) -> Double { values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot() }
        #expect(abs(length(clipped.parameters) / length(free.parameters) - 0.25) < 1e-3)
    }

    @Test func weightDecayShrinksMatricesOnly() throws {
        var trainer = Trainer(
            description: try smallDescription(),
            seed: 1,
            settings: .init(epsilon: 1e12, weightDecay: 0.5)
        )
        let before = trainer.parameters
        _ = try trainer.step(rows: randomRows(2), learningRate: 0.1)
        for tensor in trainer.description.tensors {
            let factor: Float = tensor.shape.count == 2 ? 0.95 : 1
            #expect(tensor.range.allSatisfy { abs(trainer.parameters[$0] - factor * before[$0]) < 1e-6 })
        }
    }

    @Test func aRefusedBatchLeavesTheTrainerUnchanged() throws {
        var trainer = Trainer(description: try smallDescription(), seed: 1)
        var rows = randomRows(2)
        rows[1].inputs[0] = 1000
        let before = trainer.parameters
        #expect(replayError { _ = try trainer.step(rows: rows, learningRate: 1) } != nil)
        #expect(trainer.parameters == before)
        #expect(trainer.updatesDone == 0)
        _ = try trainer.step(rows: randomRows(2), learningRate: 1e-3)
        #expect(trainer.parameters != before)
    }

    @Test func aNonFiniteLossPoisonsTheWeights() throws {
        for clip: Double? in [nil, 1.0] {
            var trainer = Trainer(description: try smallDescription(), seed: 1, settings: .init(gradientClip: clip))
            try trainer.modify("ln_f.weight") { $0[0] = .nan }
            let result = try trainer.step(rows: randomRows(2), learningRate: 1e-3)
            #expect(result.loss.isNaN)
            #expect(result.gradientNorm.isNaN)
            #expect(try trainer.checkpoint().nonFiniteParameters().count > 20)
        }
    }

    @Test func frozenTensorsStayAsTheyAre() throws {
        var trainer = Trainer(description: try smallDescription(), seed: 1)
        trainer.frozenTensors = ["h.0.attn.c_attn.weight", "ln_f.bias"]
        let before = trainer.parameters
        _ = try trainer.step(rows: randomRows(2), learningRate: 1e-2)
        for tensor in trainer.description.tensors {
            let moved = tensor.range.contains { trainer.parameters[$0] != before[$0] }
            #expect(moved != trainer.frozenTensors.contains(tensor.name), "\(tensor.name)")
        }
    }

    @Test func trainingGoesOnFromACheckpoint() throws {
        let checkpoint = try smallCheckpoint(seed: 9)
        var trainer = Trainer(checkpoint: checkpoint)
        #expect(trainer.parameters == checkpoint.parameters)
        let rows = randomRows(4)
        let before = try trainer.evaluateLoss(rows)
        #expect(try Replayer(checkpoint: checkpoint).evaluate(rows: rows).loss == before)
        for _ in 0..<30 { _ = try trainer.step(rows: rows, learningRate: 1e-2) }
        #expect(try trainer.evaluateLoss(rows) < before - 0.3)
    }
}
