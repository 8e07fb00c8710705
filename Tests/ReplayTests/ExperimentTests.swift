import Foundation
import Replay
import Testing

@Suite struct ExperimentTests {
    @Test func theRowsAndPositionsThatCarryTheLossAreFound() {
        var losses = [[Float]](repeating: [Float](repeating: 2, count: 20), count: 6)
        for position in 5..<9 { losses[2][position] = 12 }
        losses[4][17] = 6
        let found = LossConcentration(tokenLosses: losses, expected: 2)
        #expect(found.parts.map(\.row) == [2])
        #expect(found.parts.first?.positions == 5..<9)
        #expect(found.parts.first?.loss == 12)
        #expect(abs((found.parts.first?.share ?? 0) - 40.0 / 44) < 1e-9)
        losses[0][3] = .nan
        #expect(LossConcentration(tokenLosses: losses, expected: 2).parts.first?.row == 0)
        #expect(LossConcentration(tokenLosses: losses, expected: 100).parts.map(\.row) == [0])
        #expect(LossConcentration(tokenLosses: [[1, 1]], expected: 2).parts.isEmpty)
    }

    @Test func rowsThatAgreeHaveNoNoise() throws {
        let replayer = Replayer(checkpoint: try smallCheckpoint())
        let row = randomRows(1)[0]
        let same = try replayer.gradientNoise(of: [row, row, row])
        #expect(try #require(same.scale) < 1e-4)
        let different = try replayer.gradientNoise(of: randomRows(6))
        #expect(different.rowNorms.count == 6)
        #expect(different.rowNorms.allSatisfy { $0 > different.batchNorm * 0.9 })
        #expect((different.scale ?? .infinity) > 0.1)
        #expect(GradientNoise(rowNorms: [1], batchNorm: 1).scale == nil)
    }

