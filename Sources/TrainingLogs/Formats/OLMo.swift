import Terms

/// Console output of OLMo and OLMo-core: a line `[step=N/M,epoch=E]`, then one metric a line, `    name=value`.
///
/// Numbers above 1000 are grouped by commas.
struct OLMo: LineLogFormat {
    static let description = LogFormatDescription(
        id: "olmo",
        title: "OLMo",
        trainers: ["olmo", "olmo-core"],
        pattern: "[step=N/M,epoch=E] then train/CE loss=X",
        stepBase: 1,
        lossScope: .step,
        defaultClip: 1
    )

    private var step: Int?

    mutating func parse(_ line: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        if var cursor = StepLine.find("[step=", in: line), let number = cursor.integer() {
            step = number
            if cursor.take("/"), let total = cursor.integer() { history.totalSteps(total) }
            return true
        }
        guard let step, let equals = lastEquals(line) else { return false }
        var name = line
        name.skipLinePrefix()
        let isTrain = name.take("train/CrossEntropyLoss=") || name.take("train/CE loss=")
        let isNorm = !isTrain && (name.take("optim/total_grad_norm=") || name.take("optim/total grad norm="))
        let isRate =
            !isTrain && !isNorm
            && (name.take("optim/learning_rate_group0=") || name.take("optim/LR (group 0)=") || name.take("optim/LR="))
        let isValidation =
            !isTrain && !isNorm && !isRate && name.sees("eval/") && name.seek("/CrossEntropyLoss=")
        guard isTrain || isNorm || isRate || isValidation, name.position == equals + 1,
            let value = groupedNumber(name)
        else { return false }
        if isTrain { history.train(step: step, loss: value) }
        if isNorm { history.gradientNorm(step: step, value) }
        if isRate { history.learningRate(step: step, value) }
        if isValidation { history.validation(step: step, loss: value) }
        return true
    }

    /// Names may hold `=`: the last one separates.
    private func lastEquals(_ line: ByteCursor) -> Int? {
        line.bytes.lastIndex(of: 0x3D)
    }

    private func groupedNumber(_ text: ByteCursor) -> Double? {
        var cursor = text
        var whole = text
        if let value = whole.groupedInteger(), whole.isAtEnd { return Double(value) }
        return cursor.number()
    }
}
