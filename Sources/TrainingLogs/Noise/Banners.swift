import Terms

/// What trainers print of their configuration before they begin, by the words in front of the number.
enum Banners {
    /// Reads a banner line into the history; false for any other line.
    static func read(_ line: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        var text = line
        // nanotron's "[Start training] datetime: ... | mbs: 2 | ..."
        if text.sees("datetime: ") { _ = text.seek(" | ") }
        // What JAX's logger puts in front: "I0317 09:59:16.239871 1253 pyconfig.py:413] "
        if text.current == 0x49, text.peek(1).isDigit { _ = text.seek("] ") }
        if text.sees("O^O/") || text.current == 0x5C { return unsloth(text, into: &history) }
        guard text.current != 0x7C else { return table(text, into: &history) }
        if text.sees("using world size: ") { return megatronWorld(text, into: &history) }
        if text.sees("found ") { return shards(text, into: &history) }
        if text.sees("num ") { return optimizerGroup(text, into: &history.history.hyperparameters) }
        if text.sees("***** Running ") {
            history.isTrainingBanner = text.sees("***** Running training")
            return true
        }
        if !history.isTrainingBanner, text.sees("Num examples") { return true }
        for rule in rules {
            var probe = text
            guard probe.take(rule.words) else { continue }
            let rest = probe
            guard let value = probe.count(), value > 0 else { return false }
            note(rule.field, value, into: &history)
            for tail in rule.tails {
                var probe = rest
                guard probe.seek(tail.words), let value = probe.count(), value > 0 else { continue }
                note(tail.field, value, into: &history)
            }
            return true
        }
        guard text.sees("will use batch size rampup") else { return false }
        // The rows of a step are not one number.
        history.geometry(.rows, nil, .computed)
        history.geometry(.accumulation, nil, .computed)
        return true
    }

    /// The last printed value of the geometry holds, and the first of every other setting.
    private static func note(_ field: Field, _ value: Int, into history: inout HistoryBuilder) {
        switch field {
        case .geometry(let quantity): history.geometry(quantity, value, .computed)
        case .setting(let setting):
            guard history.history.hyperparameters[setting] == nil else { return }
            history.history.hyperparameters.set(setting, value, source: SettingSource(line: history.line))
        }
    }

    /// build-nanogpt's `found N shards for split train`, nanoGPT's `found vocab_size = N`.
    private static func shards(_ text: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        var probe = text
        let source = SettingSource(line: history.line)
        if probe.take("found vocab_size = ") {
            history.history.hyperparameters.set(.vocabulary, probe.integer(), source: source)
            return true
        }
        guard probe.take("found "), let count = probe.integer(), probe.take(" shards for split ") else { return false }
        if probe.sees("train") { history.history.hyperparameters.set(.trainShards, count, source: source) }
        return true
    }

    /// `num decayed parameter tensors: 18, with 233,472 parameters` and the line for those without decay, of llm.c's Python
    /// trainer, build-nanogpt and nanoGPT: the model has the sum of both.
    private static func optimizerGroup(_ text: ByteCursor, into parameters: inout Hyperparameters) -> Bool {
        var probe = text
        guard probe.take("num decayed parameter tensors: ") || probe.take("num non-decayed parameter tensors: "),
            probe.seek("with "), let count = probe.count(), count >= 0
        else { return false }
        // Printed once a group; a resumed run prints both again, and the first pair already holds the sum.
        // A total that was printed before holds them too.
        guard parameters.optimizerGroups < 2, parameters.optimizerGroups > 0 || parameters.parameters == nil else {
            return true
        }
        let (sum, overflow) = (parameters.parameters ?? 0).addingReportingOverflow(count)
        if !overflow { parameters.parameters = sum }
        parameters.optimizerGroups += 1
        return true
    }

    /// Unsloth's banner, with a sloth in front: `O^O/ \\_/ \\    Batch size per device = 2 | Gradient accumulation steps = 4`.
    private static func unsloth(_ text: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        let fields: [(words: StaticString, field: Field)] = [
            ("Num examples = ", .setting(.trainRows)), ("Batch size per device = ", .geometry(.batch)),
            ("Gradient Accumulation steps = ", .geometry(.accumulation)),
            ("Gradient accumulation steps = ", .geometry(.accumulation)), ("Total batch size = ", .geometry(.rows)),
            (") = ", .geometry(.rows)), ("Total steps = ", .setting(.steps)),
        ]
        var isFound = false
        for (words, field) in fields {
            var probe = text
            guard probe.seek(words), let value = probe.count(), value > 0 else { continue }
            note(field, value, into: &history)
            isFound = true
        }
        return isFound
    }

    /// Megatron-LM's `using world size: 32, data-parallel-size: 4, ...`: only the data-parallel ranks read different data.
    private static func megatronWorld(_ text: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        var probe = text
        guard probe.seek("data-parallel-size: ") || probe.seek("data-parallel size: "), let size = probe.integer(),
            size > 0
        else { return false }
        history.geometry(.worldSize, size, .computed)
        return true
    }

    /// llm.c's startup table: `| name | value |`.
    private static func table(_ text: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        var probe = text
        probe.position += 1
        probe.skipSpaces()
        for rule in tableRules where probe.take(rule.words) {
            guard probe.seek("|"), let value = probe.count(), value > 0 else { return false }
            note(rule.field, value, into: &history)
            return true
        }
        return false
    }