    @Test func wrongWeightsAreNamed() throws {
        var trainer = Trainer(description: try smallDescription(), seed: 1)
        let healthy = try trainer.checkpoint(updatesDone: 5)
        #expect(WeightReport(healthy).problems.isEmpty)
        try trainer.modify("h.0.mlp.c_fc.weight") { $0.update(repeating: 0) }
        try trainer.modify("h.1.ln_1.weight") { $0[3] = .nan }
        try trainer.modify("h.1.mlp.c_proj.weight") { weights in
            for index in weights.indices { weights[index] *= 3 }
        }
        try trainer.modify("wpe.weight") { $0.update(repeating: 500) }
        let report = WeightReport(try trainer.checkpoint(updatesDone: 6))
        #expect(
            report.problems.map(\.kind.rawValue) == ["absurd-norm", "all-zero", "non-finite"]
        )
        #expect(report.problems.map(\.name) == ["wpe.weight", "h.0.mlp.c_fc.weight", "h.1.ln_1.weight"])
        let changes = report.changes(since: WeightReport(healthy))
        #expect(changes.map(\.name) == ["wpe.weight", "h.0.mlp.c_fc.weight", "h.1.mlp.c_proj.weight"])
        #expect(changes.allSatisfy { $0.kind == .changedNorm })
        try trainer.modify("wpe.weight") { $0.update(repeating: .nan) }
        let lost = WeightReport(try trainer.checkpoint(updatesDone: 6))
        #expect(lost.problems.contains { $0.name == "wpe.weight" && $0.kind == .nonFinite })
        #expect(!lost.changes(since: WeightReport(healthy)).contains { $0.name == "wpe.weight" })
        let update = WeightReport(healthy).updateToWeight(learningRate: 1e-3)
        // Norm weights are one: an update of Adam moves each by the rate.
        #expect(abs(try #require(update.first { $0.name == "ln_f.weight" }).ratio - 1e-3) < 1e-9)
    }

    @Test func unitsThatAreNotFiniteAreNotDead() throws {
        var trainer = Trainer(description: try smallDescription(), seed: 1)
        try trainer.modify("h.0.mlp.c_fc.bias") { $0[0] = .nan }
        let seen = try Replayer(checkpoint: trainer.checkpoint()).evaluate(rows: randomRows(2))
        #expect(seen.firstNonFinite?.layer == 0)
        #expect(seen.deadUnits == [0, 0])
    }

    @Test func deadUnitsAndAttentionEntropyAreMeasured() throws {
        let description = try TransformerDescription(
            layers: 2,
            heads: 2,
            channels: 8,
            maximumSequence: 16,
            vocabulary: 29,
            activation: .relu
        )
        var trainer = Trainer(description: description, seed: 1)
        try trainer.modify("h.1.mlp.c_fc.bias") { bias in
            for unit in 0..<24 { bias[unit] = -100 }
        }
        // Queries and keys of zero look at everything alike.
        try trainer.modify("h.0.attn.c_attn.weight") { $0.update(repeating: 0) }
        let seen = try Replayer(checkpoint: trainer.checkpoint()).evaluate(rows: randomRows(3))
        #expect(seen.deadUnits.count == 2)
        #expect(abs(seen.deadUnits[1] - 0.75) < 0.2)
        #expect(seen.deadUnits[1] >= 0.75)
        let even = (1...12).reduce(0.0) { $0 + log(Double($1)) } / 12
        #expect(seen.attentionEntropy[0].allSatisfy { abs($0 - even) < 1e-5 })
        #expect(seen.probes.allSatisfy { $0.headroom(in: .fp16) > 100 })
    }

    @Test func largeModelsShareOneBufferWithTheSameBitsAtAnyNumberOfThreads() throws {
        // More than 2^24 parameters, most of them in the embedding.
        let description = try TransformerDescription(
            layers: 1,
            heads: 2,
            channels: 128,
            maximumSequence: 16,
            vocabulary: 130_000
        )
        let checkpoint = try Trainer(description: description, seed: 3).checkpoint()
        let rows = randomRows(3, length: 6, vocabulary: 130_000)
        let one = try Replayer(checkpoint: checkpoint, threads: 1).evaluate(rows: rows, probes: false, gradients: true)
        let three = try Replayer(checkpoint: checkpoint, threads: 3).evaluate(
            rows: rows,
            probes: false,
            gradients: true
        )
        #expect(one == three)
        // The gradient of the mean is the mean of the rows' gradients.
        let noise = try Replayer(checkpoint: checkpoint).gradientNoise(of: [rows[0], rows[0]])
        #expect(abs(noise.batchNorm / noise.rowNorms[0] - 1) < 1e-5)
    }

    @Test func debugStatesAreCompared() throws {
        let checkpoint = try smallCheckpoint()
        let replayer = Replayer(checkpoint: checkpoint)
        let rows = randomRows(2, length: 9)
        var words: [UInt32] = [20_240_327, 2, 2, 9] + [UInt32](repeating: 0, count: 252)
        words += rows.flatMap(\.inputs).map { UInt32(bitPattern: $0) }
        words += rows.flatMap(\.targets).map { UInt32(bitPattern: $0) }
        words += try rows.flatMap { try replayer.logits(of: $0).logits }.map(\.bitPattern)
        let lossIndex = words.count
        words.append(Float(try replayer.evaluate(rows: rows).loss).bitPattern)
        words += try replayer.gradient(of: rows).map(\.bitPattern)
        try withTemporaryFolder { folder in
            let path = folder + "/model_debug_state.bin"
            func check(_ words: [UInt32]) throws -> DebugStateCheck {
                try words.withUnsafeBytes { Data($0) }.write(to: URL(fileURLWithPath: path))
                return try replayer.check(try DebugState.read(path: path, description: checkpoint.description))
            }
            let same = try check(words)
            #expect(same.agrees)
            #expect(same.gradients.count == checkpoint.description.tensors.count)
            var wrong = words
            wrong[lossIndex] = Float(9).bitPattern
            let otherLoss = try check(wrong)
            #expect(!otherLoss.agrees)
            wrong = words
            wrong[lossIndex - 3] = Float.nan.bitPattern
            let otherLogits = try check(wrong)
            #expect(!otherLogits.agrees)
            wrong = words
            wrong[words.count - 1] = Float(7).bitPattern
            let otherGradient = try check(wrong)
            #expect((otherGradient.gradients.last?.difference ?? 0) > 0.5)
            for (index, value) in [
                (0, UInt32(5)), (1, 7), (2, 0), (2, 70_000), (3, 17), (3, UInt32.max), (256, 29), (280, UInt32.max),
            ] {
                wrong = words
                wrong[index] = value
                #expect(replayError { _ = try check(wrong) } != nil)
            }
            #expect("\(replayError { _ = try check(words.dropLast()) } as Any)".contains("truncated"))
            #expect("\(replayError { _ = try check(words + [0]) } as Any)".contains("too long"))
        }
    }
}
