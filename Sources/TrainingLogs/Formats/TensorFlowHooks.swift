import Terms

/// TensorFlow's estimators and the Object Detection API: `loss = X, step = N (T sec)`, `Step N per-step time Ts loss=X`.
///
/// Two loggers may print one record each. `Saving dict for global step N: ..., loss = X` is an evaluation.
struct TensorFlowHooks: LineLogFormat {
    static let description = LogFormatDescription(
        id: "tensorflow",
        title: "TensorFlow estimator",
        trainers: ["tensorflow", "tf-estimator", "tensor2tensor"],
        pattern: "loss = X, step = N (T sec)",
        stepBase: 0,
        lossScope: .step
    )

    private var last: (step: Int, loss: Double)?

    mutating func parse(_ line: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        var cursor = line
        if cursor.seek("Saving dict for global step ") {
            guard let step = cursor.integer(), cursor.seek(" loss = "), let loss = cursor.number() else { return false }
            if history.history.validation.steps.last != step { history.validation(step: step, loss: loss) }
            return true
        }
        guard let (step, loss) = Self.byStep(line) ?? Self.byLoss(line) else { return false }
        if let last, last.step == step, last.loss == loss || last.loss.isNaN && loss.isNaN { return true }
        last = (step, loss)
        history.train(step: step, loss: loss)
        return true
    }

    /// `Step 100 per-step time 0.813s loss=1.396`.
    private static func byStep(_ line: ByteCursor) -> (Int, Double)? {
        guard var cursor = StepLine.find("Step ", in: line), let step = cursor.integer(),
            cursor.take(" per-step time "),
            cursor.seek("loss=") || cursor.seek("loss ="), let loss = spacedNumber(&cursor)
        else { return nil }
        return (step, loss)
    }

    /// `loss = 9.8, step = 100 (12.3 sec)`; other numbers may stand between.
    private static func byLoss(_ line: ByteCursor) -> (Int, Double)? {
        var cursor = line
        guard cursor.seek("loss = "), cursor.peek(-8) == 0x20 || cursor.peek(-8) == 0x3A || cursor.peek(-8) == 0,
            let loss = cursor.number(), cursor.seek(", step = "), let step = cursor.integer()
        else { return nil }
        return (step, loss)
    }

    private static func spacedNumber(_ cursor: inout ByteCursor) -> Double? {
        cursor.skipSpaces()
        return cursor.number()
    }
}
