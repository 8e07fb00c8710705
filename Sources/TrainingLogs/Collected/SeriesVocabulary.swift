/// The names under which trainers print what ``SeriesKind`` lists, best first, with punctuation as underscores (see
/// ``MetricKey/Hash``). A unit may follow: `step_time_ms`, `memory/max_active(GiB)`.
enum SeriesVocabulary {
    struct Entry {
        var kind: SeriesKind
        /// What a value without a unit in its name is multiplied by.
        var scale = 1.0
        var names: [String]
    }

    static let milli = 1e-3
    static let mebi = 1_048_576.0
    static let gibi = 1_073_741_824.0

    /// The units that names and values end in, by what they measure.
    static let units: [SeriesUnit: [(name: String, scale: Double)]] = [
        .seconds: [
            ("s", 1), ("sec", 1), ("secs", 1), ("seconds", 1), ("in_s", 1), ("ms", milli), ("us", 1e-6), ("min", 60),
        ],
        .bytes: [
            ("bytes", 1), ("b", 1), ("kb", 1024), ("mb", mebi), ("mib", mebi), ("gb", gibi), ("gib", gibi), ("m", mebi),
            ("g", gibi),
        ],
        .flopsPerSecond: [
            ("tflops", 1e12), ("tflop_s", 1e12), ("tflop_s_gpu", 1e12), ("tflops_s", 1e12), ("gflops", 1e9),
            ("pflops", 1e15),
        ],
    ]

