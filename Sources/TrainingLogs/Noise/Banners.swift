/// What trainers print of their configuration before they begin, by the words in front of the number.
enum Banners {
    /// Reads a banner line into the parameters; false if it is none.
    static func read(_ text: ByteCursor, into parameters: inout Hyperparameters) -> Bool {
        guard text.current != 0x7C else { return table(text, into: &parameters) }
        let isOption = option(text, into: &parameters)
        if text.sees("using world size: ") { return megatronWorld(text, into: &parameters) }
        if text.sees("found ") { return shards(text, into: &parameters) }
        if text.sees("num ") { return optimizerGroup(text, into: &parameters) }
        for rule in rules {
            var probe = text
            guard probe.take(rule.words) else { continue }
            probe.skipSpaces()
            guard let value = probe.count(), value > 0 else { return false }
            if parameters[keyPath: rule.field.path] == nil { parameters[keyPath: rule.field.path] = value }
            if let tail = rule.tail, let field = rule.tailField, probe.seek(tail) {
                probe.skipSpaces()
                if let value = probe.count(), value > 0, parameters[keyPath: field.path] == nil {
                    parameters[keyPath: field.path] = value
                }
            }
            return true
        }
        return isOption
    }

    /// nanoGPT's `Overriding: n_layer = 3`, and the lines of a configuration file that it prints.
    private static func option(_ text: ByteCursor, into parameters: inout Hyperparameters) -> Bool {
        var probe = text
        if probe.take("Overriding config with ") {
            parameters.options["config"] = probe.rest.plainText(limit: 160)
            return true
        }
        let isOverride = probe.take("Overriding: ")
        // Only a log that said it prints a configuration file has its lines; source code looks alike.
        let isInFile = parameters.options["config"] != nil && nanoGPTOptions.contains { text.sees($0) }
        guard isOverride || isInFile else { return false }
        let line = probe.rest.plainText(limit: 160)
        let parts = line.split(separator: "=", maxSplits: 1).map { $0.trimmingPrefix(while: \.isWhitespace) }
        guard parts.count == 2, parameters.options.count < 64 else { return false }
        let key = String(parts[0].prefix { !$0.isWhitespace })
        let value = parts[1].prefix { !$0.isWhitespace && $0 != "#" && $0 != "," }
        guard !key.isEmpty, !value.isEmpty,
            parts[0].allSatisfy({ $0.isWhitespace || $0 == "_" || $0.isLetter || $0.isNumber })
        else { return false }
        parameters.options[key] = value.filter { $0 != "'" && $0 != "\"" }
        if isInFile, let number = Int(value), number > 0 {
            switch key {
            case "batch_size": parameters.batch = parameters.batch ?? number
            case "block_size": parameters.sequence = parameters.sequence ?? number
            case "gradient_accumulation_steps": parameters.accumulation = parameters.accumulation ?? number
            default: break
            }
        }
        return true
    }

    /// The settings of a nanoGPT configuration file that decide what is drawn and fed.
    private static let nanoGPTOptions: [StaticString] = [
        "n_layer = ", "n_head = ", "n_embd = ", "dropout = ", "bias = ", "eval_interval = ", "eval_iters = ",
        "init_from = ", "device = ", "batch_size = ", "block_size = ", "gradient_accumulation_steps = ",
    ]

