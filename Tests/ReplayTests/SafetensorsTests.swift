import Foundation
import Replay
import Testing

@Suite struct SafetensorsTests {
    @Test(
        arguments: ["transformer.", "", "_orig_mod.", "_orig_mod.transformer.", "module.transformer."],
        [true, false]
    )
    func bothLayoutsAndAllPrefixesGiveTheSameModel(prefix: String, conv1D: Bool) throws {
        let original = try smallCheckpoint()
        let data = safetensors(exported(original, prefix: prefix, conv1D: conv1D), metadata: ["step": "77"])
        let read = try parse(data, path: "gpt2.safetensors")
        #expect(read.description == original.description)
        #expect(read.parameters == original.parameters)
        #expect(read.updatesDone == 77)
        let unnumbered = safetensors(exported(original, prefix: prefix, conv1D: conv1D))
        #expect(try parse(unnumbered, path: "run/step_000590.safetensors").updatesDone == 590)
    }

    @Test func modelsWithoutBiasesAreRead() throws {
        let original = try smallCheckpoint(biases: false)
        let read = try parse(safetensors(exported(original)))
        #expect(read.description.hasBiases == false)
        #expect(read.parameters == original.parameters)
    }

    // The compiler has no Float16 for Intel Macs.
    #if !(os(macOS) && arch(x86_64))
        @Test func halfPrecisionTypesAreWidened() throws {
            let original = try smallCheckpoint()
            for type in ["F16", "BF16"] {
                let tensors = exported(original).map { tensor in
                    var bytes = Data()
                    tensor.bytes.withUnsafeBytes { floats in
                        for value in floats.bindMemory(to: Float.self) {
                            let half = type == "F16" ? Float16(value).bitPattern : UInt16(value.bitPattern >> 16)
                            withUnsafeBytes(of: half.littleEndian) { bytes.append(contentsOf: $0) }
                        }
                    }
                    return (name: tensor.name, type: type, shape: tensor.shape, bytes: bytes)
                }
                let read = try parse(safetensors(tensors))
                for (value, exact) in zip(read.parameters, original.parameters) {
                    let expected =
                        type == "F16" ? Float(Float16(exact)) : Float(bitPattern: exact.bitPattern & 0xFFFF_0000)
                    #expect(value == expected)
                }
            }
        }
    #endif

    @Test func theNumberOfHeadsMustBeConfigured() throws {
        let data = safetensors(exported(try smallCheckpoint()))
        let error = replayError { _ = try parse(data, overrides: .init()) }
        #expect("\(try #require(error))".contains("set model.heads in the configuration"))
    }

