import Foundation
import Replay
import Testing

/// Real checkpoints and batches against PyTorch's fp32 numbers for them.
@Suite(.enabled(if: Corpus.isPresent, "the collection of real runs is not there"))
struct CorpusTests {
    static let tags = [
        "d01_500_val", "d02_300_val", "d06_590_clean", "d06_590_corrupt", "d12_100_val", "d29_700_val", "d32_200_val",
    ]

    @Test(arguments: tags)
    func lossesAndLogitsAgreeWithPyTorch(tag: String) throws {
        let reference = try #require(try Corpus.reference(tag))
        let replayer = Replayer(checkpoint: try reference.load())
        let rows = try reference.rows()
        let expected = try Corpus.tensors("reference/" + reference.tensor_file)
        #expect(replayer.checkpoint.updatesDone == reference.updates_done)
        let evaluation = try replayer.evaluate(rows: rows)
        #expect(abs(evaluation.loss - reference.loss_float64_from_fp32_logits) < 2e-6)
        var worstLoss: Float = 0
        let losses = try #require(expected["per_token_loss"]).values
        for (row, tokens) in rows.enumerated() {
            let result = try replayer.logits(of: tokens)
            for (position, loss) in result.losses.enumerated() {
                worstLoss = max(worstLoss, abs(loss - losses[row * tokens.inputs.count + position]))
            }
            if row == 0 {
                let logits = try #require(expected["logits_row0"]).values
                let worst = zip(result.logits, logits).reduce(0) { max($0, abs($1.0 - $1.1)) }
                #expect(result.logits.count == logits.count)
                #expect(worst < 2e-5)
            }
        }
        #expect(worstLoss < 1e-5)
    }

    @Test(arguments: tags)
    func probesAgreeWithPyTorchsActivations(tag: String) throws {
        let reference = try #require(try Corpus.reference(tag))
        let evaluation = try Replayer(checkpoint: try reference.load()).evaluate(rows: try reference.rows())
        #expect(evaluation.firstNonFinite == nil)
        var compared = 0
        for probe in evaluation.probes {
            if probe.operation == .attentionScores, let layer = probe.layer {
                let expected = try #require(reference.attention["transformer.h.\(layer).attn"])
                #expect(abs(probe.absoluteMaximum - expected.score_absmax) < 1e-4 * max(1, expected.score_absmax))
                compared += 1
            }
            guard let site = Self.site(of: probe), let expected = reference.activations[site] else { continue }
            let scale = max(expected.std, 1e-3)
            #expect(abs(probe.mean - expected.mean) < 1e-5 * scale, "\(probe.name)")
            #expect(abs(probe.deviation - expected.std) < 1e-5 * scale, "\(probe.name)")
            #expect(abs(probe.absoluteMaximum - expected.absmax) < 1e-5 * max(1, expected.absmax), "\(probe.name)")
            compared += 1
        }
        let layers = evaluation.probes.compactMap(\.layer).max().map { $0 + 1 } ?? 0
        #expect(compared == 3 + 10 * layers)
    }

    /// The name PyTorch's hooks give to an operation's output.
    private static func site(of probe: Probe) -> String? {
        guard let layer = probe.layer else {
            let sites: [Probe.Operation: String] = [
                .embedding: "emb", .finalNorm: "transformer.ln_f", .logits: "logits",
            ]
            return sites[probe.operation]
        }
        let sites: [Probe.Operation: String] = [
            .firstNorm: ".ln_1", .queriesKeysValues: ".attn.c_attn", .projection: ".attn", .firstResidual: ".resid_mid",
            .secondNorm: ".ln_2", .mlpIn: ".mlp.c_fc", .activation: ".mlp.act", .mlpOut: ".mlp", .secondResidual: "",
        ]
        return sites[probe.operation].map { "transformer.h.\(layer)\($0)" }
    }

