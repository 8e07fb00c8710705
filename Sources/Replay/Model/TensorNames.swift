/// The names that each family's files give to the tensors.
enum TensorNames {
    static func name(_ plain: String, layer: Int?, architecture: TransformerDescription.Architecture) -> String {
        switch architecture {
        case .gpt2:
            return layer.map { "h.\($0).\(plain)" } ?? plain
        case .llama:
            let own = llama[plain] ?? plain
            return layer.map { "model.layers.\($0).\(own)" } ?? own
        case .nanochat:
            if let layer, plain == "value_embeds.weight" { return "value_embeds.\(layer).weight" }
            if plain == "wte.weight" { return "transformer.wte.weight" }
            return layer.map { "transformer.h.\($0).\(plain)" } ?? plain
        }
    }

    private static let llama: [String: String] = [
        "wte.weight": "model.embed_tokens.weight", "ln_1.weight": "input_layernorm.weight",
        "attn.c_q.weight": "self_attn.q_proj.weight", "attn.c_k.weight": "self_attn.k_proj.weight",
        "attn.c_v.weight": "self_attn.v_proj.weight", "attn.c_proj.weight": "self_attn.o_proj.weight",
        "ln_2.weight": "post_attention_layernorm.weight", "mlp.c_fc.weight": "mlp.up_proj.weight",
        "mlp.c_fc2.weight": "mlp.gate_proj.weight", "mlp.c_proj.weight": "mlp.down_proj.weight",
        "ln_f.weight": "model.norm.weight",
    ]
}
