import Terms

/// A name in a trainer's dump of its settings, and what it means there.
struct DumpKey: Sendable {
    /// How name and value stand.
    enum Form: Sendable {
        /// `name ....... 4`, as Megatron-LM, GPT-NeoX and DeepSpeed print them.
        case dots
        /// `name: 4`, `'name': 4`, `name=4`: YAML, JSON, TOML, a printed dictionary or data class.
        case pair
        /// `name : int = 4`: the source of a trainer that prints itself.
        case annotated
    }

    var name: String
    var quantity: Quantity
    var form = Form.pair
    /// The section in which it must stand; nil where the name has one meaning.
    var section: String?
    var authority = SettingsLedger.Authority.dump
    /// The formats whose trainers print it; empty where no other means something else by it.
    var formats: [String] = []
}

extension DumpKey {
    /// The keys of all trainers.
    static let all: [DumpKey] =
        megatron + litGPT + torchTitan + olmo + nanotron + composer + moddedNanoGPT + trainingArguments

    /// Megatron-LM and its forks; GPT-NeoX and DeepSpeed, whoever trains with it.
    private static let megatron: [DumpKey] = [
        .init(name: "micro_batch_size", quantity: .batch, form: .dots),
        .init(name: "global_batch_size", quantity: .rows, form: .dots),
        .init(name: "seq_length", quantity: .sequence, form: .dots),
        .init(name: "data_parallel_size", quantity: .worldSize, form: .dots),
        .init(name: "train_batch_size", quantity: .rows, form: .dots),
        .init(name: "train_micro_batch_size_per_gpu", quantity: .batch, form: .dots),
        .init(name: "gradient_accumulation_steps", quantity: .accumulation, form: .dots),
    ]

    /// litgpt prints its arguments as a dictionary; rows are as long as the model's block where no length is given.
    private static let litGPT: [DumpKey] = [
        .init(name: "micro_batch_size", quantity: .batch, formats: ["litgpt"]),
        .init(name: "global_batch_size", quantity: .rows, formats: ["litgpt"]),
        .init(name: "max_seq_length", quantity: .sequence, formats: ["litgpt"]),
        .init(name: "block_size", quantity: .sequence, authority: .fallback, formats: ["litgpt"]),
        .init(name: "devices", quantity: .devices, formats: ["litgpt"]),
        .init(name: "num_nodes", quantity: .nodes, formats: ["litgpt"]),
    ]

    /// torchtitan's arguments as a dictionary or JSON, or its TOML file; a validation has a batch of its own.
    private static let torchTitan: [DumpKey] = [
        .init(name: "local_batch_size", quantity: .batch, section: "training", formats: ["torchtitan"]),
        .init(name: "batch_size", quantity: .batch, section: "training", formats: ["torchtitan"]),
        .init(name: "global_batch_size", quantity: .rows, section: "training", formats: ["torchtitan"]),
        .init(name: "seq_len", quantity: .sequence, section: "training", formats: ["torchtitan"]),
    ]

    /// OLMo's YAML, and OLMo-core's JSON, which counts batches in tokens.
    private static let olmo: [DumpKey] = [
        .init(name: "global_train_batch_size", quantity: .rows, formats: ["olmo"]),
        .init(name: "device_train_batch_size", quantity: .rowsPerRank, formats: ["olmo"]),
        .init(name: "device_train_microbatch_size", quantity: .batch, formats: ["olmo"]),
        .init(name: "max_sequence_length", quantity: .sequence, section: "model", formats: ["olmo"]),
        .init(name: "global_batch_size", quantity: .tokens, section: "data_loader", formats: ["olmo"]),
        .init(name: "rank_microbatch_size", quantity: .tokensPerMicroBatch, section: "train_module", formats: ["olmo"]),
        .init(name: "sequence_length", quantity: .sequence, section: "dataset", formats: ["olmo"]),
    ]

    /// nanotron's configuration as data classes.
    private static let nanotron: [DumpKey] = [
        .init(name: "micro_batch_size", quantity: .batch, section: "tokens", formats: ["nanotron"]),
        .init(name: "batch_accumulation_per_replica", quantity: .accumulation, formats: ["nanotron"]),
        .init(name: "sequence_length", quantity: .sequence, section: "tokens", formats: ["nanotron"]),
        .init(name: "dp", quantity: .worldSize, section: "parallelism", formats: ["nanotron"]),
    ]

    /// Composer and llm-foundry print the YAML; whatever format its blocks of metrics are read as.
    private static let composer: [DumpKey] = [
        .init(name: "global_train_batch_size", quantity: .rows, formats: ["composer", "key-value"]),
        .init(name: "device_train_microbatch_size", quantity: .batch, formats: ["composer", "key-value"]),
        .init(name: "max_seq_len", quantity: .sequence, section: "", formats: ["composer", "key-value"]),
    ]

    /// modded-nanogpt's source, which begins its logs. Its batch counts the rows of all ranks.
    private static let moddedNanoGPT: [DumpKey] = [
        .init(name: "batch_size", quantity: .rows, form: .annotated, formats: ["modded-nanogpt"]),
        .init(name: "device_batch_size", quantity: .batch, form: .annotated, formats: ["modded-nanogpt"]),
        .init(name: "sequence_length", quantity: .sequence, form: .annotated, formats: ["modded-nanogpt"]),
    ]

    /// The Hugging Face Trainer's arguments as a data class.
    private static let trainingArguments: [DumpKey] = [
        .init(name: "per_device_train_batch_size", quantity: .batch, formats: ["hf-trainer"]),
        .init(name: "gradient_accumulation_steps", quantity: .accumulation, formats: ["hf-trainer"]),
    ]
}
