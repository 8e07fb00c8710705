import Terms

/// A JSON document with an array of records: the Hugging Face Trainer's `trainer_state.json`, dumps of a run's history.
///
/// The document need not be legal JSON: Python writes `NaN` and `Infinity`. Records are the objects of arrays that
/// hold a loss.
enum JSONDocument: LogFormat {
    static let description = LogFormatDescription(
        id: "trainer-state",
        title: "trainer_state.json",
        trainers: ["trainer-state", "hf-trainer", "huggingface", "transformers"],
        pattern: "{\"log_history\": [{\"loss\": X, \"step\": N}, ...]}",
        stepBase: 1,
        lossScope: .interval,
        defaultClip: 1,
        weight: 5
    )

    /// Whether the text, or the head of it, is one JSON object or array and nothing else: then its lines are no log lines.
    ///
    /// One object on one line may be the first record of a log. W&B's summary of a finished run is none, and knows itself
    /// by `_wandb`.
    static func isDocument(_ head: UnsafeRawBufferPointer) -> Bool {
        guard begins(head) else { return false }
        var scanner = MappingScanner(ByteCursor(head))
        scanner.skipBlanks()
        let start = scanner.cursor.position
        guard scanner.skipBracketed() else { return true }
        var summary = ByteCursor(UnsafeRawBufferPointer(rebasing: head[start..<scanner.cursor.position]))
        let isOneLine = !summary.bytes.contains(0x0A) && !summary.seek("\"_wandb\"")
        scanner.skipBlanks()
        return scanner.cursor.isAtEnd && !isOneLine
    }

    /// Whether the text begins as an object with a name in quotes or as an array of objects. "[rank0]: ...", a colour
    /// sequence and "{'loss': ...}" begin lines of a log.
    private static func begins(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var scanner = MappingScanner(ByteCursor(bytes))
        while [0x20, 0x09, 0x0A, 0x0D].contains(scanner.cursor.current) { scanner.cursor.position += 1 }
        let first = scanner.cursor.current
        scanner.cursor.position += 1
        scanner.skipBlanks()
        return first == 0x5B ? scanner.cursor.current == 0x7B : first == 0x7B && scanner.cursor.current == 0x22
    }

    static func sample(_ sample: LogSample, into history: inout HistoryBuilder) {
        read(sample.head, into: &history)
    }

    static func read(_ text: LogText, into history: inout HistoryBuilder) { read(text.document(), into: &history) }

    private static func read(_ bytes: UnsafeRawBufferPointer, into history: inout HistoryBuilder) {
        guard begins(bytes) else { return }
        var choice = MetricChoice()
        var first = history
        read(bytes, choice: &choice, into: &first)
        // The first records may all be of epoch 0, and only later ones show that epochs do not number them.
        if choice.hasPartEpochs {
            choice.validation = nil
            first = history
            read(bytes, choice: &choice, into: &first)
            first.noteNumbering()
        }
        history = first
    }

    private static func read(
        _ bytes: UnsafeRawBufferPointer,
        choice: inout MetricChoice,
        into history: inout HistoryBuilder
    ) {
        var scanner = MappingScanner(ByteCursor(bytes))
        scanner.skipBlanks()
        var open: [UInt8] = []
        var ordinal = 0
        var lastKey: Range<Int>?
        while !scanner.cursor.isAtEnd {
            scanner.skipBlanks()
            let byte = scanner.cursor.current
            switch byte {
            case 0x7B where open.last == 0x5B:
                var attempt = scanner
                var record = MetricRecord(numbering: choice)
                if attempt.record(into: &record), record.hasLoss || record.printedStep != nil {
                    scanner = attempt
                    if record.hasTrainingLoss { ordinal += 1 }
                    let step = record.printedStep ?? ordinal
                    record.write(step: step, into: &history, choice: &choice)
                    continue
                }
                open.append(byte)
                scanner.cursor.position += 1
            case 0x5B, 0x7B:
                guard open.count < MappingScanner.deepest else { return }
                open.append(byte)
                scanner.cursor.position += 1
            case 0x5D, 0x7D:
                // One document only: JSON lines have another reader.
                guard open.popLast() != nil, !open.isEmpty else { return }
                scanner.cursor.position += 1
            case 0x22:
                guard let range = scanner.string() else { return }
                lastKey = range
            case 0x3A:
                scanner.cursor.position += 1
                scanner.skipBlanks()
                if open.count == 1, let key = lastKey { readMember(key, scanner, into: &history) }
            default:
                scanner.cursor.position += 1
            }
        }
    }

    /// A member of the outermost object: `max_steps`.
    private static func readMember(_ key: Range<Int>, _ scanner: MappingScanner, into history: inout HistoryBuilder) {
        let name = UnsafeRawBufferPointer(rebasing: scanner.cursor.bytes[key])
        var value = scanner.cursor
        guard let total = value.integer(), !value.isAtEnd, MetricKey.named(name)?.kind == .totalSteps else { return }
        history.totalSteps(total)
    }
}
