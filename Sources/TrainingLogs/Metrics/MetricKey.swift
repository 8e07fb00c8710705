import Terms

/// What the name of a metric means, whatever the trainer calls it. Used for CSV columns, JSON keys, TensorBoard tags and
/// `key: value` lines.
struct MetricKey: Equatable {
    enum Kind {
        case step, totalSteps, epoch, train, validation, learningRate, gradientNorm, lossScale
        /// A series beside these, of ``series``.
        case series
        /// A key that only a summary of the whole run has.
        case summary
        /// A key that only reinforcement learning prints: what is called loss beside it is the objective of a policy.
        case reward
    }

    var kind: Kind
    /// Of several names of one kind in a record the one with the lowest rank is taken.
    var rank: Int
    var unit: LossUnit = .nats
    /// Tells names of one rank apart (the several validation sets of one run).
    var hash: UInt64 = 0
    /// What values of this name are divided by: 1000 for `lr(1e-3)`, whose values count thousandths.
    var unitDivisor = 1.0
    /// The series it is; of a learning rate or gradient norm that of the group it names.
    var series: SeriesName?
    /// What the value is multiplied by to be in the unit of the series.
    var scale = 1.0

    /// Reads a name; an optional `parent` is the object it stands in (`{"val": {"loss": 3.1}}`).
    static func named(_ name: UnsafeRawBufferPointer, parent: UnsafeRawBufferPointer? = nil) -> MetricKey? {
        if let parent {
            var hash = Hash()
            hash.add(parent)
            hash.separate()
            hash.add(name)
            if let known = lookUp(hash) { return known }
        }
        var hash = Hash()
        hash.add(name)
        return lookUp(hash) ?? setName(name, hash) ?? scaledName(name, parent: parent) ?? groupName(name, hash)
    }

    /// `train/lr(1e-3)`: a name and the power of ten its values are multiples of.
    private static func scaledName(_ name: UnsafeRawBufferPointer, parent: UnsafeRawBufferPointer?) -> MetricKey? {
        guard name.last == 0x29, let open = name.lastIndex(of: 0x28), open > 0 else { return nil }
        var cursor = ByteCursor(name, position: open + 1)
        let hasSign = cursor.take("x") || cursor.take("*") || cursor.take("\u{D7}")
        if hasSign { cursor.skipSpaces() }
        guard cursor.current == 0x31 || cursor.current == 0x65 else { return nil }  // "(1e-3)", "(e-3)"
        _ = cursor.take(0x31)
        guard cursor.take("e-"), let exponent = cursor.integer(), (1...12).contains(exponent),
            cursor.position == name.count - 1
        else { return nil }
        guard var key = named(UnsafeRawBufferPointer(rebasing: name[..<open]), parent: parent) else { return nil }
        key.unitDivisor = (0..<exponent).reduce(1.0) { power, _ in power * 10 }
        return key
    }

    /// A name of a part of the model. Where no part is named, it is the series of the run under another name.
    private static func groupName(_ name: UnsafeRawBufferPointer, _ hash: Hash) -> MetricKey? {
        guard let series = SeriesGroups.named(name) else { return nil }
        let kind: Kind =
            switch (series.kind, series.group) {
            case (.gradientNorm, nil): .gradientNorm
            case (.learningRate, nil): .learningRate
            default: .series
            }
        return MetricKey(kind: kind, rank: 60, hash: hash.value, series: series)
    }

    private static func lookUp(_ hash: Hash) -> MetricKey? {
        guard var key = names[hash.value] else { return nil }
        key.hash = hash.value
        return key
    }

    /// `eval_<set>_loss`, `val/<set>/loss`: the loss on one of several validation sets.
    private static func setName(_ name: UnsafeRawBufferPointer, _ hash: Hash) -> MetricKey? {
        var cursor = ByteCursor(name)
        guard cursor.take("eval") || cursor.take("valid") || cursor.take("val"),
            [0x5F, 0x2F, 0x2D].contains(cursor.current)
        else { return nil }
        cursor.position = name.count - 4
        guard cursor.position > 5, cursor.sees("loss"), [0x5F, 0x2F, 0x2D].contains(cursor.peek(-1)) else { return nil }
        return MetricKey(kind: .validation, rank: 40, hash: hash.value)
    }

    /// FNV-1a of a name with letters lowered and any run of punctuation and spaces as one underscore.
    struct Hash {
        var value: UInt64 = 0xCBF2_9CE4_8422_2325
        private var gap = false
        private var isEmpty = true

        mutating func add(_ name: UnsafeRawBufferPointer) {
            for byte in name.prefix(96) {
                if byte.isLetter || byte.isDigit || byte >= 0x80 {
                    if gap, !isEmpty { mix(0x5F) }
                    gap = false
                    isEmpty = false
                    mix(byte.lowercased)
                } else {
                    gap = true
                }
            }
        }

        mutating func separate() { gap = true }

        private mutating func mix(_ byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }
    }

