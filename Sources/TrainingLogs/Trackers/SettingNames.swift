/// The names that trainers have for the settings of `audit.yaml`.
///
/// Names whose meaning differs between trainers are left out: `max_length` is a limit of generation in one and the row of the
/// loader in another.
enum SettingNames {
    /// What a name means and how much it is preferred over others of the same setting: 0 is best.
    struct Meaning {
        var setting: RecordedSetting.Key
        var rank: Int
    }

    /// The meaning of the last part of a name, `learning_rate` of `optimizer.learning_rate`.
    static func meaning(of name: String) -> Meaning? { meanings[normalised(name)] }

    private static func normalised(_ name: String) -> String {
        name.lowercased().replacing("-", with: "_")
    }

    private static let meanings: [String: Meaning] = {
        var result: [String: Meaning] = [:]
        for (setting, names) in names {
            for (rank, name) in names.enumerated() { result[name] = Meaning(setting: setting, rank: rank) }
        }
        return result
    }()

    private static let names: [(RecordedSetting.Key, [String])] = [
        (
            .batch,
            [
                "per_device_train_batch_size", "micro_batch_size", "device_batch_size", "microbatch_size",
                "train_micro_batch_size_per_gpu", "device_train_microbatch_size", "local_batch_size", "batch_size",
            ]
        ),
        (
            .sequence,
            [
                "block_size", "seq_len", "seq_length", "sequence_length", "max_seq_len", "max_seq_length",
                "context_length", "ctx_len", "train_seq_len",
            ]
        ),
        (
            .accumulation,
            [
                "gradient_accumulation_steps", "grad_accum_steps", "accumulate_grad_batches",
                "grad_accumulation_steps", "gradient_accumulation_iters", "accumulation_steps",
            ]
        ),
        (.worldSize, ["ddp_world_size", "data_parallel_size", "dp_world_size", "world_size"]),
        (.seed, ["data_seed", "seed"]),
        (
            .steps,
            [
                "max_steps", "max_iters", "train_iters", "total_iters", "num_iterations", "num_train_steps",
                "max_train_steps", "total_steps", "training_steps", "train_steps",
            ]
        ),
        (.precision, ["precision", "mixed_precision", "dtype", "bf16", "fp16", "torch_dtype"]),
        (.optimizer, ["optim", "optimizer", "optimizer_name", "optimizer_type"]),
        (
            .gradientClip,
            [
                "max_grad_norm", "grad_clip", "gradient_clip_val", "clip_grad", "clip_grad_norm", "gradient_clipping",
                "grad_clip_norm", "grad_norm_clip",
            ]
        ),
        (.weightDecay, ["weight_decay", "wd"]),
        (.schedule, ["lr_scheduler_type", "lr_scheduler", "lr_schedule", "lr_decay_style", "scheduler"]),
        (.peakLearningRate, ["learning_rate", "max_lr", "peak_lr", "max_learning_rate", "lr"]),
        (.floorLearningRate, ["min_lr", "min_learning_rate", "lr_min", "final_lr"]),
        (
            .warmupSteps,
            [
                "warmup_steps", "warmup_iters", "num_warmup_steps", "lr_warmup_iters", "lr_warmup_steps",
                "warmup_iterations",
            ]
        ),
        (.vocabulary, ["padded_vocab_size", "vocab_size", "n_vocab"]),
    ]
}

extension RecordedSetting {
    /// A value as it stands in a configuration as the value of a setting; nil where it means "not set" or nothing known.
    /// - Parameters:
    ///   - text: the value, without quotes.
    ///   - name: its name there.
    static func value(_ text: String, name: String, of key: Key) -> Value? {
        switch key {
        case .precision: precision(text, name: name).map(Value.word)
        case .optimizer: optimizer(text).map(Value.word)
        case .schedule: schedule(text).map(Value.word)
        default: number(text, of: key).map(Value.number)
        }
    }

    private static func number(_ text: String, of key: Key) -> Double? {
        guard text.utf8.count < 40, let number = Double(text), number.isFinite else { return nil }
        switch key {
        case .gradientClip, .weightDecay: return number >= 0 ? number : nil
        case .peakLearningRate: return number > 0 ? number : nil
        case .floorLearningRate: return number >= 0 ? number : nil
        // -1 means that epochs are counted; a share of the run is no number of steps.
        case .seed, .warmupSteps: return number >= 0 && number < 0x1p40 ? Int(exactly: number).map { Double($0) } : nil
        default: return number >= 1 && number < 0x1p40 ? Int(exactly: number).map { Double($0) } : nil
        }
    }

    private static func precision(_ text: String, name: String) -> String? {
        let text = text.lowercased()
        let isSwitch = name.lowercased().hasSuffix("bf16") || name.lowercased().hasSuffix("fp16")
        if isSwitch { return text == "true" ? String(name.lowercased().suffix(4)) : nil }
        if text.contains("bf16") || text.contains("bfloat16") { return "bf16" }
        if text.contains("fp16") || text.contains("float16") || text.hasPrefix("16") { return "fp16" }
        return text.contains("fp32") || text.contains("float32") || text.hasPrefix("32") || text == "no" ? "fp32" : nil
    }

    private static func optimizer(_ text: String) -> String? {
        let known = ["adamw", "adam", "adafactor", "sgd", "lion", "muon", "sophia", "shampoo", "rmsprop", "adagrad"]
        let text = text.lowercased()
        return known.first { text.contains($0) }
    }

    private static func schedule(_ text: String) -> String? {
        let text = text.lowercased().replacing("-", with: "_")
        if text.contains("warmup_stable") || text == "wsd" { return "warmup-stable-decay" }
        // Restarts are another shape.
        if text.contains("cosine"), !text.contains("restart") { return "warmup-cosine" }
        if text.contains("constant") { return "constant" }
        if text.contains("linear") { return "linear" }
        return text == "step" || text == "multistep" ? "step" : nil
    }
}
