import Terms

/// Any log whose lines name a step and a loss: `step 3, loss: 2.1`, `epoch=1 loss=0.4`, `Iter(train) [10/90] loss: 3`.
///
/// The catch-all, for trainers nobody listed. A line with a step and no loss lends its step to the next line
/// with a loss. Numbers without a known name are passed over. An evaluation of which no step is known is no curve: it
/// counts only beside a training loss.
struct KeyValue: NamedMetricFormat {
    static let description = LogFormatDescription(
        id: "key-value",
        title: "lines of key: value",
        trainers: ["key-value", "generic"],
        pattern: "step N ... loss X",
        stepBase: nil,
        lossScope: .unknown,
        weight: 1,
        isLoose: true
    )

    private var lentStep: Int?
    /// The epoch of the last line that gave one and no loss, and how many there are.
    private var lentEpoch: (number: Double, total: Int?)?
    /// Training records have steps, or places in epochs: an epoch alone is not a step.
    private var printsSteps = false
    private var places = EpochPlaces()
    /// The last record of a progress bar: it is drawn again with the loss it had.
    private var lastDrawn: (step: Int, loss: Double)?
    /// Records that only a part of an epoch is printed of.
    private var ordinal = 0
    /// Evaluations before the first step of the log.
    private var early: [MetricRecord] = []
    /// Training records before the last evaluation.
    private var trainedAtEvaluation = 0
    var choice = MetricChoice()
    /// Position of the last line in `epoch E, batch N of M` logs, whose batch numbers begin anew with each epoch.
    private var lastInEpoch: (epoch: Double, step: Int)?
    private var offset = 0

    mutating func parse(_ line: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        var scanner = KeyValueScanner(line, following: choice)
        scanner.scan()
        var record = scanner.record
        guard record.hasLoss else {
            if let step = record.printedStep, record.hasOwnStep || !printsSteps { lentStep = step }
            if let epoch = record.epoch { lentEpoch = (epoch, scanner.epochTotal) }
            return false
        }
        let step: Int
        // The step of a line that was cut may be missing.
        if history.isLineOpen, printsSteps, !record.hasOwnStep, scanner.place.map({ $0.isBar }) ?? true { return false }
        if record.hasOwnStep, let printed = record.printedStep {
            step = inRun(printed, record: record, total: scanner.stepTotal)
            if record.hasTrainingLoss { printsSteps = true }
            if let place = scanner.place, place.isBar { places.note(step: printed, in: place) }
        } else if record.hasTrainingLoss, let place = scanner.place ?? leadingPlace(line) {
            step = inRun(place, scanner, into: &history)
            printsSteps = true
        } else if let printed = record.printedStep, !printsSteps {
            step = printed
        } else if record.hasTrainingLoss {
            guard let found = Self.leadingStep(line) ?? takeLentStep() ?? nextOrdinal(record) else { return false }
            step = found
        } else if let known = history.lastStep ?? lentStep {
            step = known
        } else {
            if early.count < 64 { early.append(record) }
            return true
        }
        if scanner.place?.isBar ?? false, let loss = record.drawnLoss {
            if let last = lastDrawn, last == (step, loss) { return true }
            lastDrawn = (step, loss)
            // It stays in the bar until the next evaluation.
            if record.repeats(history.history.validation) { record.forgetValidation() }
        }
        // "Saved best model (val_loss=2.31)" says again what the line before said.
        if !record.hasTrainingLoss, record.printedStep == nil,
            history.history.train.count == trainedAtEvaluation, record.repeats(history.history.validation)
        {
            return true
        }
        if record.hasTrainingLoss, !early.isEmpty {
            for evaluation in early { evaluation.write(step: step, into: &history, choice: &choice) }
            early.removeAll()
        }
        if record.hasTrainingLoss, record.hasOwnStep, let total = scanner.stepTotal, record.epoch == nil {
            history.totalSteps(total)
        }
        let evaluations = history.history.validation.count
        let isRecord = record.write(step: step, into: &history, choice: &choice)
        if history.history.validation.count > evaluations { trainedAtEvaluation = history.history.train.count }
        return isRecord
    }

    mutating func finish(into history: inout HistoryBuilder) {
        if ordinal > 0 { history.noteNumbering() }
    }

    /// `0 | loss 11.62 | ...`, `10/500 | loss ...`: a number in front of everything else.
    private static func leadingStep(_ line: ByteCursor) -> Int? {
        var cursor = line
        cursor.skipLinePrefix()
        guard let step = cursor.integer(), step >= 0 else { return nil }
        if cursor.take("/"), cursor.integer() == nil { return nil }
        cursor.skipSpaces()
        return cursor.current == 0x7C ? step : nil
    }