    private static let names: [UInt64: MetricKey] = {
        var result: [UInt64: MetricKey] = [:]
        for (kind, list) in vocabulary {
            for (rank, name) in list.enumerated() {
                var hash = Hash()
                name.utf8Bytes { hash.add($0) }
                let isPerplexity = name.hasSuffix("ppl") || name.hasSuffix("perplexity")
                let unit: LossUnit = name.hasSuffix("bpb") ? .bitsPerByte : isPerplexity ? .perplexity : .nats
                var key = MetricKey(kind: kind, rank: rank, unit: unit)
                if kind == .learningRate { key.series = name.utf8Bytes { SeriesGroups.named($0) } }
                result[hash.value] = key
            }
        }
        for (rank, entry) in SeriesVocabulary.entries.enumerated() {
            for (place, name) in entry.names.enumerated() {
                for (unit, scale) in [("", entry.scale)] + (SeriesVocabulary.units[entry.kind.unit] ?? []) {
                    var hash = Hash()
                    name.utf8Bytes { hash.add($0) }
                    hash.separate()
                    unit.utf8Bytes { hash.add($0) }
                    if let known = result[hash.value] {
                        // A reward says what the loss beside it is, and is a series too.
                        if known.kind == .reward { result[hash.value]?.series = SeriesName(entry.kind) }
                        continue
                    }
                    var key = MetricKey(kind: .series, rank: rank * 100 + place)
                    key.series = SeriesName(entry.kind)
                    key.scale = scale
                    result[hash.value] = key
                }
            }
        }
        return result
    }()

    /// The names by meaning, best first.
    private static let vocabulary: [(Kind, [String])] = [
        (
            .step,
            [
                "train_global_step", "trainer_global_step", "global_step", "global_step_max_steps", "step", "steps",
                "current_steps",
                "current_step",
                "iteration", "iterations", "iter", "iter_num", "train_step", "train_iteration", "num_updates",
                "train_num_updates", "valid_num_updates", "update",
                "updates", "optimizer_step", "opt_step", "step_num", "global_steps", "it", "batch", "samples_count",
            ]
        ),
        (.totalSteps, ["total_steps", "max_steps", "total_iters", "max_iters", "train_iters", "num_steps"]),
        (.epoch, ["epoch", "epochs", "train_epoch", "epoch_num", "ep"]),
        (
            .train,
            [
                // The language model's own loss before what is minimised, which may hold auxiliary losses.
                "metrics_train_languagecrossentropy", "train_lm_loss", "lm_loss", "learning_lm_loss", "main_model_loss",
                "train_ce_loss", "train_crossentropyloss", "train_cross_entropy", "ce_loss", "cross_entropy",
                "cross_entropy_loss", "logits_loss",
                "train_loss_step", "train_step_loss", "train_loss", "training_loss", "loss_train",
                "loss", "learning_loss", "loss_train_total", "reduced_train_loss",
                "loss_metrics_global_avg_loss", "global_avg_loss",
                "train_inner_loss", "batch_loss", "step_loss", "avg_loss", "average_loss", "mean_loss", "running_loss",
                "total_loss", "train_total_loss", "trl", "train_nll", "nll", "train_loss_epoch", "train_epoch_loss",
                "losses_train",
                "train_batch_loss", "train_avg_loss", "tr_loss", "trainloss", "train_xent", "xent",
                // For want of a loss; turned into nats.
                "train_ppl", "train_perplexity", "ppl", "perplexity",
            ]
        ),
        (
            .validation,
            [
                "val_loss", "valid_loss", "validation_loss", "eval_loss", "loss_val", "loss_valid", "loss_validation",
                "loss_eval", "val_lm_loss", "lm_loss_validation", "dev_loss", "val_ce_loss", "eval_ce_loss",
                "val_loss_epoch", "validation_loss_epoch", "eval_epoch_loss", "eval_lm_loss", "test_loss", "loss_test",
                "losses_val",
                "tel", "validloss", "valloss", "metrics_eval_languagecrossentropy",
                "validation_lm_loss", "valid_lm_loss", "validation_metrics_loss", "val_bpb", "validation_bpb",
                "eval_bpb",
                "val_ppl", "val_perplexity", "valid_ppl", "validation_perplexity", "eval_ppl", "eval_perplexity",
            ]
        ),
        (
            .learningRate,
            [
                "lr", "learning_rate", "train_lr", "train_learning_rate", "optim_lr", "optim_learning_rate_group0",
                "optim_lr_group_0", "lr_adam", "lr_group_0", "lr_pg1", "lr_adamw", "opt_lr", "last_lr", "current_lr",
            ]
        ),
        (
            .gradientNorm,
            [
                "grad_norm", "gradient_norm", "train_grad_norm", "train_gradient_norm", "grad_norm_step",
                "total_grad_norm",
                "optim_total_grad_norm", "global_grad_norm", "gradnorm", "gnorm", "norm", "train_gnorm",
                "grad_norm_total",
                "gradients_norm", "total_norm",
            ]
        ),
        (.lossScale, ["loss_scale", "grad_scale", "train_loss_scale", "lossscale"]),
        (
            .reward,
            [
                "reward", "rewards", "reward_mean", "rewards_mean", "mean_reward", "avg_reward", "average_reward",
                "train_reward",
                "critic_rewards_mean", "critic_score_mean", "objective_rlhf_reward", "env_reward_mean", "reward_std",
            ]
        ),
        (
            .summary,
            [
                "train_runtime", "train_samples_per_second", "train_steps_per_second", "init_mem_cpu_alloc_delta",
                "wandb_runtime",
            ]
        ),
    ]
}

extension String {
    /// Hands over the bytes of the text.
    func utf8Bytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        Array(utf8).withUnsafeBytes(body)
    }
}
