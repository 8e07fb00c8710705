/// What is known of keys of `config.json` in any family.
enum KnownKeys {
    /// Whether a key changes nothing that a replay computes: names, token numbers, how the weights were made, dropout.
    static func isHarmless(_ key: String) -> Bool {
        harmless.contains(key) || key.hasPrefix("_") || key.hasPrefix("summary_") || key.hasPrefix("output_")
            || key.hasSuffix("_token_id") || key.hasSuffix("_token_ids") || key.hasSuffix("dropout")
            || key.hasSuffix("pdrop")
            || key.hasSuffix("dropout_p") || key.hasSuffix("dropout_prob") || key.hasSuffix("dropout_rate")
    }

    /// Whether a key that no family has read is about a part of the model. Names are judged by their words, because new
    /// trainers invent new keys for old parts.
    static func changesMathematics(_ key: String) -> Bool {
        mathematical.contains(key) || words.contains { key.lowercased().contains($0) }
    }

    /// Whether a key is of a factor, a share or a number of parts, of which one is the same as none.
    static func isFactor(_ key: String) -> Bool {
        [
            "multiplier", "scale", "scaling", "factor", "ratio", "pct", "percent", "fraction", "temperature", "expert",
            "group",
        ]
        .contains { key.lowercased().contains($0) }
    }

    private static let harmless: Set<String> = [
        "architectures", "model_type", "transformers_version", "dtype", "torch_dtype", "use_cache", "initializer_range",
        "init_std", "init_device", "initializer_factor", "task_specific_params", "id2label", "label2id", "problem_type",
        "is_decoder", "is_encoder_decoder", "return_dict", "torchscript", "gradient_checkpointing", "use_flash_attn",
        "pretraining_tp", "vocab_file", "tokenizer_class", "finetuning_task", "chunk_size_feed_forward",
        "cross_attention",
        "pruned_heads", "num_labels", "prefix", "name_or_path", "max_length", "use_flash_attention",
        "attn_implementation",
        "reorder_and_upcast_attn", "attention_softmax_in_fp32", "scale_attention_softmax_in_fp32", "n_ctx",
        "rms_norm_scale",
        "fused_rms_norm", "fuse_norm", "fuse_cross_entropy", "fuse_swiglu", "flash_attention",
        "embedding_initializer_range",
        "is_llama_config", "seq_length", "unsloth_version", "unsloth_fixed", "hidden_dropout", "residual_dropout",
        "layerdrop",
        "use_mems", "tf_legacy_loss", "use_bfloat16", "remove_invalid_values", "auto_map", "mup_init", "vocab_parallel",
    ]

    private static let mathematical: Set<String> = [
        "layer_types", "clip_qkv", "quantization_config", "add_cross_attention", "multi_query", "parallel_attn",
        "new_decoder_architecture", "dim_model_base", "is_causal", "attention_layers", "attention_types",
        "encoder_layers",
        "compression_config", "hidden_activation", "hidden_act", "activation_function", "use_parallel_residual",
        "embed_proj",
        "word_embed_proj_dim", "do_layer_norm_before", "ffn_dim", "mlp_type", "mtp_depth",
    ]

    private static let words = [
        "multiplier", "scale", "scaling", "softcap", "rope", "rotary", "window", "expert", "moe", "bias", "norm",
        "alibi",
        "lora", "residual", "attention_multiplier", "temperature", "sparse", "recurrent", "conv", "ssm", "mamba",
        "num_layers",
        "bidirectional", "chunk",
    ]
}
