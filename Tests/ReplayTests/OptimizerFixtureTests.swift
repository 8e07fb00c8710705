import Foundation
import Replay
import Testing

/// Optimizer states as their own packages save them (Benchmarks/optimizers.py).
@Suite struct OptimizerFixtureTests {
    private static let fixtures = ArchitectureTests.fixtures.appendingPathComponent("optimizers")

    private func checkpoint(_ name: String) throws -> Checkpoint {
        try Checkpoint.read(path: Self.fixtures.appendingPathComponent(name + "/checkpoint-3").path)
    }

    private struct Continuation: Decodable {
        var rows: [[Int32]]
        var losses: [Double]
        var learningRate: Double
        var weightDecay: Double
    }

    /// Hugging Face's Trainer, and ZeRO-1 on two processes: two steps later the losses are still theirs.
    @Test(arguments: [("llama-trainer", ["optimizer.pt"]), ("llama-zero1", ["zero_pp_rank_0", "zero_pp_rank_1"])])
    func aLlamaTrainsOnFromItsState(name: String, files: [String]) throws {
        let checkpoint = try checkpoint(name)
        let seen = try #require(try OptimizerInspection.beside(checkpoint, updatesDone: 3))
        #expect(seen.files.count == files.count)
        for (path, file) in zip(seen.files, files) {
            #expect(URL(fileURLWithPath: path).lastPathComponent.hasPrefix(file))
        }
        #expect(seen.updatesDone == 3)
        #expect(seen.problems.isEmpty && seen.unchecked.isEmpty)
        #expect(seen.checked == 2 * checkpoint.description.parameterCount)
        let next = try JSONDecoder().decode(
            Continuation.self,
            from: Data(contentsOf: Self.fixtures.appendingPathComponent(name + "/next.json"))
        )
        var trainer = Trainer(checkpoint: checkpoint, settings: .init(weightDecay: next.weightDecay))
        try trainer.restore(try #require(seen.state))
        var fresh = Trainer(checkpoint: checkpoint, settings: .init(weightDecay: next.weightDecay))
        for step in 0..<2 {
            let rows = next.rows[4 * step..<4 * step + 4].enumerated().map { TokenRow(stream: $1, row: $0) }
            let loss = try trainer.step(rows: rows, learningRate: next.learningRate).loss
            #expect(abs(loss - next.losses[step]) < 2e-6, "step \(step)")
            let other = try fresh.step(rows: rows, learningRate: next.learningRate).loss
            // A gate taken for the other half of its MLP would be as far off as no moments at all.
            #expect(step == 0 || abs(other - next.losses[step]) > 1e-3)
        }
        let old = try #require(try OptimizerInspection.beside(checkpoint, updatesDone: 4))
        #expect(old.problems.map(\.kind) == [.stepMismatch])
    }

    @Test func zero2OfHalfPrecisionIsSound() throws {
        let checkpoint = try checkpoint("llama-zero2")
        let seen = try #require(try OptimizerInspection.beside(checkpoint, updatesDone: 3))
        #expect(seen.problems.isEmpty && seen.unchecked.isEmpty)
        #expect(seen.files.count == 2)
        #expect(seen.state != nil)
    }

    @Test func aMissingRankOfZeroIsSaid() throws {
        try withTemporaryFolder { folder in
            let path = try copy("llama-zero1/checkpoint-3", to: folder)
            let states = path + "/global_step3/"
            try FileManager.default.removeItem(atPath: states + "zero_pp_rank_0_mp_rank_00_optim_states.pt")
            let seen = try #require(try OptimizerInspection.beside(Checkpoint.read(path: path)))
            #expect(seen.state == nil)
            #expect(seen.unchecked == [.ranksMissing])
        }
    }

    /// Sign, and factors of 2^128 and 2^-64: no such change of a second moment goes unnoticed; sound ones raise no alarm.
    @Test(arguments: [31, 30, 29]) func changedBitsOfSecondMomentsAreSeen(bit: Int) throws {
        let checkpoint = try checkpoint("llama-trainer")
        let model = checkpoint.description
        let sound = try #require(try OptimizerInspection.beside(checkpoint)?.state)
        var (tried, found) = (0, 0)
        for index in stride(from: 0, to: model.parameterCount, by: 97) where abs(sound.firstMoment[index]) > 1e-6 {
            var state = sound
            state.secondMoment[index] = Float(bitPattern: state.secondMoment[index].bitPattern ^ 1 << UInt32(bit))
            tried += 1
            let problems = state.problems(of: model, updatesDone: 3)
            guard let problem = problems.first else { continue }
            found += 1
            let tensor = try #require(model.tensors.first { $0.range.contains(index) })
            #expect(problem.name.hasSuffix(" of \(tensor.name)"))
        }
        #expect(tried > 50)
        #expect(found == tried, "\(found) of \(tried)")
    }

    // MARK: nanochat

    private func copy(_ name: String, to folder: String) throws -> String {
        let target = folder + "/" + (name as NSString).lastPathComponent
        try FileManager.default.copyItem(atPath: Self.fixtures.appendingPathComponent(name).path, toPath: target)
        return target
    }

    /// The model of a fixture beside the states of its optimizer.
    private func nanochat(_ model: String, _ states: String, in folder: String) throws -> Checkpoint {
        let place = try copy(states, to: folder)
        for name in ["model_000100.pt", "meta_000100.json"] {
            let source = ArchitectureTests.fixtures.appendingPathComponent(model + "/" + name).path
            try FileManager.default.copyItem(atPath: source, toPath: place + "/" + name)
        }
        return try Checkpoint.read(path: place + "/model_000100.pt")
    }

    @Test func nanochatsRanksAreReadOneByOne() throws {
        try withTemporaryFolder { folder in
            let checkpoint = try nanochat("nanochat-current", "nanochat-current-2", in: folder)
            let seen = try #require(try OptimizerInspection.beside(checkpoint))
            #expect(
                seen.files.map { ($0 as NSString).lastPathComponent } == (0..<2).map { "optim_000100_rank\($0).pt" }
            )
            #expect(seen.updatesDone == 100)
            #expect(seen.problems.isEmpty, "\(seen.problems)")
            #expect(seen.unchecked.isEmpty, "\(seen.unchecked)")
            #expect(seen.state == nil)
            #expect(seen.checked > checkpoint.description.parameterCount)
            let late = try #require(try OptimizerInspection.beside(checkpoint, updatesDone: 90))
            #expect(late.problems.map(\.kind) == [.stepMismatch])
            try FileManager.default.removeItem(atPath: seen.files[1])
            let half = try #require(try OptimizerInspection.beside(checkpoint))
            #expect(half.unchecked == [.otherParts(saved: 2, here: 1)])
            try FileManager.default.moveItem(atPath: seen.files[0], toPath: seen.files[1])
            let other = try #require(try OptimizerInspection.beside(checkpoint))
            #expect(other.unchecked.contains(.otherRanks(than: [1])))
        }
    }

