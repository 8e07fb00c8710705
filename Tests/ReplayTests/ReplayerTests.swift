import Replay
import Testing

@Suite struct ReplayerTests {
    @Test func operationsAreCalledAndOrderedAsInC() {
        #expect(Probe.Operation.allCases.map(\.rawValue) == Probe.Operation.namesInC)
    }

    @Test func sameBitsAtAnyNumberOfThreads() throws {
        let checkpoint = try smallCheckpoint()
        let rows = randomRows(7)
        let one = try Replayer(checkpoint: checkpoint, threads: 1).evaluate(rows: rows, gradients: true)
        for threads in [2, 3, 8] {
            let many = try Replayer(checkpoint: checkpoint, threads: threads).evaluate(rows: rows, gradients: true)
            #expect(many == one)
        }
        #expect(one.loss.isFinite)
        #expect(one.rowLosses.count == 7)
        #expect(abs(one.rowLosses.reduce(0, +) / 7 - one.loss) < 1e-12)
        #expect(one.gradientNorm.map { $0 > 0 } == true)
    }

    @Test func probesAndGradientsAreOnlyThereWhenAskedFor() throws {
        let replayer = Replayer(checkpoint: try smallCheckpoint())
        let plain = try replayer.evaluate(rows: randomRows(2), probes: false)
        #expect(plain.probes.isEmpty)
        #expect(plain.gradientNorm == nil)
        #expect(plain.parameterGradientNorms == nil)
        let full = try replayer.evaluate(rows: randomRows(2), gradients: true)
        #expect(full.loss == plain.loss)
        #expect(full.probes.count == 29)
        #expect(full.probes.map(\.name).contains("h.1.attention-scores"))
        #expect(full.parameterGradientNorms?.map(\.name) == replayer.checkpoint.description.tensors.map(\.name))
        let squares = full.parameterGradientNorms?.reduce(0.0) { $0 + $1.norm * $1.norm } ?? 0
        #expect(abs(squares.squareRoot() - (full.gradientNorm ?? 0)) < 1e-9)
    }

    @Test func anUntrainedModelIsAsGoodAsGuessing() throws {
        let evaluation = try Replayer(checkpoint: smallCheckpoint()).evaluate(rows: randomRows(8))
        #expect(abs(evaluation.loss - 3.367) < 0.05)
        let loss = try #require(evaluation.probes.last)
        #expect(abs(loss.mean - evaluation.loss) < 1e-6)
        #expect(loss.count == 8 * 12)
    }

    @Test func rowsOfDifferentLengthCountByTheirTokens() throws {
        let rows = [randomRows(1, length: 4)[0], randomRows(1, length: 16, seed: 3)[0]]
        let evaluation = try Replayer(checkpoint: smallCheckpoint()).evaluate(rows: rows, gradients: true)
        let expected = (4 * evaluation.rowLosses[0] + 16 * evaluation.rowLosses[1]) / 20
        #expect(abs(evaluation.loss - expected) < 1e-12)
    }

