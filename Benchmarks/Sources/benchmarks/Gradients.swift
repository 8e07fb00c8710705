import ArgumentParser
import Foundation
import Replay

/// Loss, gradients and AdamW steps of small random models, written for gradients.py to compute again.
struct Gradients: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write random models, batches and what they give, for Benchmarks/gradients.py."
    )

    @Option(name: .shortAndLong, help: "The folder to write to.")
    var output: String

    @Option(help: "Seed of weights and tokens.")
    var seed: UInt64 = 1

    func run() throws {
        for gradientCase in try GradientCase.all() {
            let folder = URL(fileURLWithPath: output).appendingPathComponent(gradientCase.name)
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try write(gradientCase, to: folder)
        }
    }

    private func write(_ gradientCase: GradientCase, to folder: URL) throws {
        let model = gradientCase.description
        let made = try RandomModel.checkpoint(model, seed: seed)
        let file = folder.appendingPathComponent(model.hasBiases ? "model.bin" : "model.safetensors")
        // llm.c's files cannot leave out biases.
        if model.hasBiases { try made.write(path: file.path) } else { try Safetensors.write(made, to: file) }
        var overrides = CheckpointOverrides(activation: model.activation)
        if !model.hasBiases { overrides.heads = model.heads }
        // What is measured is what the file says.
        let checkpoint = try Checkpoint.read(path: file.path, overrides: overrides)
        let rows = RandomModel.rows(lengths: gradientCase.lengths, vocabulary: model.vocabulary, seed: seed &+ 1)
        let evaluation = try Replayer(checkpoint: checkpoint).evaluate(rows: rows, probes: false, gradients: true)
        try floats(gradient(of: rows, in: checkpoint)).write(to: folder.appendingPathComponent("gradient.bin"))
        var trainer = Trainer(checkpoint: checkpoint, settings: Self.adamW)
        let steps = try Self.learningRates.map { try trainer.step(rows: rows, learningRate: $0) }
        try floats(trainer.parameters).write(to: folder.appendingPathComponent("weights.bin"))
        let result = GradientResult(
            checkpoint: file.lastPathComponent,
            model: checkpoint.description,
            rows: rows,
            evaluation: evaluation,
            adamW: GradientResult.AdamW(settings: Self.adamW, learningRates: Self.learningRates, steps: steps)
        )
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        try encoder.encode(result).write(to: folder.appendingPathComponent("result.json"))
    }

    /// Clipping takes effect, and epsilon is large enough that elements whose gradient is nothing but rounding (the
    /// biases of the keys) are not blown up to whole steps.
    private static let adamW = Trainer.Settings(epsilon: 1e-6, weightDecay: 0.1, gradientClip: 0.5)
    private static let learningRates: [Double] = [1e-3, 8e-4, 5e-4]

    /// The gradient of the mean loss, element by element. It is what one AdamW step without memory (both betas 0) and
    /// with an epsilon that dwarfs every gradient subtracts, but for a power of two.
    private func gradient(of rows: [TokenRow], in checkpoint: Checkpoint) throws -> [Float] {
        let settings = Trainer.Settings(beta1: 0, beta2: 0, epsilon: 0x1p40, weightDecay: 0, gradientClip: nil)
        var trainer = Trainer(checkpoint: checkpoint, settings: settings)
        _ = try trainer.step(rows: rows, learningRate: 0x1p80)
        return zip(checkpoint.parameters, trainer.parameters).map { before, after in
            Float((Double(before) - Double(after)) * 0x1p-40)
        }
    }

    private func floats(_ values: [Float]) -> Data {
        values.withUnsafeBytes { Data($0) }
    }
}
