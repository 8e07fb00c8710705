import Terms

/// The file of a W&B run, `run-<id>.wandb`: what the run tracked, its configuration and its console, as every version of the
/// package has written them since 0.10; see ``WandbRecords`` for its frames.
///
/// A run that was killed leaves a file that ends anywhere; what stands before is read. The steps are those that the run tracked
/// itself (`iter`, `trainer/global_step`), where it did: W&B's own count its records.
///
/// Source: the messages of wandb's `wandb_internal.proto`, by their numbers.
enum WandbRun: BinaryLogFormat {
    static let description = LogFormatDescription(
        id: "wandb",
        title: "W&B run file",
        trainers: ["wandb"],
        pattern: "a history record with train/loss",
        stepBase: nil,
        lossScope: .unknown,
        weight: 8
    )

    static func matches(_ bytes: UnsafeRawBufferPointer) -> Bool { WandbRecords.matches(bytes) }

    static func sample(_ sample: LogSample, into history: inout HistoryBuilder) {
        read(LogText(sample.head), into: &history)
    }

    static func read(_ text: LogText, into history: inout HistoryBuilder) {
        guard matches(text.window) else { return }
        var run = WandbHistory(file: text.name)
        var records = WandbRecords()
        records.forEach(in: text) { run.read($0, into: &history) }
        run.finish(into: &history)
        for note in records.notes { history.note(note) }
        if !run.hasEnded { history.note("it holds no end of the run, which was killed or goes on") }
    }
}

/// The records of a run while they are read.
private struct WandbHistory {
    private var series = TrackedSeries()
    private var configuration: RunConfiguration
    private var console = ConsoleText()
    private var step = 0
    private var exitCode = 0
    private(set) var hasEnded = false
    /// The metrics of one record.
    private var values: [(place: Int, value: Double)] = []
    private var name: [UInt8] = []

    init(file: String) { configuration = RunConfiguration(file: file) }

    mutating func read(_ record: UnsafeRawBufferPointer, into history: inout HistoryBuilder) {
        var fields = ProtobufFields(record)
        while let field = fields.next() {
            guard case .bytes(let message) = field.value else { continue }
            switch field.number {
            case 2: readHistory(message, into: &history)
            case 4, 13: readOutput(message, into: &history)
            case 5: readConfiguration(message)
            case 17: readRun(message, into: &history)
            case 18: readExit(message)
            default: break
            }
        }
    }

    mutating func finish(into history: inout HistoryBuilder) {
        // 255 is the interrupt of a person.
        if exitCode == 255 {
            history.note("the run was interrupted (exit code 255)")
        } else if exitCode != 0 {
            console.add("exited with exit code \(exitCode)\n", into: &history)
        }
        console.finish(into: &history)
        let records = series.best(.train)?.series.count ?? 0
        let counter = series.counters.lazy.filter { $0.count * 2 >= records }.compactMap(StepMap.init).first
        if let counter {
            for index in history.history.events.indices {
                history.history.events[index].step = history.history.events[index].step.map(counter.step)
            }
        }
        history.history.train = Series()
        series.write(into: &history, steps: counter)
        history.add(configuration.settings)
    }

    // MARK: History

    private mutating func readHistory(_ message: UnsafeRawBufferPointer, into history: inout HistoryBuilder) {
        values.removeAll(keepingCapacity: true)
        var own: Int?
        var fields = ProtobufFields(message)
        while let field = fields.next() {
            guard case .bytes(let part) = field.value else { continue }
            switch field.number {
            case 1: readItem(part, step: &own)
            case 2: own = own ?? number(1, part) ?? 0
            default: break
            }
        }
        // A record without a step follows the one before it.
        step = own ?? (step == .max ? step : step + 1)
        var loss: Double?
        for (place, value) in values {
            series.append(step: step, value: value, at: place)
            if series.isTrain(place) { loss = value }
        }
        // What the console says belongs behind the records before it; the curve is written at the end.
        if let loss { history.train(step: step, loss: loss) }
    }