    static let entries: [Entry] = [
        Entry(
            kind: .stepTime,
            names: [
                "step_time", "step_time_seconds", "perf_step_time_seconds", "time_per_step", "perf_time_per_step",
                "timing_s_step", "time_metrics_end_to_end", "train_step_timing", "train_step_timing_in_s", "seconds",
                "iteration_time", "iter_time", "runtime_iteration_time", "train_dt", "dt", "throughput_duration",
                "train_step_time", "time_step", "elapsed_time_per_iteration", "train_speed_s_it", "s_it",
                "step_duration",
                "seconds_per_step", "sec_per_step", "batch_time", "step_seconds", "time_per_iteration",
                "perf_step_time",
            ]
        ),
        // Megatron's, nanoGPT's and litgpt's lines have their unit behind the number or in the name.
        Entry(kind: .stepTime, scale: milli, names: ["elapsed_ms", "step_ms", "ms_batch", "ms_per_step", "iter_ms"]),
        Entry(
            kind: .dataTime,
            names: [
                "data_time", "time_metrics_data_loading", "throughput_device_data_loading", "data_loading_time",
                "data_load_time", "dataloader_time", "batch_generator_time", "data", "throughput_loading_time",
                "timing_s_gen_data",
            ]
        ),
        Entry(
            kind: .tokensPerSecond,
            names: [
                "tokens_per_second", "tokens_per_sec", "tok_sec", "tok_s", "tok_per_sec", "train_tok_per_sec", "tps",
                "throughput_tps", "throughput_tokens_per_sec", "throughput_tokens_per_second",
                "throughput_device_tokens_per_sec", "throughput_device_tokens_per_second", "throughput_device_tps",
                "tokens_per_sec_per_gpu", "tokens_per_second_per_gpu", "tokens_sec", "tokens_s", "tokens_s_device",
                "wps",
                "train_wps",
                "perf_per_device_tokens_per_sec", "tokens_per_gpu_per_second_tgs", "tokens_per_gpu_per_second",
                "perf_throughput", "tokens_train_per_sec_per_gpu", "train_tokens_per_second", "toks_per_sec",
                "trained_tokens_per_second", "tgs", "tokens_per_second_train", "train_tokens_per_sec", "token_per_sec",
                "train_tps", "tokens_sec_gpu", "tok_s_gpu",
            ]
        ),
        Entry(
            kind: .samplesPerSecond,
            names: [
                "samples_per_second", "samples_per_sec", "samples_sec", "runtime_samples_per_sec", "currsamplespersec",
                "throughput_samples_per_sec", "throughput_batches_per_sec", "sequences_per_second",
                "examples_per_second", "throughput_examples_per_second",
            ]
        ),
        Entry(
            kind: .deviceFlops,
            scale: 1e12,
            names: [
                "tflops", "throughput_per_gpu", "throughput_per_gpu_tflop_s_gpu", "tflop_s_device", "tflop_s",
                "model_tflops_per_gpu", "tflops_per_gpu", "perf_per_device_tflops_per_sec", "approx_flops_per_gpu",
                "throughput_tflops", "achieved_tflops", "tflops_s_gpu", "throughput_device_tflops", "gpu_tflops",
            ]
        ),
        Entry(kind: .deviceFlops, names: ["runtime_flops_per_sec_per_gpu", "throughput_device_flops_per_sec"]),
        Entry(
            kind: .mfu,
            names: [
                "mfu", "bf16_mfu", "train_mfu", "throughput_device_mfu", "throughput_mfu", "perf_mfu_actor",
                "mfu_actor",
                "perf_mfu", "model_flops_utilization", "train_bf16_mfu", "running_mfu",
                "throughput_device_mfu_actual_avg",
            ]
        ),
        Entry(
            kind: .deviceMemory,
            scale: gibi,
            names: [
                "memory_max_active", "peak_memory_active", "peak_memory_alloc", "memory_peak_allocated_mem",
                "memory_max_allocated", "perf_max_memory_allocated", "max_memory_allocated", "peak_memory",
                "maxmemallocated", "system_gpu_active_mem", "memory_current_allocated_mem", "memory_allocated",
                "peak_mem", "max_mem", "gpu_memory", "memory", "mem", "memallocated", "gpu_mem", "max_memory",
                "peak_gpu_memory", "gpu_mem_allocated",
            ]
        ),
        Entry(
            kind: .deviceMemory,
            scale: mebi,
            names: [
                "system_peak_gpu_memory", "max_allocated", "allocated", "peak_memory_usage", "peak_memory_usage_mib",
                "max_mem_allocated",
            ]
        ),
        Entry(
            kind: .deviceMemory,
            scale: 1,
            names: [
                "mem_max_allocated_bytes", "mem_allocated_bytes", "cuda_memory_allocated", "cuda_max_memory_allocated",
                "system_gpu_0_memoryallocatedbytes",
            ]
        ),
        Entry(
            kind: .reservedMemory,
            scale: gibi,
            names: [
                "memory_max_reserved", "peak_memory_reserved", "perf_max_memory_reserved", "memory_device_reserved",
                "system_gpu_reserved_mem", "memory_current_reserved_mem", "memory_peak_reserved_mem", "memory_reserved",
            ]
        ),
        Entry(kind: .reservedMemory, scale: mebi, names: ["max_reserved", "reserved"]),
        Entry(
            kind: .reservedMemory,
            names: ["mem_reserved_bytes", "cuda_max_memory_reserved", "cuda_memory_reserved"]
        ),
        Entry(
            kind: .hostMemory,
            scale: gibi,
            names: [
                "perf_cpu_memory_used", "cpu_memory", "host_memory", "ram", "ram_used", "cpu_mem", "cpu_memory_used",
                "rss",
            ]
        ),
        Entry(kind: .hostMemory, scale: mebi, names: ["system_proc_memory_rssmb", "memory_rss", "cpu_rss"]),
        Entry(
            kind: .zLoss,
            names: [
                "z_loss", "zloss", "train_z_loss", "train_zloss", "learning_z_loss", "output_z_loss", "router_z_loss",
                "moe_z_loss", "train_router_z_loss", "loss_z",
            ]
        ),
        Entry(
            kind: .attentionLogit,
            names: [
                "max_attention_logit", "max_attention_logits", "max_attn_logit", "max_attn_logits", "attn_logits_max",
                "attention_logits_max", "attn_logit_max", "max_logit", "max_logits", "logit_max", "logits_max",
                "qk_max_logits", "max_qk_logit", "train_max_attn_logit", "actor_max_attn_logits",
            ]
        ),
        Entry(
            kind: .balanceLoss,
            names: [
                "load_balancing_loss", "moe_load_balancing_loss", "train_load_balancing_loss", "load_balance_loss",
                "learning_moe_lb_loss", "lb_loss", "lbl", "loss_train_lbl", "router_aux_loss", "moe_aux_loss",
                "train_lb_loss", "global_load_balancing_loss", "seq_load_balancing_loss", "balance_loss", "aux_loss",
                "train_aux_loss", "moe_loss",
            ]
        ),
        Entry(
            kind: .loadImbalance,
            names: ["load_imbalance", "train_load_imbalance", "max_vio", "maxvio", "moe_max_vio", "max_violation"]
        ),
        Entry(
            kind: .droppedTokens,
            names: [
                "dropped_tokens", "drop_rate", "token_drop_rate", "moe_drop_rate", "dropped_token_fraction",
                "moe_dropped_tokens", "tokens_dropped", "dropped_fraction",
            ]
        ),
        Entry(
            kind: .auxiliaryLoss,
            names: [
                "mtp_loss", "mtp_1_loss", "auxiliary_loss", "kl_loss", "actor_kl_loss", "distill_loss",
                "critic_vf_loss", "actor_pg_loss",
            ]
        ),
        Entry(
            kind: .parameterNorm,
            names: [
                "params_norm", "param_norm", "parameter_norm", "learning_param_norm", "weight_norm",
                "params_norm_total",
            ]
        ),
        Entry(kind: .updateNorm, names: ["update_norm", "updates_norm", "update_norm_total", "updates_norm_total"]),
        Entry(kind: .zeroGradients, names: ["num_zeros", "zero_gradients"]),
        Entry(
            kind: .tokensSeen,
            names: [
                "tokens_seen", "consumed_tokens", "n_tokens_seen", "throughput_total_tokens", "total_tokens",
                "num_tokens",
                "num_input_tokens_seen", "tokens", "time_token", "time_tokens", "trained_tokens",
                "perf_total_num_tokens_seen",
                "train_tokens_seen", "ntokens", "tokens_trainable",
            ]
        ),
        Entry(kind: .samplesSeen, names: ["consumed_samples", "samples_seen", "time_sample", "time_samples"]),
        Entry(kind: .batchRows, names: ["global_batch_size", "batch_size", "bsz", "train_batch_size"]),
        Entry(kind: .batchTokens, names: ["wpb", "perf_total_num_tokens", "tokens_per_batch", "batch_tokens"]),
        Entry(
            kind: .reward,
            names: [
                "reward", "rewards", "mean_reward", "reward_mean", "critic_rewards_mean", "train_reward",
                "rewards_mean",
            ]
        ),
        Entry(
            kind: .divergence,
            names: ["kl", "kl_divergence", "actor_kl", "approx_kl", "actor_ppo_kl", "objective_kl"]
        ),
        Entry(
            kind: .entropy,
            names: ["entropy", "actor_entropy", "actor_entropy_loss", "policy_entropy", "entropy_loss"]
        ),
        Entry(
            kind: .responseLength,
            names: ["response_length", "response_length_mean", "completion_length", "completions_mean_length"]
        ),
    ]
}
