import Foundation
import Replay
import Testing

/// Which model a checkpoint holds is decided before anything is computed: by its configuration, held against its tensors.
@Suite struct IdentityTests {
    /// The Llama-2 fixture with another configuration: an error's message, or the checkpoint.
    private func reading(
        _ change: (inout [String: Any]) -> Void,
        overrides: CheckpointOverrides = .init()
    ) throws -> Result<Checkpoint, ReplayError> {
        let source = ArchitectureTests.fixtures.appendingPathComponent("llama2")
        var result: Result<Checkpoint, ReplayError>?
        try withTemporaryFolder { folder in
            let model = folder + "/model.safetensors"
            try FileManager.default.copyItem(atPath: source.path + "/model.safetensors", toPath: model)
            let text = try Data(contentsOf: source.appendingPathComponent("config.json"))
            var keys = try #require(JSONSerialization.jsonObject(with: text) as? [String: Any])
            change(&keys)
            try JSONSerialization.data(withJSONObject: keys).write(to: URL(fileURLWithPath: folder + "/config.json"))
            result = Result { () throws(ReplayError) in try Checkpoint.read(path: model, overrides: overrides) }
        }
        return try #require(result)
    }

    private func message(_ change: (inout [String: Any]) -> Void) throws -> String {
        guard case .failure(let error) = try reading(change) else { return "" }
        return error.description
    }

    @Test(arguments: ["gemma3n", "mycustom", "mixtral"]) func anUnknownTypeIsRefusedWithTheKnownOnes(type: String)
        throws
    {
        let found = try message { $0["model_type"] = type }
        #expect(found.contains("\(type) is not supported; supported: "))
        #expect(found.contains("llama"))
        let byClass = try message {
            $0["model_type"] = nil
            $0["architectures"] = [type]
        }
        #expect(byClass.contains("\(type) is not supported"))
    }

    @Test(arguments: [
        ("num_hidden_layers", 1), ("hidden_size", 32), ("vocab_size", 99), ("intermediate_size", 48),
        ("num_key_value_heads", 1),
    ])
    func aSizeThatTheTensorsContradictIsAnError(key: String, value: Int) throws {
        let found = try message { $0[key] = value }
        #expect(found.contains("\(key) is \(value), but "), "\(found)")
    }

    @Test func aMissingHeadIsNotTied() throws {
        #expect(try message { $0["tie_word_embeddings"] = true }.contains("tie_word_embeddings is true, but"))
        try withTemporaryFolder { folder in
            let tied = ArchitectureTests.fixtures.appendingPathComponent("llama3")
            for name in try FileManager.default.contentsOfDirectory(atPath: tied.path) {
                try FileManager.default.copyItem(atPath: tied.path + "/" + name, toPath: folder + "/" + name)
            }
            let file = URL(fileURLWithPath: folder + "/config.json")
            let text = try String(contentsOf: file, encoding: .utf8)
            try text.replacingOccurrences(of: "\"tie_word_embeddings\": true", with: "\"tie_word_embeddings\": false")
                .write(to: file, atomically: true, encoding: .utf8)
            let error = replayError { _ = try Checkpoint.read(path: folder) }
            #expect("\(error as Any)".contains("lm_head.weight is missing"))
        }
    }

    @Test(arguments: ["attn_logit_softcapping", "embedding_multiplier", "clip_qkv", "a_new_expert_window"])
    func aKeyThatChangesTheMathematicsIsRefusedByName(key: String) throws {
        #expect(try message { $0[key] = 7 }.contains("\(key) is 7"))
        var overrides = CheckpointOverrides()
        overrides.ignoredKeys = [key]
        let ignored = try reading({ $0[key] = 7 }, overrides: overrides).get()
        #expect(ignored.notes.isEmpty)
        // Off is as good as absent.
        #expect(try reading { $0[key] = NSNull() }.get().notes.isEmpty)
    }

    /// A factor of one is the same as none; a bound of one is not, and neither is a mark for each layer.
    @Test func oneIsNeutralAsAFactorOnly() throws {
        for key in ["clip_qkv", "attn_logit_softcapping", "a_new_window"] {
            #expect(try message { $0[key] = 1 }.contains("\(key) is 1"), "\(key)")
        }
        for key in ["embedding_multiplier", "logit_scale", "partial_rotary_factor", "num_local_experts"] {
            #expect(try reading { $0[key] = 1 }.get().notes.isEmpty, "\(key)")
        }
        #expect(try message { $0["no_rope_layers"] = [1, 0] }.contains("no_rope_layers is [1, 0]"))
        #expect(try reading { $0["no_rope_layers"] = [Int]() }.get().notes.isEmpty)
    }

    @Test func keysNobodyKnowsAreNoted() throws {
        let noted = try reading { $0["favourite_colour"] = "blue" }.get()
        guard case .unknownKey("favourite_colour", _)? = noted.notes.first else {
            Issue.record("\(noted.notes)")
            return
        }
        #expect(noted.notes.count == 1)
    }

    @Test func withoutAConfigurationWhatIsAssumedIsNoted() throws {
        let source = ArchitectureTests.fixtures.appendingPathComponent("llama2/model.safetensors")
        try withTemporaryFolder { folder in
            let model = folder + "/model.safetensors"
            try FileManager.default.copyItem(atPath: source.path, toPath: model)
            var overrides = CheckpointOverrides(heads: 4)
            let settings = try Checkpoint.read(path: model, overrides: overrides).notes.map { note in
                if case .assumed(let setting, _) = note { setting.rawValue } else { "" }
            }
            #expect(settings == ["architecture", "ropeBase", "normEpsilon", "activation"])
            overrides.architecture = .llama
            overrides.ropeBase = 500
            overrides.normEpsilon = 1e-3
            overrides.activation = .silu
            let said = try Checkpoint.read(path: model, overrides: overrides)
            #expect(said.notes.isEmpty)
            #expect(said.description.normEpsilon == 1e-3)
        }
    }

    @Test func scalingWithoutABaseIsNotDropped() throws {
        let read = try reading {
            $0["rope_parameters"] = nil
            $0["rope_theta"] = nil
            $0["rope_scaling"] = ["type": "linear", "factor": 4]
        }.get()
        #expect(read.description.rotary == RotaryEmbedding(base: 10_000, scaling: .linear(factor: 4)))
    }

    @Test func nanochatIsNotGuessedFromItsNames() throws {
        let source = ArchitectureTests.fixtures.appendingPathComponent("nanochat-2025-10/model_000100.pt")
        try withTemporaryFolder { folder in
            let model = folder + "/state_step000100.pt"
            try FileManager.default.copyItem(atPath: source.path, toPath: model)
            var overrides = CheckpointOverrides(heads: 4)
            let error = replayError { _ = try Checkpoint.read(path: model, overrides: overrides) }
            #expect("\(error as Any)".contains("modded-nanogpt"))
            overrides.architecture = .nanochat
            #expect(try Checkpoint.read(path: model, overrides: overrides).description.architecture == .nanochat)
        }
    }
}