    @Test func aConfigurationBesideTheFileSaysTheHeads() throws {
        let original = try smallCheckpoint()
        try withTemporaryFolder { folder in
            func write(_ text: String, _ name: String) throws {
                try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/" + name))
            }
            let path = folder + "/model.safetensors"
            try safetensors(exported(original)).write(to: URL(fileURLWithPath: path))
            try write(
                #"{"n_head": 2, "activation_function": "gelu", "architectures": ["GPT2LMHeadModel"]}"#,
                "config.json"
            )
            let read = try Checkpoint.read(path: path)
            #expect(read.description.heads == 2)
            #expect(read.description.activation == .gelu)
            #expect(
                try Checkpoint.read(path: path, overrides: .init(activation: .relu)).description.activation == .relu
            )
            #expect(replayError { _ = try Checkpoint.read(path: path, overrides: .init(heads: 4)) } != nil)
            try write(#"{"n_head": 2, "activation_function": "mish"}"#, "config.json")
            #expect("\(replayError { _ = try Checkpoint.read(path: path) } as Any)".contains("mish"))
            try write(#"{"n_head": 2, "layer_norm_epsilon": 1e-6, "scale_attn_weights": false}"#, "config.json")
            #expect(try Checkpoint.read(path: path).description.normEpsilon == 1e-6)
            #expect(try Checkpoint.read(path: path).description.attentionScale == 1)
            try write(#"{"n_head": 2, "attention_bias": true}"#, "config.json")
            #expect("\(replayError { _ = try Checkpoint.read(path: path) } as Any)".contains("attention_bias"))
            // What a damaged file would have said must not be guessed.
            for (text, words) in [
                ("not JSON", "not a JSON object"), ("", "not a JSON object"), ("[]", "the file"),
                (#"{"n_head": "two"}"#, "`n_head` is two"), (#"{"n_head": 2.5}"#, "`n_head` is 2.5"),
                (#"{"n_head": 1e99}"#, "`n_head` is 1e+99"), (#"{"n_head": true}"#, "`n_head` is true"),
                (#"{"scale_attn_weights": 1, "n_head": 2}"#, "`scale_attn_weights` is 1"),
            ] {
                try write(text, "config.json")
                let error = replayError { _ = try Checkpoint.read(path: path, overrides: .init(heads: 2)) }
                #expect("\(error as Any)".contains("config.json: malformed header"), "\(text)")
                #expect("\(error as Any)".contains(words), "\(text): \(error as Any)")
            }
            try write(#"{"n_head": 2, "best": [NaN, -Infinity], "note": "NaN \" Infinity"}"#, "config.json")
            #expect(try Checkpoint.read(path: path).description.heads == 2)
        }
    }

    /// Bytes of a configuration set to others one by one: an error or another model, never the end of the process.
    @Test func damagedConfigurationsAreErrors() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/model.safetensors"
            try safetensors(exported(try smallCheckpoint())).write(to: URL(fileURLWithPath: path))
            let text = #"{"n_head": 2, "layer_norm_epsilon": 1e-05, "rope_scaling": null, "best": Infinity}"#
            var errors = 0
            for place in 0..<text.utf8.count {
                for byte in [0, 0x22, 0x2B, 0x2D, 0x2E, 0x5C, 0x78, 0x7F, 0x80, 0xFF] as [UInt8] {
                    var bytes = Array(text.utf8)
                    bytes[place] = byte
                    try Data(bytes).write(to: URL(fileURLWithPath: folder + "/config.json"))
                    if replayError({ _ = try Checkpoint.read(path: path, overrides: .init(heads: 2)) }) != nil {
                        errors += 1
                    }
                }
            }
            #expect(errors > 300)
        }
    }

    @Test func aConfiguredVocabularyLeavesThePaddingOut() throws {
        let data = safetensors(exported(try smallCheckpoint()))
        let read = try parse(data, overrides: .init(heads: 2, vocabulary: 20))
        #expect(read.description.vocabulary == 20)
        #expect(read.description.paddedVocabulary == 29)
        #expect(replayError { _ = try parse(data, overrides: .init(heads: 2, vocabulary: 30)) } != nil)
    }

    @Test func maskBuffersAndTiedHeadsAreIgnoredOthersRefused() throws {
        var tensors = exported(try smallCheckpoint())
        tensors.append(("transformer.h.0.attn.bias", "U8", [1, 1, 2, 2], Data([1, 0, 1, 1])))
        let wte = tensors[0].bytes
        tensors.append(("lm_head.weight", "F32", [29, 8], wte))
        #expect(replayError { _ = try parse(safetensors(tensors)) } == nil)
        tensors[tensors.count - 1].bytes = Data(count: wte.count)
        #expect(try parse(safetensors(tensors)).description.isHeadTied == false)
        tensors.removeLast()
        tensors.append(("transformer.h.0.attn.rotary.weight", "F32", [1], Data(count: 4)))
        #expect(
            replayError { _ = try parse(safetensors(tensors)) }
                == .unexpectedTensor(path: "memory", name: "h.0.attn.rotary.weight")
        )
    }

    @Test func missingAndMisshapenTensorsAreNamed() throws {
        let tensors = exported(try smallCheckpoint())
        for index in tensors.indices {
            var fewer = tensors
            let name = String(fewer.remove(at: index).name.dropFirst("transformer.".count))
            let error = replayError { _ = try parse(safetensors(fewer)) }
            // Without the first layer's qkv bias the model counts as one without biases: others are then surplus.
            if name == "h.0.attn.c_attn.bias" {
                #expect(error == .unexpectedTensor(path: "memory", name: "h.0.attn.c_proj.bias"))
            } else {
                #expect(error == .missingTensor(path: "memory", name: name))
            }
            var misshapen = tensors
            misshapen[index].shape = [1] + misshapen[index].shape
            #expect(replayError { _ = try parse(safetensors(misshapen)) } != nil)
        }
    }

    @Test func unsupportedElementTypesAreNamed() throws {
        var tensors = exported(try smallCheckpoint())
        let index = try #require(tensors.firstIndex { $0.name == "transformer.ln_f.bias" })
        tensors[index].type = "F64"
        #expect(
            replayError { _ = try parse(safetensors(tensors)) }
                == .unsupportedElementType(path: "memory", name: "ln_f.bias", type: "F64")
        )
    }

    @Test func truncatedFilesStateBothSizes() throws {
        let data = safetensors(exported(try smallCheckpoint()))
        #expect(
            replayError { _ = try parse(data.dropLast(5)) }
                == .truncated(path: "memory", expectedBytes: data.count, actualBytes: data.count - 5)
        )
        let error = replayError { _ = try parse(data.prefix(200)) }
        guard case .truncated(_, let expected, 200) = error else {
            Issue.record("got \(String(describing: error))")
            return
        }
        #expect(expected > 200)
        #expect(replayError { _ = try parse(data + Data(count: 3)) } != nil)
    }

    @Test(arguments: [
        "{", "{}", "{]", "{\"a\"", "{\"a\":1}", "{\"a\":{\"dtype\":\"F32\"}}", "{\"a\":{\"shape\":[1,]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1.5],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[99999999999999999999],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,9223372036854775807]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}}",
        "{\"a\":{\"dtype\":\"X\",\"shape\":[1],\"data_offsets\":[9223372036854775806,9223372036854775807]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"a\":{}}",
        "{\"\\ud800\":{}}", "{\"\\u12\":{}}", "{\"\\q\":{}}", "{\"a\u{1}\":{}}", "{\"__metadata__\":{\"a\":1}}",
        "{\"__metadata__\":{\"a\":\"b\"}} x",
    ])
    func malformedHeadersAreErrors(json: String) {
        #expect(replayError { _ = try parse(safetensors(json: json, body: Data(count: 4))) } != nil)
    }

    @Test func hugeHeaderLengthsAreErrors() {
        for length: UInt64 in [.max, 1 << 63, 100_000_001, 1000] {
            var data = withUnsafeBytes(of: length.littleEndian) { Data($0) }
            data.append(Data("{}      ".utf8))
            #expect(replayError { _ = try parse(data) } != nil)
        }
    }

    @Test func optimizerStatesAndOtherFamiliesAreNamed() {
        func message(_ name: String) -> String {
            "\(replayError { _ = try parse(safetensors([(name, "F32", [1], Data(count: 4))])) } as Any)"
        }
        #expect(message("exp_avg.transformer.wte.weight").contains("optimizer state"))
        #expect(message("model.layers.0.self_attn.q_proj.weight").contains("model.embed_tokens.weight is missing"))
        // nanochat and modded-nanogpt have these names.
        #expect(message("transformer.h.0.attn.c_q.weight").contains("set model.architecture: nanochat"))
    }

    /// Seeded damage to valid files: anything may be reported, nothing may crash.
    @Test func damagedFilesNeverCrashTheReader() throws {
        let original = try smallCheckpoint()
        let file = safetensors(exported(original), metadata: ["step": "5"])
        let headerEnd = 8 + Int(file[0]) + Int(file[1]) << 8
        let model = try withTemporaryFolder { folder in
            try original.write(path: folder + "/m.bin")
            return try Data(contentsOf: URL(fileURLWithPath: folder + "/m.bin"))
        }
        var generator = SplitMix64(seed: 2024)
        var read = 0
        for round in 0..<3000 {
            var data = round % 3 == 0 ? model : file
            let reach = round % 3 == 0 ? 40 : headerEnd
            for _ in 0...Int.random(in: 0..<4, using: &generator) {
                let at = Int.random(in: 0..<min(reach, data.count), using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: data[at] = UInt8.random(in: 0...255, using: &generator)
                case 1: data[at] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
                case 2: data.remove(at: at)
                default: data.insert(UInt8(ascii: "9"), at: at)
                }
            }
            if round % 5 == 0 { data = data.prefix(Int.random(in: 0...data.count, using: &generator)) }
            if replayError({ _ = try parse(Data(data)) }) == nil { read += 1 }
        }
        #expect(read < 1500)
    }
}
