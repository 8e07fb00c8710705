// Llama and its relatives under the names of other trainers than Hugging Face's.
extension ModelArchitecture {
    /// Llama in Meta's own files and torchtitan's, which turn neighbouring channels.
    public static let llamaMeta: ModelArchitecture = {
        var model = HuggingFaceFamilies.likeLlama(
            "llama-meta",
            "Llama in Meta's and torchtitan's layout",
            HuggingFaceReading(types: []),
            names: .llama(
                [
                    "wte": "tok_embeddings", "ln_1": "attention_norm", "attn.c_q": "attention.wq",
                    "attn.c_k": "attention.wk", "attn.c_v": "attention.wv", "attn.c_proj": "attention.wo",
                    "ln_2": "ffn_norm", "mlp.c_fc2": "feed_forward.w1", "mlp.c_fc": "feed_forward.w3",
                    "mlp.c_proj": "feed_forward.w2", "ln_f": "norm", "lm_head": "output",
                ],
                layer: "layers.*."
            )
        ) {
            $0.rotary?.pairing = .adjacent
        }
        model.signs = [.suffix(".attention.wq.weight")]
        model.names.buffers = ["rope.freqs", "freqs_cis", ".inner_attention.rope.freqs"]
        model.configuration = nil
        return model
    }()

    /// litgpt's models with a plain MLP.
    public static let litgpt = litgpt(["mlp.c_fc": "mlp.fc"]) {
        $0.isGated = false
        $0.activation = .gelu
    }

    /// litgpt's models with a gated MLP.
    static let litgptGated = litgpt(["mlp.c_fc2": "mlp.fc_1", "mlp.c_fc": "mlp.fc_2"]) { _ in }

    private static func litgpt(
        _ own: [String: String],
        _ change: (inout ModelOperations) -> Void
    ) -> ModelArchitecture {
        let common = [
            "wte": "transformer.wte", "ln_1": "norm_1", "attn.c_attn": "attn.qkv", "attn.c_proj": "attn.proj",
            "attn.q_norm": "attn.norm_q", "attn.k_norm": "attn.norm_k", "attn.post_norm": "post_attention_norm",
            "ln_2": "norm_2", "mlp.c_proj": "mlp.proj", "mlp.post_norm": "post_mlp_norm", "ln_f": "transformer.ln_f",
        ]
        var model = HuggingFaceFamilies.likeLlama(
            "litgpt",
            "litgpt",
            HuggingFaceReading(types: []),
            names: .llama(
                common.merging(own) { first, _ in first },
                attention: .fused,
                layer: "transformer.h.*."
            ),
            change
        )
        model.configuration = nil
        return model
    }
}
