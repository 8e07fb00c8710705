import Foundation
import Replay
import Testing

@Suite struct PyTorchTests {
    @Test func aNanoGPTCheckpointSaysItsHeadsAndUpdates() throws {
        let original = try smallCheckpoint()
        var file = TorchFile(original)
        file.arguments = ["n_head": 2, "n_layer": 2]
        let read = try parse(file.serialised(), path: "ckpt.pt", overrides: .init())
        #expect(read.description.heads == 2)
        #expect(read.description.activation == .gelu)
        #expect(read.parameters == original.parameters)
        #expect(read.updatesDone == 440)
        #expect(
            replayError { _ = try parse(file.serialised(), path: "ckpt.pt", overrides: .init(heads: 4)) }
                == .conflictingOption(key: "model.heads", configured: "4", file: "2", path: "ckpt.pt")
        )
    }

    @Test func aPlainStateDictionaryNeedsTheHeadsConfigured() throws {
        let original = try smallCheckpoint(biases: false)
        var file = TorchFile(original)
        file.nested = false
        file.checksums = false
        #expect(try parse(file.serialised(), overrides: .init(heads: 2)).parameters == original.parameters)
        let error = replayError { _ = try parse(file.serialised(), overrides: .init()) }
        #expect("\(try #require(error))".contains("model.heads"))
    }

    @Test func stridesOffsetsAndSharedStoragesAreHonoured() throws {
        let original = try smallCheckpoint()
        var file = TorchFile(original)
        let index = try #require(file.tensors.firstIndex { $0.name == "transformer.h.1.mlp.c_fc.weight" })
        let tensor = try #require(original.description.tensors.first { $0.name == "h.1.mlp.c_fc.weight" })
        // Stored the other way round, behind three elements of something else.
        let values = Array(original.parameters[tensor.range])
        let turned = (0..<8).flatMap { column in (0..<32).map { values[$0 * 8 + column] } }
        file.storages[index].bytes = floatBytes([9, 9, 9] + turned)
        file.tensors[index].strides = [1, 32]
        file.tensors[index].offset = 3
        // The tied head shares the embedding's storage.
        var head = file.tensors[0]
        head.name = "lm_head.weight"
        file.tensors.append(head)
        #expect(try parse(file.serialised()).parameters == original.parameters)
        file.tensors[index].offset = 4
        #expect("\(replayError { _ = try parse(file.serialised()) } as Any)".contains("reaches beyond its storage"))
        file.tensors[index].offset = 0
        file.tensors[index].strides = [Int(Int32.max), Int(Int32.max)]
        #expect("\(replayError { _ = try parse(file.serialised()) } as Any)".contains("reaches beyond its storage"))
    }

    @Test func stridesOfZeroDoNotBuyAGiantModel() throws {
        var file = TorchFile(try smallCheckpoint())
        let giants = [29: 1 << 24, 16: 1 << 24, 8: 1 << 14, 24: 3 << 14, 32: 4 << 14]
        for index in file.tensors.indices {
            file.tensors[index].shape = file.tensors[index].shape.map { giants[$0] ?? $0 }
            file.tensors[index].strides = file.tensors[index].strides.map { _ in 0 }
        }
        #expect("\(replayError { _ = try parse(file.serialised()) } as Any)".contains("more than the file can hold"))
    }

    @Test func elementTypesWithoutAStorageClassAreNamed() throws {
        var file = TorchFile(try smallCheckpoint())
        file.tensors[0].element = "float8_e4m3fn"
        #expect(
            replayError { _ = try parse(file.serialised()) }
                == .unsupportedElementType(path: "memory", name: file.tensors[0].name, type: "torch.float8_e4m3fn")
        )
    }

    @Test func aFileThatAsksToRunAProgramIsRefusedByName() throws {
        var file = TorchFile(try smallCheckpoint())
        // Beside a model, where nothing would ever look at what the call returns.
        let call = Data("X\u{1}\u{0}\u{0}\u{0}xcposix\nsystem\n(X\u{4}\u{0}\u{0}\u{0}truetR".utf8)
        file.program = file.pickle().dropLast(2) + call + Data("u.".utf8)
        #expect("\(replayError { _ = try parse(file.serialised()) } as Any)".contains("asks to call posix.system"))
    }

    @Test func damagedBytesFailTheirChecksum() throws {
        let file = TorchFile(try smallCheckpoint())
        var data = file.serialised()
        let needle = file.storages[0].bytes.prefix(16)
        let at = try #require(data.range(of: needle)).lowerBound
        data[at] ^= 1
        guard case .damagedMember(_, "archive/data/0", let bytes)? = replayError({ _ = try parse(data) }) else {
            Issue.record("the damage was not seen")
            return
        }
        #expect(bytes.lowerBound == at)
        #expect("\(replayError { _ = try parse(data.dropLast(1)) } as Any)".contains("truncated"))
    }

    @Test(arguments: [
        "\u{0}", ".", "(", "(.", "K", "a.", "]", "(u.", "}s.", "h\u{1}.", "cos\nsystem\n(tR.", "cos\nsystem\n",
        "X\u{7F}\u{7F}\u{7F}\u{7F}.",
        "I1\n.", "i__main__\nX\n.", "Q.", "N\u{85}.", "]q\u{1}h\u{1}a.", "\u{1}\u{1}.",
    ])
    func strangePicklesAreErrors(program: String) throws {
        var file = TorchFile(try smallCheckpoint())
        file.program = Data(program.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) })
        #expect(replayError { _ = try parse(file.serialised()) } != nil)
    }

    @Test func deepPicklesDoNotExhaustTheStack() throws {
        var file = TorchFile(try smallCheckpoint())
        let nest = Data(repeating: 0x85, count: 1_000_000)
        file.program = Data([0x80, 2]) + Data("N".utf8) + nest + Data(".".utf8)
        #expect(
            replayError { _ = try parse(file.serialised()) }
                == .unknownFormat(path: "memory", detail: "a PyTorch file without a dictionary of tensors")
        )
    }

    /// Seeded damage: anything may be reported, nothing may crash.
    @Test func damagedFilesNeverCrashTheReader() throws {
        var file = TorchFile(try smallCheckpoint())
        file.checksums = false
        file.arguments = ["n_head": 2]
        let original = file.serialised()
        let directory = try #require(original.range(of: Data([0x50, 0x4B, 1, 2]))).lowerBound
        let pickle = file.pickle().count + 60
        var generator = SplitMix64(seed: 7)
        for round in 0..<4000 {
            var data = original
            for _ in 0...Int.random(in: 0..<4, using: &generator) {
                let at =
                    round % 2 == 0
                    ? Int.random(in: 0..<pickle, using: &generator)
                    : Int.random(in: directory..<data.count, using: &generator)
                if round % 7 == 0 {
                    data[at] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
                } else {
                    data[at] = UInt8.random(in: 0...255, using: &generator)
                }
            }
            _ = replayError { _ = try parse(data) }
        }
    }
}
