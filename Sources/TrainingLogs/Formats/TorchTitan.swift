import Terms

/// Standard output of torchtitan: `step: N  loss: X  grad_norm: X  memory: ...`, two spaces between fields, in colour.
///
/// The step is 1-based; the loss is the mean over all tokens of all ranks.
struct TorchTitan: LineLogFormat {
    static let description = LogFormatDescription(
        id: "torchtitan",
        title: "torchtitan",
        trainers: ["torchtitan"],
        pattern: "step: N  loss: X  grad_norm: X  memory: ...",
        stepBase: 1,
        lossScope: .step,
        defaultClip: 1
    )

    mutating func parse(_ line: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        guard var cursor = StepLine.find("step: ", in: line) else { return parsePlan(line, into: &history) }
        var before = line
        let isValidation = before.seek("validate step: ") && before.position <= cursor.position
        guard let step = cursor.integer(), cursor.take("  loss: ") else { return false }
        cursor.skipSpaces()
        guard let loss = cursor.number(), cursor.take("  ") else { return false }
        if isValidation {
            history.validation(step: step, loss: loss)
            return true
        }
        history.train(step: step, loss: loss)
        if cursor.take("grad_norm: ") {
            cursor.skipSpaces()
            if let norm = cursor.number() { history.gradientNorm(step: step, norm) }
        }
        if cursor.seek("lr: "), let rate = cursor.number() { history.learningRate(step: step, rate) }
        return true
    }

    /// `Trainer is initialized with local batch size B, global batch size G, gradient accumulation steps A, sequence length
    /// T, total steps N (warmup W)`; before August 2025 part of `Training starts at step 1, with ...`.
    private func parsePlan(_ line: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        var cursor = line
        guard cursor.seek(" with local batch size ") else { return false }
        func number(behind name: StaticString) -> Int? {
            var cursor = line
            guard cursor.seek(name) else { return nil }
            if cursor.current == 0x3A { cursor.position += 1 }
            cursor.skipSpaces()
            return cursor.integer().flatMap { $0 > 0 ? $0 : nil }
        }
        if let steps = number(behind: "total steps") { history.totalSteps(steps) }
        let accumulation = number(behind: "accumulation steps") ?? number(behind: "accumulation_steps")
        let printed: [(Quantity, Int?)] = [
            (.batch, number(behind: "local batch size")), (.sequence, number(behind: "sequence length")),
            (.accumulation, accumulation), (.rows, number(behind: "global batch size")),
        ]
        for (quantity, value) in printed where value != nil { history.geometry(quantity, value, .computed) }
        if let warmup = number(behind: "(warmup") {
            history.history.hyperparameters.options["warmup_steps"] = String(warmup)
        }
        return true
    }
}
