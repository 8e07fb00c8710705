import Testing
import TrainingLogs

@Suite("Names of series")
struct SeriesNameTests {
    @Test(
        "names of trainers mean the series they print",
        arguments: [
            ("iteration-time", SeriesKind.stepTime, 1.0), ("elapsed time per iteration (ms)", .stepTime, 1e-3),
            ("perf/step_time_seconds", .stepTime, 1), ("time_metrics/end_to_end(s)", .stepTime, 1),
            ("train/dt", .stepTime, 1), ("throughput(tps)", .tokensPerSecond, 1), ("tok/sec", .tokensPerSecond, 1),
            ("throughput/device/TPS", .tokensPerSecond, 1), ("Tokens/s/device", .tokensPerSecond, 1),
            ("throughput per GPU (TFLOP/s/GPU)", .deviceFlops, 1e12), ("TFLOP/s/device", .deviceFlops, 1e12),
            ("mfu(%)", .mfu, 1), ("bf16_mfu", .mfu, 1), ("memory/max_active(GiB)", .deviceMemory, 1_073_741_824),
            ("mem-max-allocated-bytes", .deviceMemory, 1), ("MaxMemAllocated", .deviceMemory, 1_073_741_824),
            ("System/Peak GPU Memory (MB)", .deviceMemory, 1_048_576),
            ("perf/cpu_memory_used_gb", .hostMemory, 1_073_741_824),
            ("train/Z loss", .zLoss, 1), ("load_balancing_loss", .balanceLoss, 1),
            ("max attention logit", .attentionLogit, 1),
            ("params norm", .parameterNorm, 1), ("critic/rewards/mean", .reward, 1), ("n_tokens_seen", .tokensSeen, 1),
        ]
    )
    func known(name: String, kind: SeriesKind, scale: Double) throws {
        let key = try #require(SeriesName.named(name))
        #expect(key.series == SeriesName(kind))
        #expect(key.scale == scale)
    }

    @Test(
        "a name of a part of the model keeps the part as its group",
        arguments: [
            ("grad_norm/layers.3.attn", SeriesKind.gradientNorm, "layers.3.attn"),
            ("train/grad_norm/wte", .gradientNorm, "wte"), ("l2_norm/update/blocks.0.w", .updateNorm, "blocks.0.w"),
            ("grad/transformer.wte.weight.norm", .gradientNorm, "transformer.wte.weight"),
            ("params/norm/head", .parameterNorm, "head"), ("lr-AdamW/group1", .learningRate, "AdamW/group1"),
            ("rewards/format_reward/mean", .reward, "format_reward/mean"),
            ("layer_3/max_attn_logit", .attentionLogit, "layer_3"),
        ]
    )
    func groups(name: String, kind: SeriesKind, group: String) {
        #expect(SeriesName.named(name)?.series == SeriesName(kind, group: group))
    }

    @Test(
        "an evaluation's and an unknown name are no series",
        arguments: [
            "eval/rewards/margins", "val_grad_norm_x", "learned", "normal", "reward_std", "loss_fn", "colour",
        ]
    )
    func strangers(name: String) { #expect(SeriesName.named(name)?.series == nil) }
}
