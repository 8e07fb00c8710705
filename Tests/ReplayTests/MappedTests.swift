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
            let error = replayError { _ = try Checkpoint.read(path: folder + "/model.bin") }
            #expect("\(try #require(error))".contains("No such file"))
            try Data().write(to: URL(fileURLWithPath: folder + "/empty.bin"))
            #expect(replayError { _ = try Checkpoint.read(path: folder + "/empty.bin") } != nil)
        }
    }
}
