import Terms

/// Console of MosaicML's composer and llm-foundry: a line `[batch=N/M]:`, then one metric a line, `Train name: X`.
///
/// The loss is the language model's cross entropy. `loss/train/total` holds auxiliary losses too, and stands in only where
/// no cross entropy is printed. Learning rates are printed with four decimals, too coarse to be read.
struct Composer: LineLogFormat {
    static let description = LogFormatDescription(
        id: "composer",
        title: "composer",
        trainers: ["composer", "llm-foundry", "mosaicml"],
        pattern: "[batch=N/M]: then Train metrics/train/LanguageCrossEntropy: X",
        stepBase: 1,
        lossScope: .step
    )

    /// What was printed under the last `[batch=N/M]:`.
    private struct Block {
        var step: Int?
        var crossEntropy: Double?
        var total: Double?
        var norm: Double?
        var validation: Double?
    }
    private var block: Block?
    private var hasCrossEntropy = false

    mutating func parse(_ line: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        var text = line
        if let header = header(line, into: &history) {
            finish(into: &history)
            block = header
            // Short excerpts have the first metric on the same line.
            guard text.seek("] ") else { return true }
        }
        guard block != nil, let name = metric(in: &text), let value = text.number() else { return false }
        switch name {
        case .crossEntropy:
            block?.crossEntropy = value
            hasCrossEntropy = true
        case .total: block?.total = value
        case .norm: block?.norm = value
        case .batch:
            // Batches done before this one.
            if block?.step == nil, let done = Int(exactly: value) { block?.step = done &+ 1 }
        case .validation:
            if block?.validation == nil { block?.validation = value }
        }
        return true
    }

    mutating func finish(into history: inout HistoryBuilder) {
        guard let done = block else { return }
        block = nil
        if let loss = done.validation, let step = done.step ?? history.lastStep {
            history.validation(step: step, loss: loss)
        }
        // A block without the cross entropy that others have was cut, or is of a batch whose metrics were not taken.
        guard let step = done.step, let loss = done.crossEntropy ?? (hasCrossEntropy ? nil : done.total) else { return }
        history.train(step: step, loss: loss)
        if let norm = done.norm { history.gradientNorm(step: step, norm) }
    }

    /// `[batch=N/M]`, `[epoch=E][batch=N/M]`, `[token=N/M]`, `[Eval batch=N/M] Eval on eval data`.
    private func header(_ line: ByteCursor, into history: inout HistoryBuilder) -> Block? {
        var cursor = line
        if cursor.seek("[Eval batch=") { return Block() }
        cursor = line
        if cursor.seek("[epoch="), let epoch = cursor.integer(), cursor.take("][batch="), let batch = cursor.integer() {
            guard cursor.take("/"), let total = cursor.integer() else { return Block() }
            return Block(step: EpochPosition.step(epoch: epoch, base: 1, position: batch, of: total))
        }
        cursor = line
        if cursor.seek("[batch="), let step = cursor.integer() {
            if cursor.take("/"), let total = cursor.integer() { history.totalSteps(total) }
            return Block(step: step)
        }
        for unit: StaticString in ["[token=", "[sample=", "[iteration=", "[second="] {
            cursor = line
            if cursor.seek(unit), cursor.integer() != nil { return Block() }
        }
        return nil
    }

    private enum Metric { case crossEntropy, total, norm, batch, validation }

    private func metric(in text: inout ByteCursor) -> Metric? {
        let names: [(StaticString, Metric)] = [
            ("Train metrics/train/LanguageCrossEntropy: ", .crossEntropy), ("Train loss/train/total: ", .total),
            ("Train l2_norm/grad/global: ", .norm), ("Train time/batch: ", .batch),
            ("Train trainer/global_step: ", .batch),
        ]
        for (name, metric) in names where text.seek(name) { return metric }
        if text.seek("Eval metrics/"), text.seek("/LanguageCrossEntropy: ") { return .validation }
        return nil
    }
}