    @Test(arguments: tags)
    func gradientsAgreeWithPyTorch(tag: String) throws {
        let reference = try #require(try Corpus.reference(tag))
        let replayer = Replayer(checkpoint: try reference.load())
        let rows = try reference.rows()
        let evaluation = try replayer.evaluate(rows: rows, probes: false, gradients: true)
        let norm = try #require(evaluation.gradientNorm)
        #expect(abs(norm / reference.global_grad_norm - 1) < 1e-5)
        for each in try #require(evaluation.parameterGradientNorms) {
            let expected = try #require(
                reference.grads["transformer." + each.name] ?? reference.grads["lm_head.weight"]
            ).norm
            #expect(abs(each.norm - expected) < 1e-4 * expected + 1e-9, "\(each.name)")
        }
        guard reference.tensor_file_has_full_grads else { return }
        let gradient = try replayer.gradient(of: rows)
        let expected = try Corpus.tensors("reference/" + reference.tensor_file)
        for tensor in replayer.checkpoint.description.tensors {
            let exact = try #require(
                expected["grad.transformer." + tensor.name] ?? expected["grad.lm_head.weight"]
            )
            let scale = exact.values.reduce(0) { max($0, abs($1)) }
            var difference: Float = 0
            for (index, value) in gradient[tensor.range].enumerated() {
                var at = index
                if tensor.layer != nil, tensor.shape.count == 2 {
                    // The file holds (in, out).
                    at = index % tensor.shape[1] * tensor.shape[0] + index / tensor.shape[1]
                }
                difference = max(difference, abs(value - exact.values[at]))
            }
            #expect(difference < 1e-5 * scale, "\(tensor.name)")
        }
    }

    @Test func theSameWeightsInBothFormatsAreTheSame() throws {
        let folder = Corpus.root.appendingPathComponent("runs/d01/ckpt").path
        let llmc = try Checkpoint.read(path: folder + "/model_00000500.bin")
        let safetensors = try Checkpoint.read(
            path: folder + "/step_000500.safetensors",
            overrides: .init(heads: 4)
        )
        #expect(llmc.description == safetensors.description)
        #expect(llmc.parameters == safetensors.parameters)
        #expect(llmc.updatesDone == 500)
        #expect(safetensors.updatesDone == 500)
        let scanned = try CheckpointFolder.scan(folder)
        #expect(scanned.files.map(\.updatesDone) == [500, 500, 1000])
        #expect(scanned.nearest(atOrBelow: 999)?.path == folder + "/model_00000500.bin")
    }

    @Test(arguments: [
        ("d02", "model_00300.pt", "step_000300.safetensors"), ("d32", "ckpt_000200.pt", "step_000200.safetensors"),
    ])
    func pickledCheckpointsHoldTheSameWeights(run: String, pickled: String, safetensors: String) throws {
        let folder = Corpus.root.appendingPathComponent("runs/\(run)/ckpt").path
        let torch = try Checkpoint.read(path: folder + "/" + pickled)
        let other = try Checkpoint.read(
            path: folder + "/" + safetensors,
            overrides: .init(heads: torch.description.heads, activation: run == "d32" ? .gelu : .geluTanh)
        )
        #expect(torch.description == other.description)
        #expect(torch.parameters == other.parameters)
        #expect(torch.updatesDone == other.updatesDone)
    }

    @Test func damageInsideAPickledCheckpointIsNamed() throws {
        let folder = Corpus.root.appendingPathComponent("runs/d32/ckpt").path
        let checkpoint = try Checkpoint.read(path: folder + "/ckpt_000200_corrupt.pt")
        #expect(checkpoint.nonFiniteParameters().isEmpty == false)
    }

    @Test func corruptBytesStandOutAgainstTheirRepairAndControls() throws {
        let corrupt = try #require(try Corpus.reference("d06_590_corrupt"))
        let clean = try #require(try Corpus.reference("d06_590_clean"))
        let controls = try (0..<5).map { index in
            ControlBatch(
                step: index,
                rows: try Corpus.rows(file: clean.tokens.file, start: 2000 + 4000 * index, batch: 8, length: 64)
            )
        }
        let experiment = ReplayExperiment(
            suspect: try corrupt.rows(),
            controls: controls,
            repaired: try clean.rows()
        )
        let result = try experiment.run(on: Replayer(checkpoint: try corrupt.load()))
        #expect(try #require(result.zScore) > 10)
        #expect(abs(try #require(result.repairedLoss) - clean.loss_float64_from_fp32_logits) < 1e-5)
        #expect(try #require(result.suspect.gradientNorm) > 3 * (try #require(result.controlGradientNorm)))
    }

    @Test func deadRectifiersShowAsZeros() throws {
        let reference = try #require(try Corpus.reference("d29_700_val"))
        let evaluation = try Replayer(checkpoint: try reference.load()).evaluate(rows: try reference.rows())
        let activations = evaluation.probes.filter { $0.operation == .activation }
        #expect(activations.allSatisfy { $0.zeroFraction == 1 })
    }

    /// Five real AdamW steps from a checkpoint and its optimizer state: the losses the run logged, and its updates.
    @Test func fiveStepsOfARealRunAreReproduced() throws {
        let run = try #require(try Corpus.optimizerRun())
        func path(_ file: String) -> String {
            Corpus.root.appendingPathComponent("reference/" + file).standardizedFileURL.path
        }
        let checkpoint = try Checkpoint.read(path: path(run.checkpoint), overrides: .init(heads: 4))
        let state = try #require(try OptimizerInspection.beside(checkpoint)?.state)
        #expect(state.updatesDone == 500)
        #expect(state.problems(of: checkpoint.description, updatesDone: 500).isEmpty)
        #expect(OptimizerFile.beside(checkpoint) == path(run.optimizer_state))
        var trainer = Trainer(checkpoint: checkpoint)
        try trainer.restore(state)
        for step in run.steps {
            let rows = try Corpus.rows(
                file: "../shards/dev_bpe512/" + step.shard,
                start: step.tok_start,
                batch: 8,
                length: 64
            )
            let before = trainer.parameters
            let result = try trainer.step(rows: rows, learningRate: step.lr)
            #expect(abs(result.loss - (try #require(Double(step.loss)))) < 2e-6)
            #expect(abs(result.gradientNorm / step.grad_norm - 1) < 1e-5)
            for tensor in checkpoint.description.tensors {
                let name = "transformer." + tensor.name
                let moved = norm(tensor.range.map { Double(trainer.parameters[$0]) - Double(before[$0]) })
                #expect(abs(moved / (try #require(step.update_norms[name])) - 1) < 1e-3, "\(name)")
                let length = norm(tensor.range.map { Double(before[$0]) })
                #expect(abs(length / (try #require(step.weight_norms[name])) - 1) < 1e-5, "\(name)")
            }
        }
    }

    private func norm(_ values: [Double]) -> Double { values.reduce(0.0) { $0 + $1 * $1 }.squareRoot() }

    @Test func theOptimizerOfAPickledCheckpointIsRead() throws {
        let folder = Corpus.root.appendingPathComponent("runs/d32/ckpt").path
        let checkpoint = try Checkpoint.read(path: folder + "/ckpt_000200.pt")
        #expect(OptimizerFile.beside(checkpoint) == checkpoint.path)
        let state = try #require(try OptimizerInspection.beside(checkpoint)?.state)
        #expect(state.updatesDone == 200)
        #expect(state.problems(of: checkpoint.description, updatesDone: 200).isEmpty)
        let weights = WeightReport(checkpoint)
        let updates = state.updateToWeight(weights, of: checkpoint.description, learningRate: 1e-3)
        #expect(updates.count == checkpoint.description.tensors.count)
        // Adam's step never exceeds what the rate allows by much.
        for (update, most) in zip(updates, weights.updateToWeight(learningRate: 1e-3)) {
            #expect(update.ratio > 0 && update.ratio < 1.5 * most.ratio, "\(update.name)")
        }
    }

    /// The NaN that was put into a checkpoint is the origin of what the replay sees.
    @Test func theOriginOfTheNaNOfARealRunIsFound() throws {
        let run = Corpus.root.appendingPathComponent("runs/d32")
        let truth = try String(contentsOf: run.appendingPathComponent("truth.json"), encoding: .utf8)
        #expect(truth.contains("h.1.attn.c_attn.weight flat index 4242"))
        let checkpoint = try Checkpoint.read(path: run.appendingPathComponent("ckpt/ckpt_000200_corrupt.pt").path)
        #expect(
            checkpoint.nonFiniteParameters() == [
                NonFiniteParameter(name: "h.1.attn.c_attn.weight", count: 1, firstIndex: 4242)
            ]
        )
        let tokens = (0...32).map { Int32($0 * 7 % checkpoint.description.vocabulary) }
        let seen = try Replayer(checkpoint: checkpoint).evaluate(rows: [TokenRow(stream: tokens)])
        let origin = try #require(seen.firstNonFinite)
        #expect(origin.layer == 1)
        #expect(origin.operation == .queriesKeysValues)
        #expect(origin.producer)
        #expect(!origin.weightsFinite)
        // Flat index 4242 of (3C, C) is the row of one output channel.
        let probe = try #require(seen.probes.first { $0.name == "h.1.qkv" })
        #expect(probe.firstNonFinite?.channel == 4242 / checkpoint.description.channels)
        #expect(seen.loss.isNaN)
    }
}