    private enum Field: Sendable {
        case geometry(Quantity)
        case setting(Setting)
    }

    /// The words in front of a number and the field it goes to; more numbers may follow on the line.
    private struct Rule: Sendable {
        var words: StaticString
        var field: Field
        var tails: [(words: StaticString, field: Field)]

        init(_ words: StaticString, _ quantity: Quantity, _ tails: [(StaticString, Quantity)] = []) {
            (self.words, field) = (words, .geometry(quantity))
            self.tails = tails.map { ($0.0, .geometry($0.1)) }
        }

        init(_ words: StaticString, setting: Setting, _ tails: [(StaticString, Setting)] = []) {
            (self.words, field) = (words, .setting(setting))
            self.tails = tails.map { ($0.0, .setting($0.1)) }
        }
    }

    private static let rules: [Rule] = [
        // llm.c, build-nanogpt
        Rule("total desired batch size: ", .tokens),
        Rule("=> calculated gradient accumulation steps: ", .accumulation),
        Rule("=> setting grad_accum_steps=", .accumulation),
        Rule(
            "DataLoader: total number of tokens: ",
            setting: .trainTokens,
            [("across ", .trainShards)]
        ),
        Rule("batch_size B=", .batch, [("seq_len T=", .sequence)]),
        Rule("num_parameters: ", setting: .parameters),
        Rule("vocab_size: ", setting: .vocabulary),
        // nanoGPT, llama2.c
        Rule("tokens per iteration will be: ", .tokens),
        Rule(
            "breaks down as: ",
            .accumulation,
            [
                ("grad accum steps * ", .worldSize), ("processes * ", .batch),
                ("batch size * ", .sequence),
            ]
        ),
        Rule("number of parameters: ", setting: .parameters),
        // nanochat
        Rule("Vocab size: ", setting: .vocabulary),
        Rule("Tokens / micro-batch / rank: ", .batch, [(" x ", .sequence)]),
        Rule("Tokens / micro-batch: ", .tokensPerMicroStep),
        Rule("Total batch size ", .tokens, [("accumulation steps: ", .accumulation)]),
        Rule("Number of parameters: ", setting: .parameters),
        Rule("Using user-provided number of iterations: ", setting: .steps),
        Rule("Distributed world size: ", .worldSize),
        // modded-nanogpt and its descendants
        Rule("train_batch_tokens:", .tokens, [("train_seq_len:", .sequence)]),
        Rule("world_size:", .worldSize, [("grad_accum_steps:", .accumulation)]),
        Rule("model_params:", setting: .parameters),
        // Hugging Face Trainer
        Rule("Instantaneous batch size per device = ", .batch),
        Rule("Total train batch size (w. parallel, distributed & accumulation) = ", .rows),
        Rule("Gradient Accumulation steps = ", .accumulation),
        Rule("Num examples = ", setting: .trainRows),
        Rule("Total optimization steps = ", setting: .steps),
        Rule("Number of trainable parameters = ", setting: .parameters),
        // Megatron-LM
        Rule("train_iters ", setting: .steps),
        Rule("padded_vocab_size ", setting: .vocabulary),
        Rule("setting number of micro-batches to constant ", .accumulation),
        Rule("setting number of microbatches to constant ", .accumulation),
        // torchtitan
        Rule("Trainer is initialized with local batch size ", .batch, titan),
        Rule("Training starts at step 1, with local batch size ", .batch, titan),
        // nanotron
        Rule(
            "mbs: ",
            .batch,
            [
                ("grad_accum: ", .accumulation), ("global_batch_size: ", .rows),
                ("sequence_length: ", .sequence),
            ]
        ),
        // MaxText
        Rule("Config param per_device_batch_size: ", .batch),
        Rule("Config param max_target_length: ", .sequence),
        Rule("Config param gradient_accumulation_steps: ", .accumulation),
        Rule("Config param global_batch_size_to_train_on: ", .rows),
    ]

    private static let titan: [(StaticString, Quantity)] = [
        ("global batch size ", .rows), ("gradient accumulation steps ", .accumulation),
        ("sequence length ", .sequence),
    ]

    private static let tableRules: [Rule] = [
        Rule("micro batch size B ", .batch),
        Rule("sequence length T ", .sequence),
        Rule("total batch size ", .tokens),
        Rule("vocab_size V ", setting: .vocabulary),
        Rule("num_parameters ", setting: .parameters),
        Rule("train_num_batches ", setting: .steps),
        Rule("num_processes ", .worldSize),
    ]
}

extension ByteCursor {
    /// A count as people print it: `524,288`, `123.59M`, `124M`, `.... 64`.
    fileprivate mutating func count() -> Int? {
        skipSpaces()
        while current == 0x2E { position += 1 }
        skipSpaces()
        let start = position
        guard let whole = groupedInteger() else { return nil }
        let factor: Double
        var probe = self
        if probe.current == 0x2E {
            probe.position = start
            guard let value = probe.number() else { return whole }
            switch probe.current {
            case 0x4D: factor = 1e6
            case 0x42: factor = 1e9
            case 0x4B: factor = 1e3
            default: return whole
            }
            position = probe.position + 1
            return Int(exactly: (value * factor).rounded())
        }
        switch current {
        case 0x4D: factor = 1e6
        case 0x42: factor = 1e9
        case 0x4B: factor = 1e3
        default: return whole
        }
        position += 1
        return Int(exactly: (Double(whole) * factor).rounded())
    }
}
