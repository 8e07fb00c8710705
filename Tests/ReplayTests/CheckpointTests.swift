import Foundation
import Replay
import Testing

@Suite struct CheckpointTests {
    @Test func llmcFileSurvivesARoundTrip() throws {
        let original = try smallCheckpoint()
        try withTemporaryFolder { folder in
            let path = folder + "/model_00000123.bin"
            try original.write(path: path)
            let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
            #expect(size == 1024 + 4 * original.parameters.count)
            let read = try Checkpoint.read(path: path)
            #expect(read.description == original.description)
            #expect(read.parameters == original.parameters)
            #expect(read.updatesDone == 123)
            #expect(read.path == path)
        }
    }

    @Test func modelsWithoutBiasesDoNotFitIntoAnLlmcFile() throws {
        let checkpoint = try smallCheckpoint(biases: false)
        let error = replayError { try checkpoint.write(path: "/nonexistent/model.bin") }
        #expect("\(try #require(error))".contains("biases"))
    }

    @Test func bfloat16FileIsWidened() throws {
        let original = try smallCheckpoint()
        let read = try parse(llmcFile(original, version: 5))
        #expect(read.parameters.count == original.parameters.count)
        for (value, exact) in zip(read.parameters, original.parameters) {
            #expect(abs(value - exact) <= abs(exact) / 128)
            #expect(value.bitPattern & 0xFFFF == 0)
        }
    }

    private func llmcFile(_ checkpoint: Checkpoint, version: Int32, fields: [Int: Int32] = [:]) throws -> Data {
        var data = try withTemporaryFolder { folder in
            try checkpoint.write(path: folder + "/m.bin")
            return try Data(contentsOf: URL(fileURLWithPath: folder + "/m.bin"))
        }
        if version == 5 {
            data.removeSubrange(1024...)
            for value in checkpoint.parameters {
                withUnsafeBytes(of: UInt16(truncatingIfNeeded: value.bitPattern >> 16).littleEndian) {
                    data.append(contentsOf: $0)
                }
            }
        }
        for (index, value) in fields.merging([1: version], uniquingKeysWith: { old, _ in old }) {
            withUnsafeBytes(of: value.littleEndian) { data.replaceSubrange(4 * index..<4 * index + 4, with: $0) }
        }
        return data
    }

    @Test func truncatedFilesStateBothSizes() throws {
        let data = try llmcFile(smallCheckpoint(), version: 3)
        #expect(
            replayError { _ = try parse(data.dropLast(1)) }
                == .truncated(path: "memory", expectedBytes: data.count, actualBytes: data.count - 1)
        )
        #expect(
            replayError { _ = try parse(data.prefix(100)) }
                == .truncated(path: "memory", expectedBytes: 1024, actualBytes: 100)
        )
        #expect(
            replayError { _ = try parse(data + Data([0])) }
                == .trailingBytes(path: "memory", expectedBytes: data.count, actualBytes: data.count + 1)
        )
    }

    @Test(arguments: [2, 3, 4, 5, 6, 7], [Int32.max, -1, 0, Int32.min, 1 << 24])
    func absurdHeaderSizesAreErrorsNotAllocations(index: Int, value: Int32) throws {
        let data = try llmcFile(smallCheckpoint(), version: 3, fields: [index: value])
        #expect(replayError { _ = try parse(data, overrides: .init()) } != nil)
    }

    @Test func allFieldsAtTheirLargestDoNotOverflow() throws {
        let fields = Dictionary(uniqueKeysWithValues: (2...7).map { ($0, Int32.max) })
        #expect(replayError { _ = try parse(llmcFile(smallCheckpoint(), version: 3, fields: fields)) } != nil)
        let legal: [Int: Int32] = [2: 1 << 24, 3: 1 << 24, 4: 4096, 5: 1, 6: 1 << 18, 7: 1 << 24]
        #expect(replayError { _ = try parse(llmcFile(smallCheckpoint(), version: 3, fields: legal)) } != nil)
    }

    @Test func unknownVersionsNameTheKnownOnes() throws {
        let error = replayError { _ = try parse(llmcFile(smallCheckpoint(), version: 4)) }
        #expect("\(try #require(error))".contains("version is 4, expected 3 (fp32) or 5 (bf16)"))
    }

    @Test func optionsThatContradictTheHeaderAreRefused() throws {
        let data = try llmcFile(smallCheckpoint(), version: 3)
        let error = replayError { _ = try parse(data, overrides: .init(heads: 4)) }
        #expect(
            error == .conflictingOption(key: "model.heads", configured: "4", file: "2", path: "memory")
        )
        #expect(try parse(data, overrides: .init(activation: .relu)).description.activation == .relu)
    }

    @Test func otherKindsOfFileAreNamed() {
        func message(_ bytes: [UInt8]) -> String {
            replayError { _ = try parse(Data(bytes + [UInt8](repeating: 0, count: 32))) }.map { "\($0)" } ?? ""
        }
        #expect(message([0x50, 0x4B, 3, 4]).contains("truncated"))
        #expect(message([0x80, 2]).contains("pickle"))
        #expect(message([0x80, 2]).contains("convert"))
        #expect(message([0x88, 0xD8, 0x34, 0x01]).contains("llm.c token shard"))
        #expect(message([0xDE, 0xAD]).contains("de ad 00 00"))
        #expect(replayError { _ = try parse(Data()) } != nil)
        #expect(replayError { _ = try Checkpoint.read(path: "/nonexistent/model.bin") } != nil)
    }

    @Test func nonFiniteWeightsAreAcceptedAndReported() throws {
        var trainer = Trainer(description: try smallDescription(), seed: 1)
        try trainer.modify("h.1.mlp.c_fc.weight") { weights in
            weights[7] = .nan
            weights[9] = .infinity
        }
        let checkpoint = try trainer.checkpoint()
        #expect(
            checkpoint.nonFiniteParameters()
                == [NonFiniteParameter(name: "h.1.mlp.c_fc.weight", count: 2, firstIndex: 7)]
        )
        #expect(try smallCheckpoint().nonFiniteParameters().isEmpty)
        #expect(replayError { try trainer.modify("h.9.ln_1.weight") { _ in } } != nil)
    }

    @Test func impossibleDescriptionsNameTheField() {
        let error = replayError {
            _ = try TransformerDescription(layers: 2, heads: 3, channels: 8, maximumSequence: 16, vocabulary: 29)
        }
        #expect(error == .invalidDescription(field: "heads", value: 3, expected: "a divisor of 8 channels"))
        #expect(
            replayError {
                _ = try TransformerDescription(
                    layers: 1,
                    heads: 1,
                    channels: 8,
                    maximumSequence: 16,
                    vocabulary: 29,
                    paddedVocabulary: 28
                )
            } != nil
        )
    }

    @Test func tensorsTileTheBuffer() throws {
        for biases in [true, false] {
            let description = try smallDescription(biases: biases, padded: 32)
            let ranges = description.tensors.map(\.range).sorted { $0.lowerBound < $1.lowerBound }
            var end = 0
            for range in ranges {
                #expect(range.lowerBound == end)
                end = range.upperBound
            }
            #expect(end == description.parameterCount)
            #expect(description.tensors.contains { $0.name.hasSuffix("bias") } == biases)
            #expect(description.tensors.first?.name == "wte.weight")
        }
    }
}