    /// A metric: its key, or the parts of one, and its value as JSON or, lately, as a number.
    private mutating func readItem(_ message: UnsafeRawBufferPointer, step: inout Int?) {
        var key = UnsafeRawBufferPointer(start: nil, count: 0)
        var parts = 0
        var value: Double?
        var json = UnsafeRawBufferPointer(start: nil, count: 0)
        var fields = ProtobufFields(message)
        while let field = fields.next() {
            switch (field.number, field.value) {
            case (1, .bytes(let text)):
                if !text.isEmpty { key = text }
            case (2, .bytes(let text)):
                if parts == 0 { key = text } else { join(parts == 1 ? key : nil, text) }
                parts += 1
            case (5, .varint(let word)): value = Double(Int64(bitPattern: word))
            case (6, .fixed64(let word)): value = Double(bitPattern: word)
            case (8, .bytes(let text)), (16, .bytes(let text)): json = text
            default: break
            }
        }
        if parts > 1 {
            name.withUnsafeBytes { take($0, value, json, step: &step) }
        } else {
            take(key, value, json, step: &step)
        }
    }

    private mutating func join(_ first: UnsafeRawBufferPointer?, _ part: UnsafeRawBufferPointer) {
        if let first {
            name.removeAll(keepingCapacity: true)
            name.append(contentsOf: first)
        }
        guard name.count < 1024 else { return }
        name.append(0x2E)
        name.append(contentsOf: part)
    }

    private mutating func take(
        _ name: UnsafeRawBufferPointer,
        _ number: Double?,
        _ json: UnsafeRawBufferPointer,
        step: inout Int?
    ) {
        if !json.isEmpty, json[0] == 0x7B {
            takeObject(name, json)
            return
        }
        // Others that begin so are W&B's own: times, mostly.
        let isOwn = !name.isEmpty && name[0] == 0x5F
        let isStep = isOwn && name.count == 5 && ByteCursor(name).sees("_step")
        guard isStep || !isOwn, let place = isStep ? 0 : series.place(of: name) else { return }
        var scanner = MappingScanner(ByteCursor(json))
        guard let value = number ?? scanner.scalar() else { return }
        if isStep { step = Int(exactly: value) } else { values.append((place, value)) }
    }

    /// `wandb.log({"train": {"loss": x}})`.
    private mutating func takeObject(_ name: UnsafeRawBufferPointer, _ json: UnsafeRawBufferPointer) {
        var scanner = MappingScanner(ByteCursor(json))
        let head = Array(name.prefix(256))
        var found: [(name: [UInt8], value: Double)] = []
        scanner.forEachScalar { names, scalar in
            var number = ByteCursor(UnsafeRawBufferPointer(rebasing: json[scalar]))
            guard found.count < 1024, let value = number.number(), number.isAtEnd else { return }
            found.append((names.reduce(head) { $0 + [0x2E] + json[$1].prefix(256) }, value))
        }
        for (name, value) in found {
            if let place = name.withUnsafeBytes({ series.place(of: $0) }) { values.append((place, value)) }
        }
    }

    // MARK: Others

    private mutating func readOutput(_ message: UnsafeRawBufferPointer, into history: inout HistoryBuilder) {
        history.lastStep = step
        if let line = bytes(3, message) { console.add(line, into: &history) }
    }

    private mutating func readRun(_ message: UnsafeRawBufferPointer, into history: inout HistoryBuilder) {
        if let configuration = bytes(4, message) { readConfiguration(configuration) }
        if number(18, message) == 1 { history.event(.resumed, text: "resumed run") }
    }

    private mutating func readConfiguration(_ message: UnsafeRawBufferPointer) {
        var fields = ProtobufFields(message)
        while let field = fields.next() {
            guard field.number == 1, case .bytes(let item) = field.value else { continue }
            var path: [String] = []
            var parts = ProtobufFields(item)
            while let part = parts.next(), path.count < MappingScanner.deepest {
                if part.number <= 2, case .bytes(let name) = part.value, !name.isEmpty {
                    path.append(String(decoding: name.prefix(128), as: UTF8.self))
                }
            }
            if path != ["_wandb"], let json = bytes(16, item) { configuration.add(json: json, under: path) }
        }
    }

    private mutating func readExit(_ message: UnsafeRawBufferPointer) {
        hasEnded = true
        exitCode = number(1, message) ?? 0
    }

    /// The last field of a number that holds bytes.
    private func bytes(_ wanted: Int, _ message: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        var result: UnsafeRawBufferPointer?
        var fields = ProtobufFields(message)
        while let field = fields.next() {
            if field.number == wanted, case .bytes(let value) = field.value { result = value }
        }
        return result
    }

    /// The last field of a number that holds a whole number.
    private func number(_ wanted: Int, _ message: UnsafeRawBufferPointer) -> Int? {
        var result: Int?
        var fields = ProtobufFields(message)
        while let field = fields.next() {
            if field.number == wanted, case .varint(let value) = field.value { result = Int(Int64(bitPattern: value)) }
        }
        return result
    }
}