    /// Keras's `340/1504 [=====>....] - loss: X` below a line with the epoch.
    private func leadingPlace(_ line: ByteCursor) -> EpochPlace? {
        guard lentEpoch != nil else { return nil }
        var cursor = line
        cursor.skipSpaces()
        guard let position = cursor.integer(), cursor.take("/"), let total = cursor.integer(),
            cursor.take(" [=") || cursor.take(" [>") || cursor.take(" [.") || cursor.take(" \u{2501}")
        else { return nil }
        return EpochPlace(position: position, total: total, isBar: true)
    }

    private mutating func takeLentStep() -> Int? {
        defer { lentStep = nil }
        return lentStep
    }

    private mutating func nextOrdinal(_ record: MetricRecord) -> Int? {
        guard choice.hasPartEpochs, record.epoch != nil else { return nil }
        ordinal += 1
        return ordinal
    }

    /// The step in the run of a place in an epoch.
    private mutating func inRun(_ place: EpochPlace, _ scanner: KeyValueScanner, into history: inout HistoryBuilder)
        -> Int
    {
        let own = scanner.record.epoch
        let epochs = own == nil ? lentEpoch?.total : scanner.epochTotal
        let epoch = own ?? (place.isBar ? lentEpoch?.number : nil)
        if epoch == nil {
            history.totalSteps(place.total)
        } else if let epochs, epochs != place.total {
            history.totalSteps(epochs.multipliedReportingOverflow(by: place.total).partialValue)
        }
        let isZeroBased = epochs == nil && (place.isBar || scanner.isEpochBracketed)
        return places.step(of: place, epoch: epoch, epochs: epochs, isZeroBased: isZeroBased)
    }

    /// The step in the run of a step in an epoch.
    private mutating func inRun(_ step: Int, record: MetricRecord, total: Int?) -> Int {
        guard let epoch = record.epoch, let total, total > 0 else { return step }
        if let last = lastInEpoch, epoch > last.epoch, step <= last.step {
            offset = offset &+ total
        } else if let last = lastInEpoch, epoch < last.epoch {
            offset = 0
        }
        lastInEpoch = (epoch, step)
        return step &+ offset
    }
}

/// Splits a line into names and numbers.
struct KeyValueScanner {
    private(set) var record: MetricRecord
    /// The `M` of `step N/M`.
    private(set) var stepTotal: Int?
    /// The `T` of `epoch E/T`.
    private(set) var epochTotal: Int?
    /// The epoch stands in brackets of its own: `Epoch: [0]  [340/1504]`.
    private(set) var isEpochBracketed = false
    /// The place in the epoch.
    private(set) var place: EpochPlace?
    /// The line speaks of an evaluation.
    private(set) var isValidation = false
    /// Behind the `45%|` of a progress bar.
    private var isInBar = false

    private var cursor: ByteCursor
    /// Where the words of the current name begin, the oldest first; names have at most four words that matter.
    private var words: [Range<Int>] = []
    private var hasSeparator = false

    init(_ line: ByteCursor, following choice: MetricChoice = MetricChoice()) {
        cursor = line
        record = MetricRecord(following: choice)
    }

    mutating func scan() {
        while !cursor.isAtEnd {
            let byte = cursor.current
            if byte.isLetter || byte == 0x5F {
                word()
            } else if byte.isDigit || ((byte == 0x2D || byte == 0x2B || byte == 0x2E) && cursor.peek(1).isDigit) {
                value()
            } else {
                punctuation(byte)
            }
        }
    }

    private mutating func word() {
        let start = cursor.position
        if !words.isEmpty, let number = cursor.number() {  // nan, inf
            set(number, isWhole: false)
            return
        }
        while cursor.current.isLetter || cursor.current.isDigit || cursor.current == 0x5F
            || (cursor.current >= 0x2D && cursor.current <= 0x2F)  // - . /
        { cursor.position += 1 }
        var end = cursor.position
        while end > start + 1, !cursor.bytes[end - 1].isLetter, !cursor.bytes[end - 1].isDigit { end -= 1 }
        end = numberedWord(start..<end)
        cursor.position = end
        // "loss=tensor(2.3, device='cuda:0')": what stands in front of the parenthesis is the number's type.
        if hasSeparator, cursor.current == 0x28, Self.isNumberType(cursor.slice(start..<end)) {
            cursor.position += 1
            return
        }
        // "loss is 2.3"
        if !words.isEmpty, end - start == 2, cursor.slice(start..<end).sees("is") {
            hasSeparator = true
            return
        }
        if hasSeparator {
            noteContext()
            words.removeAll(keepingCapacity: true)
            hasSeparator = false
        } else if let last = words.last, start - last.upperBound != 1 {
            noteContext()
            words.removeAll(keepingCapacity: true)
        }
        words.append(start..<end)
        if words.count > 4 { noteContext(words.removeFirst()) }
    }