    @Test func statesOfOctober2025AreAListOfTwo() throws {
        try withTemporaryFolder { folder in
            let checkpoint = try nanochat("nanochat-2025-10", "nanochat-2025-10", in: folder)
            let seen = try #require(try OptimizerInspection.beside(checkpoint))
            #expect(seen.updatesDone == 100)
            #expect(seen.problems.isEmpty, "\(seen.problems)")
            // Both moments of the tables, one of each matrix.
            let tables = 2 * checkpoint.description.paddedVocabulary * checkpoint.description.channels
            #expect(seen.checked == checkpoint.description.parameterCount + tables)
        }
    }

    /// Every stored number set to NaN in turn: what is a moment is named.
    @Test func brokenMomentsOfNanochatAreNamed() throws {
        try withTemporaryFolder { folder in
            let checkpoint = try nanochat("nanochat-current", "nanochat-current-2", in: folder)
            let path = folder + "/nanochat-current-2/optim_000100_rank1.pt"
            let sound = try Data(contentsOf: URL(fileURLWithPath: path))
            var names: Set<String> = []
            for member in StoredMember.all(of: sound) where member.name.contains("/data/") && member.range.count > 4 {
                var broken = sound
                broken.replaceSubrange(member.range.lowerBound..<member.range.lowerBound + 4, with: floatBytes([.nan]))
                // The checksum is checked, and would tell otherwise.
                try broken.write(to: URL(fileURLWithPath: path))
                #expect(
                    "\(replayError { _ = try OptimizerInspection.beside(checkpoint) } as Any)".contains(
                        "damaged: the CRC-32"
                    )
                )
                broken.replaceSubrange(member.checksum, with: Data(count: 4))
                try broken.write(to: URL(fileURLWithPath: path))
                let problems = try #require(try OptimizerInspection.beside(checkpoint)).problems
                for problem in problems where problem.kind == .nonFinite { names.insert(problem.name) }
            }
            let expected = [
                "exp_avg of lm_head.weight, rank 1", "exp_avg_sq of transformer.wte.weight, rank 1",
                "exp_avg_sq of smear_gate.weight, rank 1", "exp_avg of value_embeds.0.weight, rank 1",
                "momentum_buffer of transformer.h.2.mlp.c_fc.weight",
                "second_momentum_buffer of transformer.h.2.mlp.c_proj.weight",
            ]
            for name in expected { #expect(names.contains(name), "\(name) of \(names.sorted())") }
        }
    }

