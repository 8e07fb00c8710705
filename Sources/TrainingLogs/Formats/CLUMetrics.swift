import Terms

/// The log of JAX trainers that write metrics through CLU or a writer like it (T5X, Flax examples, Big Vision, Scenic):
/// `logging_writer.py:48] [N] accuracy=X, loss=X, learning_rate=X`.
///
/// T5X's `loss` is a sum over the batch; its mean over the tokens is taken where it is printed.
struct CLUMetrics: LineLogFormat {
    static let description = LogFormatDescription(
        id: "clu",
        title: "CLU metrics",
        trainers: ["clu", "t5x", "flax", "big-vision", "scenic"],
        pattern: "writer.py:48] [N] accuracy=X, loss=X, learning_rate=X",
        stepBase: nil,
        lossScope: .unknown
    )

    private var choice = MetricChoice()

    private static let means: [StaticString] = [
        "cross_ent_loss_per_all_target_tokens=", "loss_per_nonpadding_target_token=", "loss_per_all_target_tokens=",
    ]

    mutating func parse(_ line: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        var cursor = line
        guard cursor.seek("] ["), cursor.current.isDigit, let step = cursor.integer(), cursor.take("] ") else {
            return false
        }
        let text = cursor.rest
        for name in Self.means {
            var mean = text
            guard mean.seek(name), let loss = mean.number() else { continue }
            history.train(step: step, loss: loss)
            var rate = text
            if rate.seek("learning_rate="), let value = rate.number() { history.learningRate(step: step, value) }
            return true
        }
        var scanner = KeyValueScanner(text)
        scanner.scan()
        let record = scanner.record
        // A line with a step of its own has a rank in the brackets.
        guard !record.hasOwnStep else { return false }
        return record.write(step: step, into: &history, choice: &choice)
    }
}