    /// The end of the word where digits are glued to it: "step0, loss: 4.5".
    private func numberedWord(_ range: Range<Int>) -> Int {
        for word: StaticString in ["step", "Step", "iter", "Iter", "epoch", "Epoch"] {
            let end = range.lowerBound + word.utf8CodeUnitCount
            guard end < range.upperBound, cursor.slice(range).sees(word) else { continue }
            return cursor.bytes[end..<range.upperBound].contains { !$0.isDigit } ? range.upperBound : end
        }
        return range.upperBound
    }

    private mutating func value() {
        let start = cursor.position
        // A date, a time or a version is not a value: its number is glued to what follows.
        guard let number = cursor.number() else {
            cursor.position += 1
            return
        }
        let isWhole = !cursor.bytes[start..<cursor.position].contains { !$0.isDigit }
        let isRounded = !isWhole && cursor.bytes[start..<cursor.position].contains { $0 | 0x20 == 0x65 }
        let isGlued =
            cursor.current == 0x3A && cursor.peek(1).isDigit || cursor.current == 0x2D && cursor.peek(1).isDigit
        if isGlued, words.isEmpty || !hasSeparator {
            while cursor.current.isDigit || [0x3A, 0x2D, 0x2E, 0x2C].contains(cursor.current) { cursor.position += 1 }
            words.removeAll(keepingCapacity: true)
            return
        }
        set(number, isWhole: isWhole, isRounded: isRounded)
        skipUnit()
    }

    /// Steps over the unit behind a number, which is no name of the next one: `0.81s loss=1.4`, `95ms/step`.
    private mutating func skipUnit() {
        var end = cursor
        while end.current.isLetter, end.position - cursor.position < 3 { end.position += 1 }
        if end.position > cursor.position, end.current == 0x20 || end.current == 0x2C { cursor = end }
    }

    private mutating func set(_ number: Double, isWhole: Bool, isRounded: Bool = false) {
        defer {
            words.removeAll(keepingCapacity: true)
            hasSeparator = false
        }
        // The words of an unknown name speak for its number alone: "val acc 0.8, loss 2.1" is a training loss.
        guard var key = key() else { return }
        var number = number
        // "step 10,000"
        if key.kind == .step, isWhole, cursor.current == 0x2C {
            var whole = cursor
            while whole.peek(-1).isDigit { whole.position -= 1 }
            if let grouped = whole.groupedInteger(), whole.position > cursor.position {
                number = Double(grouped)
                cursor = whole
            }
        }
        if key.kind == .train, isValidation, !namesTraining { key.kind = .validation }
        if key.kind == .step || key.kind == .epoch, isWhole {
            var probe = cursor
            probe.skipSpaces()
            if probe.take("/") {
                probe.skipSpaces()
                if let total = probe.integer() {
                    if key.kind == .step { stepTotal = total } else { epochTotal = total }
                    cursor = probe
                }
            }
        }
        if key.kind == .epoch, isWhole { positionInEpoch() }
        // "batch 0.35" is a time; "global_step=20.00" is a step that a progress bar was given as a float, and of
        // "global_step=1.2e+3" the last digits are missing.
        guard key.kind != .step || isWhole || namesStep && !isRounded else { return }
        record.set(key, number)
    }

    /// `Epoch: 1 [640/60000 (1%)]`, `Epoch: [0]  [ 340/1504]`: the place in the epoch follows its number in brackets.
    private mutating func positionInEpoch() {
        var probe = cursor
        let isBracketed = probe.take(0x5D)
        probe.skipSpaces()
        guard probe.take(0x5B) else { return }
        probe.skipSpaces()
        guard let position = probe.integer(), probe.take(0x2F), let total = probe.integer() else { return }
        place = EpochPlace(position: position, total: total, isBar: false)
        isEpochBracketed = isBracketed
        cursor = probe
    }