    // MARK: llm.c

    /// What each of several processes writes under ZeRO-1: its part of every tensor of every layer.
    @Test func partsOfLlmcsProcessesArePutTogether() throws {
        let model = try smallDescription(vocabulary: 32)
        let count = model.parameterCount
        let ordered = model.tensors.sorted { $0.range.lowerBound < $1.range.lowerBound }
        try withTemporaryFolder { folder in
            try Trainer(description: model, seed: 1).checkpoint().write(path: folder + "/model_00000040.bin")
            let checkpoint = try Checkpoint.read(path: folder + "/model_00000040.bin")
            func write(rank: Int, of processes: Int = 2, step: UInt32 = 40) throws {
                var words = [UInt32](repeating: 0, count: 256)
                (words[0], words[1], words[2], words[3]) = (20_240_527, 1, UInt32(processes), UInt32(rank))
                words[10] = step
                for moment in 0..<2 {
                    for tensor in ordered {
                        let size = tensor.range.count / processes
                        let start = tensor.range.lowerBound + rank * size
                        words += (start..<start + size).map { Float($0 + moment * count).bitPattern }
                    }
                }
                let name = "/state_00000040_0000\(rank).bin"
                try words.withUnsafeBytes { Data($0) }.write(to: URL(fileURLWithPath: folder + name))
            }
            try write(rank: 0)
            let lone = replayError { _ = try OptimizerInspection.beside(checkpoint) }
            #expect("\(lone as Any)".contains("found 0, expected 0 to 1"))
            try write(rank: 1)
            let seen = try #require(try OptimizerInspection.beside(checkpoint))
            #expect(seen.updatesDone == 40)
            let state = try #require(seen.state)
            #expect(state.firstMoment == (0..<count).map { Float($0) })
            #expect(state.secondMoment == (count..<2 * count).map { Float($0) })
            try write(rank: 1, step: 39)
            #expect(replayError { _ = try OptimizerInspection.beside(checkpoint) } != nil)
        }
    }

    @Test func distributedStatesAreNotPassedOverInSilence() throws {
        try withTemporaryFolder { folder in
            let path = try copy("llama-trainer/checkpoint-3", to: folder)
            try FileManager.default.removeItem(atPath: path + "/optimizer.pt")
            let checkpoint = try Checkpoint.read(path: path)
            #expect(try OptimizerInspection.beside(checkpoint) == nil)
            try FileManager.default.createDirectory(
                atPath: path + "/optimizer_0",
                withIntermediateDirectories: true
            )
            try Data([1]).write(to: URL(fileURLWithPath: path + "/optimizer_0/.metadata"))
            let seen = try #require(try OptimizerInspection.beside(checkpoint))
            #expect(seen.unchecked == [.distributed])
        }
    }
}

/// A member of a ZIP archive: where its bytes and its checksum stand.
struct StoredMember {
    var name: String
    var range: Range<Int>
    var checksum: Range<Int>

    static func all(of data: Data) -> [StoredMember] {
        let bytes = [UInt8](data)
        func word(_ at: Int, _ width: Int) -> Int { (0..<width).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) } }
        guard let end = (0...bytes.count - 22).last(where: { word($0, 4) == 0x0605_4B50 }) else { return [] }
        var members: [StoredMember] = []
        var at = word(end + 16, 4)
        while word(at, 4) == 0x0201_4B50 {
            let (size, header, name) = (word(at + 24, 4), word(at + 42, 4), word(at + 28, 2))
            let start = header + 30 + word(header + 26, 2) + word(header + 28, 2)
            members.append(
                StoredMember(
                    name: String(decoding: bytes[at + 46..<at + 46 + name], as: UTF8.self),
                    range: start..<start + size,
                    checksum: at + 16..<at + 20
                )
            )
            at += 46 + name + word(at + 30, 2) + word(at + 32, 2)
        }
        return members
    }
}
