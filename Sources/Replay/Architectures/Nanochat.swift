extension ModelArchitecture {
    /// nanochat from October 2025 on: rotary positions, RMSNorm without weights, squared rectifier, soft-capped logits.
    public static let nanochat = ModelArchitecture(
        id: "nanochat",
        title: "nanochat",
        signs: [.suffix(".attn.c_q.weight")],
        names: TensorNames(
            layer: "transformer.h.*.",
            own: ["wte.weight": "transformer.wte.weight", "value_embeds.weight": "value_embeds.*.weight"]
        ),
        operations: Nanochat.first,
        head: .untied,
        sizes: { tensors, overrides throws(ReplayError) in
            // modded-nanogpt gives its tensors the same names and computes something else.
            let isKnown = [overrides.named?.id, overrides.architecture?.id].contains("nanochat")
            guard isKnown || overrides.nanochatDay != nil else {
                throw .missingOption(
                    key: "model.architecture: nanochat, if it is nanochat's,",
                    path: tensors.path,
                    detail:
                        "its tensors are named as in nanochat and in modded-nanogpt, which is not supported, and no "
                        + "meta_*.json beside it says which it is"
                )
            }
            return try .of(tensors, overrides, context: 2048)
        },
        adjust: Nanochat.adjust,
        optimizer: .muon
    )
}

/// What makes a nanochat model of a certain date. What the weights show of it is taken from them; the constants, which
/// checkpoints do not say, from `CheckpointOverrides.nanochatDay` or else from the earliest version that has these weights.
///
/// Source: karpathy/nanochat, nanochat/gpt.py from commit 3a5e0bc (2025-10-13) to 92d63d4 (2026-07-03).
package enum Nanochat {
    /// The operations of October 2025.
    fileprivate static let first: ModelOperations = {
        // The epsilon is PyTorch's default for fp32 and, since 2.7, for bf16 too.
        var operations = ModelOperations(norm: .rmsWithoutWeight, normEpsilon: 0x1p-23, activation: .reluSquared)
        operations.hasEmbeddingNorm = true
        operations.rotary = RotaryEmbedding(pairing: .halvesReversed, isRoundedToBF16: true)
        operations.queryKeyNorm = .init(isWeighted: false, isFirst: false)
        operations.queryKeyGain = 1
        operations.softcap = 15
        return operations
    }()

    /// The constants of nanochat on a day ("2026-01-20"); what the weights themselves show is left alone.
    /// - Parameters:
    ///   - day: The day of the code, `yyyy-mm-dd`.
    ///   - sequence: The run's `sequence_len`, of which the short window is a part.
    /// - Returns: `nil` unless the day reads YYYY-MM-DD and is not before 2025-10-13.
    package static func operations(ofDay day: String, sequence: Int) -> ModelOperations? {
        let parts = day.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.count) == [4, 2, 2], parts.allSatisfy({ $0.allSatisfy(\.isNumber) }), day >= "2025-10-13"
        else { return nil }
        var operations = first
        // From then on only where the run computed in bfloat16.
        operations.rotary?.isRoundedToBF16 = day < "2026-03-04"
        if day >= "2026-01-11" { operations.shortWindow = window(sequence, divisor: 2) }
        if day >= "2026-03-03" { operations.softcap = 20 }
        if day >= "2026-03-09" {
            operations.softcap = 15
            operations.rotary?.base = 100_000
            operations.valueGateFactor = 3
            operations.queryKeyGain = 1.15
            operations.shortWindow = window(sequence, divisor: 3)
        }
        if day >= "2026-03-14" {
            operations.queryKeyGain = 1.2
            operations.shortWindow = window(sequence, divisor: 4)
        }
        return operations
    }

    /// A part of the sequence, rounded up to a multiple of 128 from the third on.
    private static func window(_ sequence: Int, divisor: Int) -> Int {
        let part = max(1, (sequence + divisor - 1) / divisor)
        return divisor == 2 ? sequence / 2 : (part + 127) / 128 * 128
    }

    fileprivate static func adjust(
        _ operations: inout ModelOperations,
        _ tensors: NamedTensors,
        _ overrides: CheckpointOverrides,
        _ sizes: ModelSizes
    ) throws(ReplayError) {
        func columns(_ suffix: String) -> Int {
            let name = tensors.tensors.keys.filter { $0.hasSuffix(suffix) }.min()
            return name.flatMap { tensors.tensors[$0]?.shape.last } ?? 0
        }
        let gate = columns(".attn.ve_gate.weight")
        let day = overrides.nanochatDay ?? firstDay(tensors, gate: gate)
        guard let constants = Self.operations(ofDay: day, sequence: sizes.maximumSequence) else {
            throw .conflictingOption(
                key: "model.version",
                configured: day,
                file: "a day from 2025-10-13 on, as YYYY-MM-DD,",
                path: tensors.path
            )
        }
        operations = constants
        // The embedding is kept in the type that the run computed in.
        if tensors["wte.weight"]?.type == ElementType.bf16.rawValue { operations.rotary?.isRoundedToBF16 = true }
        operations.valueGate = gate
        operations.smearGate = tensors["smear_gate.weight"]?.shape.last ?? 0
        operations.hasBackout = tensors["backout_lambda"] != nil
        operations.hasResidualMix = tensors["resid_lambdas"] != nil
        operations.shortLayers = shortLayers(overrides.windowPattern ?? "L", of: sizes.layers)
        if let softcap = overrides.softcap { operations.softcap = softcap }
        if let gain = overrides.queryKeyGain { operations.queryKeyGain = gain }
        if let base = overrides.ropeBase { operations.rotary?.base = base }
        if let window = overrides.shortWindow { operations.shortWindow = window }
    }

    /// The layers with the short window by a pattern of one letter a layer, repeated. The last layer sees everything.
    private static func shortLayers(_ pattern: String, of layers: Int) -> Set<Int> {
        let letters = Array(pattern.utf8.prefix(32))
        guard !letters.isEmpty, layers > 0 else { return [] }
        let short = [UInt8(ascii: "S"), UInt8(ascii: "s")]
        return Set((0..<layers - 1).filter { short.contains(letters[$0 % letters.count]) })
    }

    /// The day from which on there are weights of these kinds.
    private static func firstDay(_ tensors: NamedTensors, gate: Int) -> String {
        if tensors["smear_gate.weight"] != nil { return "2026-03-14" }
        if gate > 0 { return gate == 32 ? "2026-01-16" : "2026-03-09" }
        return tensors["resid_lambdas"] != nil ? "2026-01-11" : "2025-10-13"
    }
}