    @Test func tokensOutsideTheVocabularyAreLocated() throws {
        let replayer = Replayer(checkpoint: try smallCheckpoint())
        var rows = randomRows(3)
        rows[1].inputs[4] = 29
        #expect(
            replayError { _ = try replayer.evaluate(rows: rows) }
                == .tokenOutsideVocabulary(row: 1, position: 4, token: 29, vocabulary: 29)
        )
        rows = randomRows(3)
        rows[2].targets[11] = -1
        #expect(
            replayError { _ = try replayer.evaluate(rows: rows) }
                == .tokenOutsideVocabulary(row: 2, position: 12, token: -1, vocabulary: 29)
        )
    }

    @Test func rowsThatCannotBeRunAreErrors() throws {
        let replayer = Replayer(checkpoint: try smallCheckpoint())
        #expect(replayError { _ = try replayer.evaluate(rows: []) } == .emptyBatch)
        #expect(
            replayError { _ = try replayer.evaluate(rows: randomRows(1, length: 17)) }
                == .sequenceTooLong(row: 0, tokens: 17, maximum: 16)
        )
        #expect(
            replayError { _ = try replayer.evaluate(rows: [TokenRow(inputs: [1, 2], targets: [1])]) }
                == .unevenRow(row: 0, inputs: 2, targets: 1)
        )
        #expect(
            replayError { _ = try replayer.evaluate(rows: [TokenRow(stream: [])]) }
                == .unevenRow(row: 0, inputs: 0, targets: 0)
        )
    }

    @Test func aDamagedWeightIsNamedWithItsLayerAndOperation() throws {
        var trainer = Trainer(description: try smallDescription(), seed: 1)
        try trainer.modify("h.1.attn.c_proj.weight") { $0[3] = .nan }
        let rows = randomRows(3)
        let evaluation = try Replayer(checkpoint: trainer.checkpoint()).evaluate(rows: rows)
        #expect(
            evaluation.firstNonFinite
                == NonFiniteOrigin(
                    layer: 1,
                    operation: .projection,
                    row: 0,
                    position: 0,
                    token: Int(rows[0].inputs[0]),
                    producer: true,
                    weightsFinite: false
                )
        )
        #expect(evaluation.loss.isNaN)
        let bad = evaluation.probes.filter { $0.nonFinite > 0 }
        #expect(bad.first?.name == "h.1.projection")
        #expect(bad.filter(\.produced).count == 1)
    }

    @Test func aDamagedEmbeddingRowIsFoundInTheRowThatReadsIt() throws {
        var trainer = Trainer(description: try smallDescription(), seed: 1)
        try trainer.modify("wte.weight") { $0[28 * 8] = .infinity }
        let rows = [
            TokenRow(stream: [1, 2, 3, 4, 5]), TokenRow(stream: [1, 2, 28, 4, 5]), TokenRow(stream: [28, 2, 3, 4, 5]),
        ]
        let evaluation = try Replayer(checkpoint: trainer.checkpoint()).evaluate(rows: rows)
        #expect(
            evaluation.firstNonFinite
                == NonFiniteOrigin(
                    layer: nil,
                    operation: .embedding,
                    row: 1,
                    position: 2,
                    token: 28,
                    producer: true,
                    weightsFinite: false
                )
        )
    }

    @Test func halfPrecisionOverflowIsToldFromDamagedWeights() throws {
        var trainer = Trainer(description: try smallDescription(), seed: 1)
        try trainer.modify("h.0.ln_2.weight") { $0.update(repeating: 3000) }
        try trainer.modify("h.0.mlp.c_fc.weight") { $0.update(repeating: 0) }
        try trainer.modify("h.0.mlp.c_fc.weight") { weights in
            for row in 0..<32 {
                for column in 0..<4 { weights[row * 8 + column] = 60 }
            }
        }
        let replayer = Replayer(checkpoint: try trainer.checkpoint())
        #expect(try replayer.evaluate(rows: randomRows(2)).firstNonFinite == nil)
        #expect(try replayer.evaluate(rows: randomRows(2), precision: .bf16).firstNonFinite == nil)
        let origin = try replayer.evaluate(rows: randomRows(2), precision: .fp16).firstNonFinite
        #expect(origin?.layer == 0)
        #expect(origin?.operation == .mlpIn)
        #expect(origin?.producer == true)
        #expect(origin?.weightsFinite == true)
    }

    @Test func anExperimentComparesSuspectControlsAndRepair() throws {
        // A model that has learnt one pattern: the suspect batch is noise, its repair is the pattern again.
        var trainer = Trainer(description: try smallDescription(), seed: 1)
        func pattern(_ start: Int) -> [TokenRow] {
            (0..<4).map { row in TokenRow(stream: (0...12).map { Int32((start + row + $0) % 29) }, row: row) }
        }
        for step in 0..<150 { _ = try trainer.step(rows: pattern(step), learningRate: 1e-2) }
        let experiment = ReplayExperiment(
            suspect: randomRows(4),
            controls: (1...4).map { ControlBatch(step: $0, rows: pattern($0)) },
            repaired: pattern(9)
        )
        let result = try experiment.run(on: Replayer(checkpoint: trainer.checkpoint()))
        #expect(result.controls.map(\.step) == [1, 2, 3, 4])
        #expect(result.suspect.loss > 3)
        #expect(try #require(result.repairedLoss) < 1.5)
        #expect(try #require(result.controlMean) < 1.5)
        #expect(try #require(result.zScore) > 10)
        #expect(result.suspect.gradientNorm != nil)
        #expect(result.suspect.probes.isEmpty == false)
    }

    @Test func controlStatisticsAreSampleStatistics() throws {
        func result(_ losses: [Double], suspect: Double = 5) -> ReplayResult {
            ReplayResult(
                suspect: BatchEvaluation(loss: suspect, rowLosses: [], probes: []),
                controls: losses.map { ControlOutcome(step: 0, loss: $0, gradientNorm: 1) }
            )
        }
        #expect(result([1, 2, 3]).controlMean == 2)
        #expect(result([1, 2, 3]).controlDeviation == 1)
        #expect(result([1, 2, 3]).zScore == 3)
        #expect(result([1]).zScore == nil)
        #expect(result([]).controlMean == nil)
        #expect(result([2, 2]).zScore == nil)
        #expect(result([1, 2, 3], suspect: .nan).zScore == nil)
    }
}