    /// `45%|████      | 450/1000 [00:10<00:12, 44.1it/s, loss=2.3]`: behind the second bar. A loss in front of a bar belongs
    /// to its title, and the bar may count anything.
    private mutating func progressBar() {
        if cursor.peek(-2) == 0x25 {
            isInBar = true
            return
        }
        guard isInBar else { return }
        isInBar = false
        guard !record.hasLoss else { return }
        var probe = cursor
        probe.skipSpaces()
        guard let position = probe.integer(), probe.take(0x2F), let total = probe.integer(), probe.take(" [") else {
            return
        }
        place = EpochPlace(position: position, total: total, isBar: true)
        cursor = probe
    }

    /// `lr(1e-3)`: the parenthesis is part of the name. False when it holds something else.
    private mutating func unitOfName() -> Bool {
        guard let last = words.last, last.upperBound == cursor.position - 1 else { return false }
        let close = cursor.index(of: 0x29)
        var inside = cursor.slice(cursor.position..<close)
        guard close - cursor.position < 8, close < cursor.bytes.count, inside.take("1e-") else { return false }
        words[words.count - 1] = last.lowerBound..<close + 1
        cursor.position = close + 1
        return true
    }

    private mutating func punctuation(_ byte: UInt8) {
        cursor.position += 1
        switch byte {
        case 0x20, 0x09, 0x22, 0x27: break
        case 0x3A, 0x3D: hasSeparator = !words.isEmpty
        case 0x28 where unitOfName(): break
        case 0x5B, 0x28:
            // "epoch [3/10]" keeps the name; "Iter(train) [10/90]" loses the bracketed word.
            if let last = words.last, cursor.current.isLetter, byte == 0x28, cursor.position - 1 == last.upperBound {
                let close = cursor.index(of: 0x29)
                if close < cursor.bytes.count {
                    noteContext(cursor.position..<close)
                    words = [last.lowerBound..<last.upperBound]
                    cursor.position = close + 1
                }
            }
        default:
            noteContext()
            words.removeAll(keepingCapacity: true)
            hasSeparator = false
            if byte == 0x7C { progressBar() }
        }
    }

    /// What the words before a number mean: all of them, or what is left without leading words that add nothing.
    private mutating func key() -> MetricKey? {
        for first in words.indices {
            guard let low = words[first...].first?.lowerBound, let high = words.last?.upperBound else { return nil }
            let name = UnsafeRawBufferPointer(rebasing: cursor.bytes[low..<high])
            if let key = MetricKey.named(name) {
                for dropped in words[..<first] { noteContext(dropped) }
                return key
            }
            let isLossAhead = words.last.map { range in
                var tail = cursor
                tail.position = max(range.upperBound - 4, 0)
                return tail.sees("loss") || tail.sees("Loss") || tail.sees("LOSS")
            }
            if isLossAhead == true, !Self.isFiller(cursor.slice(words[first])) { return nil }
        }
        return nil
    }

    /// Whether the name before a number says that it was measured in training.
    private var namesTraining: Bool {
        words.contains { range in
            let word = cursor.slice(range)
            return word.sees("train") || word.sees("Train") || word.sees("TRAIN")
        }
    }

    private var namesStep: Bool {
        guard let last = words.last else { return false }
        var tail = cursor
        tail.position = max(last.upperBound - 4, last.lowerBound)
        return tail.sees("step") || tail.sees("Step")
    }

    private static func isNumberType(_ word: ByteCursor) -> Bool {
        let types: [StaticString] = ["tensor", "np.float64", "np.float32", "float", "Array", "DeviceArray"]
        return types.contains { word.bytes.count == $0.utf8CodeUnitCount && word.sees($0) }
    }

    /// Words that may stand before "loss" without making it another loss.
    private static func isFiller(_ word: ByteCursor) -> Bool {
        word.sees("INFO") || word.sees("DEBUG") || word.sees("current") || word.sees("Current") || word.sees("avg")
            || word.sees("Avg") || word.sees("average") || word.sees("Average") || word.sees("mean")
            || word.sees("batch") || word.sees("Batch") || word.sees("running") || word.sees("the")
    }

    /// Words that say that the line is about an evaluation.
    private mutating func noteContext() {
        for range in words { noteContext(range) }
    }

    private mutating func noteContext(_ range: Range<Int>) {
        let word = cursor.slice(range)
        let known: [StaticString] = [
            "val", "Val", "VAL", "valid", "Valid", "validation", "Validation", "eval", "Eval", "EVAL", "evaluation",
            "Evaluation", "test", "Test", "TEST", "dev",
        ]
        if known.contains(where: { word.bytes.count == $0.utf8CodeUnitCount && word.sees($0) }) { isValidation = true }
    }
}