    /// build-nanogpt's `found N shards for split train`, nanoGPT's `found vocab_size = N`.
    private static func shards(_ text: ByteCursor, into parameters: inout Hyperparameters) -> Bool {
        var probe = text
        if probe.take("found vocab_size = ") {
            parameters.vocabulary = probe.integer()
            return true
        }
        guard probe.take("found "), let count = probe.integer(), probe.take(" shards for split ") else { return false }
        if probe.sees("train") { parameters.trainShards = count }
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

    /// Megatron-LM's `using world size: 32, data-parallel-size: 4, ...`: only the data-parallel ranks read different data.
    private static func megatronWorld(_ text: ByteCursor, into parameters: inout Hyperparameters) -> Bool {
        var probe = text
        guard probe.seek("data-parallel-size: ") || probe.seek("data-parallel size: "), let size = probe.integer()
        else {
            return false
        }
        parameters.worldSize = size
        return true
    }

    /// llm.c's startup table: `| name | value |`.
    private static func table(_ text: ByteCursor, into parameters: inout Hyperparameters) -> Bool {
        var probe = text
        probe.position += 1
        probe.skipSpaces()
        for rule in tableRules where probe.take(rule.words) {
            guard probe.seek("|") else { return false }
            probe.skipSpaces()
            guard let value = probe.count(), value > 0 else { return false }
            parameters[keyPath: rule.field.path] = value
            return true
        }
        return false
    }

    private enum Field {
        case batch, sequence, accumulation, worldSize, tokensPerStep, vocabulary, totalSteps, trainTokens, trainShards
        case parameters

        var path: WritableKeyPath<Hyperparameters, Int?> {
            switch self {
            case .batch: \.batch
            case .sequence: \.sequence
            case .accumulation: \.accumulation
            case .worldSize: \.worldSize
            case .tokensPerStep: \.tokensPerStep
            case .vocabulary: \.vocabulary
            case .totalSteps: \.totalSteps
            case .trainTokens: \.trainTokens
            case .trainShards: \.trainShards
            case .parameters: \.parameters
            }
        }
    }

    /// The words in front of a number and the field it goes to; a second number may follow on the line.
    private struct Rule: Sendable {
        var words: StaticString
        var field: Field
        var tail: StaticString?
        var tailField: Field?

        init(_ words: StaticString, _ field: Field, tail: StaticString? = nil, _ tailField: Field? = nil) {
            self.words = words
            self.field = field
            self.tail = tail
            self.tailField = tailField
        }
    }

    private static let rules: [Rule] = [
        // llm.c, build-nanogpt
        Rule("total desired batch size: ", .tokensPerStep),
        Rule("=> calculated gradient accumulation steps: ", .accumulation),
        Rule("=> setting grad_accum_steps=", .accumulation),
        Rule("DataLoader: total number of tokens: ", .trainTokens, tail: "across ", .trainShards),
        Rule("batch_size B=", .batch, tail: "seq_len T=", .sequence),
        Rule("num_parameters: ", .parameters),
        Rule("vocab_size: ", .vocabulary),
        // nanoGPT
        Rule("tokens per iteration will be: ", .tokensPerStep),
        Rule("number of parameters: ", .parameters),
        Rule("Overriding: batch_size = ", .batch),
        Rule("Overriding: block_size = ", .sequence),
        Rule("Overriding: gradient_accumulation_steps = ", .accumulation),
        // nanochat
        Rule("Vocab size: ", .vocabulary),
        Rule("Tokens / micro-batch / rank: ", .batch, tail: " x ", .sequence),
        Rule("Total batch size ", .tokensPerStep, tail: "accumulation steps: ", .accumulation),
        Rule("Number of parameters: ", .parameters),
        Rule("Using user-provided number of iterations: ", .totalSteps),
        Rule("Distributed world size: ", .worldSize),
        // modded-nanogpt and its descendants
        Rule("train_batch_tokens:", .tokensPerStep, tail: "train_seq_len:", .sequence),
        Rule("world_size:", .worldSize, tail: "grad_accum_steps:", .accumulation),
        Rule("model_params:", .parameters),
        // Hugging Face Trainer
        Rule("Instantaneous batch size per device = ", .batch),
        Rule("Gradient Accumulation steps = ", .accumulation),
        Rule("Total optimization steps = ", .totalSteps),
        Rule("Number of trainable parameters = ", .parameters),
        // Megatron-LM
        Rule("micro_batch_size ", .batch),
        Rule("seq_length ", .sequence),
        Rule("train_iters ", .totalSteps),
        Rule("padded_vocab_size ", .vocabulary),
    ]

    private static let tableRules: [Rule] = [
        Rule("micro batch size B ", .batch),
        Rule("sequence length T ", .sequence),
        Rule("total batch size ", .tokensPerStep),
        Rule("vocab_size V ", .vocabulary),
        Rule("num_parameters ", .parameters),
        Rule("train_num_batches ", .totalSteps),
        Rule("num_processes ", .worldSize),
    ]
}

extension ByteCursor {
    /// A count as people print it: `524,288`, `123.59M`, `124M`, `.... 64`.
    fileprivate mutating func count() -> Int? {
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
