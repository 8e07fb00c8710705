import Terms

/// ESPnet 2 and FunASR: `Nepoch:train:A-Bbatch: ..., loss=X, ..., optim0_lr0=X`, the mean over the batches A to B.
///
/// Batches are numbered from the start in each epoch; the step in the run counts those of the epochs before. FunASR prints the number of
/// updates. `Nepoch results:` ends an epoch and has the validation loss behind `[valid]`.
struct ESPnet: LineLogFormat {
    static let description = LogFormatDescription(
        id: "espnet",
        title: "ESPnet",
        trainers: ["espnet", "espnet2", "funasr"],
        pattern: "Nepoch:train:A-Bbatch: ..., loss=X, ..., optim0_lr0=X",
        stepBase: 1,
        lossScope: .interval
    )

    private var epochs = BatchesInRun()

    mutating func parse(_ line: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        var cursor = line
        guard cursor.seek("epoch") else { return false }
        let epoch = cursor.integerBefore("epoch")
        if cursor.take(" results: [") {
            guard cursor.seek("[valid] "), let loss = Self.value("loss=", in: cursor), let step = history.lastStep
            else {
                return false
            }
            history.validation(step: step, loss: loss)
            return true
        }
        guard let epoch, cursor.take(":train:"), cursor.integer() != nil, let batch = lastBatch(&cursor),
            cursor.take("batch:")
        else { return false }
        guard let loss = Self.value("loss=", in: cursor) else { return false }
        let updates = cursor.integer()
        let step = updates ?? epochs.step(epoch: epoch, batch: batch)
        history.train(step: step, loss: loss)
        for name: StaticString in ["optim0_lr0=", "lr_0="] {
            guard let rate = Self.value(name, in: cursor) else { continue }
            history.learningRate(step: step, rate)
            break
        }
        if let norm = Self.value("grad_norm=", in: cursor) { history.gradientNorm(step: step, norm) }
        return true
    }

    /// The `B` of `A-B`.
    private func lastBatch(_ cursor: inout ByteCursor) -> Int? {
        guard cursor.take(0x2D) else { return nil }
        return cursor.integer()
    }

    /// The number behind a name that no longer name ends in.
    private static func value(_ name: StaticString, in text: ByteCursor) -> Double? {
        var cursor = text
        while cursor.seek(name) {
            if cursor.peek(-name.utf8CodeUnitCount - 1) == 0x20 { return cursor.number() }
        }
        return nil
    }
}

/// The place in the run of batches that are numbered from the start in each epoch.
struct BatchesInRun {
    /// The epoch of the last batch, its number, and how many there were in the epochs before it.
    private var last: (epoch: Int, batch: Int)?
    private var before: [Int: Int] = [:]

    /// The step of a batch: its number, and those of the epochs before as far as the log has them.
    /// - Parameter total: batches of an epoch, where the log prints it.
    mutating func step(epoch: Int, batch: Int, total: Int? = nil) -> Int {
        defer { last = (epoch, batch) }
        if let last, epoch > last.epoch, before[epoch] == nil, before.count < 1 << 16 {
            // Numbers that go on rising count the batches of the run.
            let isAnew = batch <= last.batch
            before[epoch] = (before[last.epoch] ?? 0) &+ (isAnew ? total ?? last.batch : 0)
        }
        return (before[epoch] ?? 0) &+ batch
    }
}

extension ByteCursor {
    /// The whole number that ends where the word just passed begins.
    func integerBefore(_ word: StaticString) -> Int? {
        var start = position - word.utf8CodeUnitCount
        let end = start
        while start > 0, bytes[start - 1].isDigit { start -= 1 }
        guard start >= 0, start < end else { return nil }
        var digits = slice(start..<end)
        return digits.integer()
    }
}
