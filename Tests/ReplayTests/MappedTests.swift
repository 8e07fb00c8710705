import Foundation
import Replay
import Testing

/// Weights that stay in their file give the very numbers of weights that were copied out of it.
@Suite struct MappedTests {
    private func check(_ path: String, heads: Int? = 2) throws {
        var overrides = CheckpointOverrides(heads: heads)
        let copied = try Checkpoint.read(path: path, overrides: overrides)
        overrides.mappedFrom = 0
        let mapped = try Checkpoint.read(path: path, overrides: overrides)
        #expect(mapped.description == copied.description)
        #expect(mapped.parameters.map(\.bitPattern) == copied.parameters.map(\.bitPattern))
        #expect(mapped.updatesDone == copied.updatesDone)
        #expect(WeightReport(mapped) == WeightReport(copied))
        #expect(mapped.nonFiniteParameters() == copied.nonFiniteParameters())
        let rows = randomRows(3)
        for precision in [Precision.fp32, .bf16, .fp16] {
            let expected = try Replayer(checkpoint: copied, threads: 1)
                .evaluate(rows: rows, precision: precision, gradients: true)
            let seen = try Replayer(checkpoint: mapped, threads: 2)
                .evaluate(rows: rows, precision: precision, gradients: true)
            if expected.loss.isFinite { #expect(seen == expected) }
            #expect(seen.firstNonFinite == expected.firstNonFinite)
        }
    }

    @Test func llmcFiles() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/model_00000123.bin"
            let original = try smallCheckpoint()
            try original.write(path: path)
            try check(path)
            var data = try Data(contentsOf: URL(fileURLWithPath: path)).prefix(1024)
            data[4] = 5
            for value in original.parameters {
                withUnsafeBytes(of: UInt16(truncatingIfNeeded: value.bitPattern >> 16).littleEndian) {
                    data.append(contentsOf: $0)
                }
            }
            try data.write(to: URL(fileURLWithPath: path))
            try check(path)
        }
    }

    @Test(arguments: [true, false])
    func safetensorsFilesTransposedOrNot(conv1D: Bool) throws {
        try withTemporaryFolder { folder in
            var tensors = exported(try smallCheckpoint(), conv1D: conv1D)
            // A NaN in a matrix that is read transposed.
            let matrix = try #require(tensors.firstIndex { $0.name.hasSuffix("h.1.mlp.c_fc.weight") })
            for broken in [false, true] {
                if broken { tensors[matrix].bytes.replaceSubrange(36..<40, with: floatBytes([.nan])) }
                let path = folder + "/model.safetensors"
                try safetensors(tensors).write(to: URL(fileURLWithPath: path))
                try check(path)
            }
        }
    }

    @Test func pickledFiles() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/ckpt.pt"
            try TorchFile(try smallCheckpoint()).serialised().write(to: URL(fileURLWithPath: path))
            try check(path)
        }
    }

    @Test func foldersAndMissingFilesAreNoMappings() throws {
        try withTemporaryFolder { folder in
            #expect(mkfifo(folder + "/pipe.bin", 0o600) == 0)
            let pipe = replayError { _ = try Checkpoint.read(path: folder + "/pipe.bin") }
            #expect("\(try #require(pipe))".contains("not a regular file"))
            let error = replayError { _ = try Checkpoint.read(path: folder + "/model.bin") }
            #expect("\(try #require(error))".contains("No such file"))
            try Data().write(to: URL(fileURLWithPath: folder + "/empty.bin"))
            #expect(replayError { _ = try Checkpoint.read(path: folder + "/empty.bin") } != nil)
        }
    }

    /// A file of some pages, mapped.
    private func withMapping(_ body: (String, Checkpoint) throws -> Void) throws {
        try withTemporaryFolder { folder in
            let path = folder + "/model_00000123.bin"
            let description = try smallDescription(vocabulary: 4000)
            try Trainer(description: description, seed: 3).checkpoint().write(path: path)
            var overrides = CheckpointOverrides(heads: 2)
            overrides.mappedFrom = 0
            try body(path, try Checkpoint.read(path: path, overrides: overrides))
        }
    }

    private func changed(_ checkpoint: Checkpoint) -> Bool {
        let error = replayError {
            _ = try Replayer(checkpoint: checkpoint, threads: 2).evaluate(rows: randomRows(4), gradients: true)
        }
        return error == .changed(path: checkpoint.path)
    }

    @Test(arguments: [0, 1024, 5000, 100_000])
    func aFileThatIsCutMeanwhileIsAnErrorAndNoCrash(bytes: UInt64) throws {
        try withMapping { path, mapped in
            let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
            try file.truncate(atOffset: bytes)
            // Reads beyond the end of the file: SIGBUS, were it not watched.
            let values = mapped.parameters
            #expect(values.suffix(9000).allSatisfy { $0 == 0 })
            #expect(replayError { try mapped.checkUnchanged() } == .changed(path: path))
            #expect(changed(mapped))
            // Grown again, as a trainer does that overwrites it: what was read stays zero.
            try file.truncate(atOffset: 200_000)
            #expect(changed(mapped))
        }
    }

    @Test func aFileThatIsOverwrittenMeanwhileIsAnError() throws {
        try withMapping { path, mapped in
            #expect(!changed(mapped))
            let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
            try file.seek(toOffset: 2048)
            try file.write(contentsOf: Data(repeating: 0, count: 4))
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSince1970: 9)],
                ofItemAtPath: path
            )
            #expect(changed(mapped))
        }
    }

    @Test func aFileThatIsReplacedOrRemovedIsStillThere() throws {
        try withMapping { path, mapped in
            let before = mapped.parameters
            try Data([1, 2, 3]).write(to: URL(fileURLWithPath: path), options: .atomic)
            #expect(!changed(mapped))
            try FileManager.default.removeItem(atPath: path)
            #expect(!changed(mapped))
            #expect(mapped.parameters == before)
        }
    }
}
