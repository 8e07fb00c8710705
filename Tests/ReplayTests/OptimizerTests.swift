import Foundation
import Replay
import Testing

@Suite struct OptimizerTests {
    private func checkpoint() throws -> Checkpoint { try smallCheckpoint() }

    /// llm.c's state of one process: header, moments, in the order of the model file.
    private func state(of model: TransformerDescription, processes: UInt32 = 1, step: UInt32 = 40) -> Data {
        var words = [UInt32](repeating: 0, count: 256)
        words[0] = 20_240_527
        words[1] = 1
        words[2] = processes
        words[10] = step
        words += (0..<model.parameterCount).map { Float($0).bitPattern }
        words += (0..<model.parameterCount).map { Float($0 + 1).bitPattern }
        return words.withUnsafeBytes { Data($0) }
    }

    @Test func statesOfLlmcAreRead() throws {
        let checkpoint = try checkpoint()
        let data = state(of: checkpoint.description)
        let read = try data.withUnsafeBytes { try OptimizerFile.parse($0, path: "state", of: checkpoint) }
        let found = try #require(read)
        #expect(found.updatesDone == 40)
        #expect(found.firstMoment[7] == 7)
        #expect(found.secondMoment[7] == 8)
        let problems = found.problems(of: checkpoint.description, updatesDone: 50)
        #expect(problems.map(\.kind) == [.stepMismatch])
    }

    @Test func cutAndShardedStatesAreRefusedByName() throws {
        let checkpoint = try checkpoint()
        for (data, words) in [
            (state(of: checkpoint.description).dropLast(8 * checkpoint.description.parameterCount), "bytes"),
            (state(of: checkpoint.description, processes: 8), "one of 8 processes"),
            (Data([1, 2, 3]), "state"),
        ] {
            let error = replayError {
                _ = try Data(data).withUnsafeBytes { bytes throws(ReplayError) in
                    try OptimizerFile.parse(bytes, path: "state", of: checkpoint)
                }
            }
            #expect(error?.description.contains(words) == true, "\(String(describing: error))")
        }
    }

    @Test func sickMomentsAreNamed() throws {
        let model = try checkpoint().description
        var state = OptimizerState(
            firstMoment: [Float](repeating: 0.5, count: model.parameterCount),
            secondMoment: [Float](repeating: 0.25, count: model.parameterCount),
            updatesDone: 3
        )
        #expect(state.problems(of: model, updatesDone: 3).isEmpty)
        let tensors = model.tensors
        state.firstMoment[tensors[0].range.lowerBound + 2] = .nan
        for index in tensors[1].range { state.secondMoment[index] = 0 }
        state.secondMoment[tensors[2].range.lowerBound] = -1
        let found = state.problems(of: model, updatesDone: nil)
        #expect(found.map(\.kind) == [.nonFinite, .allZero, .impossibleMoment, .negativeMoment])
        #expect(
            found.map(\.name) == [
                "exp_avg of \(tensors[0].name)", "exp_avg_sq of \(tensors[1].name)", "moments of \(tensors[1].name)",
                "exp_avg_sq of \(tensors[2].name)",
            ]
        )
    }

    @Test func theUpdateIsWhatTheTrainerMakes() throws {
        let checkpoint = try checkpoint()
        let model = checkpoint.description
        var trainer = Trainer(checkpoint: checkpoint, settings: .init(weightDecay: 0, gradientClip: nil))
        let gradient = try Replayer(checkpoint: checkpoint).gradient(of: randomRows(2))
        _ = try trainer.step(rows: randomRows(2), learningRate: 1e-3)
        // After one step from nothing the moments are shares of the gradient and of its square.
        let state = OptimizerState(
            firstMoment: gradient.map { 0.1 * $0 },
            secondMoment: gradient.map { 0.05 * $0 * $0 },
            updatesDone: 1
        )
        let report = WeightReport(checkpoint)
        let ratios = state.updateToWeight(report, of: model, learningRate: 1e-3)
        #expect(!ratios.isEmpty)
        for ratio in ratios {
            let tensor = try #require(model.tensors.first { $0.name == ratio.name })
            let moved = tensor.range.reduce(0.0) { sum, index in
                let step = Double(trainer.parameters[index]) - Double(checkpoint.parameters[index])
                return sum + step * step
            }
            let norm = try #require(report.tensors.first { $0.name == ratio.name }).norm
            #expect(abs(moved.squareRoot() / norm / ratio.ratio - 1) < 0.02, "\(ratio.name)")
        }
    }

    @Test func aRestoredTrainerGoesOnWithoutABreak() throws {
        let checkpoint = try checkpoint()
        var whole = Trainer(checkpoint: checkpoint)
        for seed in 1...3 { _ = try whole.step(rows: randomRows(2, seed: UInt64(seed)), learningRate: 1e-2) }
        let state = whole.optimizerState
        var resumed = Trainer(checkpoint: try whole.checkpoint())
        try resumed.restore(state)
        let one = try whole.step(rows: randomRows(2, seed: 9), learningRate: 1e-2)
        let two = try resumed.step(rows: randomRows(2, seed: 9), learningRate: 1e-2)
        #expect(one == two)
        #expect(whole.parameters == resumed.parameters)
    }
}
