import Terms

/// One log format: what it is called, which trainers print it, and what its numbers mean.
public struct LogFormatDescription: Sendable, Equatable {
    /// The id that ``TrainingHistory/format`` carries, for example `llm.c-python`.
    public var id: String
    /// The name for people.
    public var title: String
    /// What `trainer:` may say to choose the format, besides the id.
    public var trainers: [String]
    /// What a training line looks like.
    public var pattern: String
    /// The number printed for the first optimizer update; nil when runs differ and the log must show it.
    public var stepBase: Int?
    /// What the printed training loss averages over.
    public var lossScope: LossScope
    /// The gradient-norm clip of the trainer where nobody sets another, 0 for none; nil where that is not known.
    public var defaultClip: Double?
    /// How much one recognised line counts when formats compete: 4 for a format of its own, 1 for a catch-all.
    var weight: Int
    /// Whether the format takes names and numbers wherever they stand, and so would take the members of a JSON document.
    var isLoose: Bool

    init(
        id: String,
        title: String,
        trainers: [String],
        pattern: String,
        stepBase: Int?,
        lossScope: LossScope,
        defaultClip: Double? = nil,
        weight: Int = 4,
        isLoose: Bool = false
    ) {
        self.id = id
        self.title = title
        self.trainers = trainers
        self.pattern = pattern
        self.stepBase = stepBase
        self.lossScope = lossScope
        self.defaultClip = defaultClip
        self.weight = weight
        self.isLoose = isLoose
    }
}

/// A log format. Each lives in a file of its own and is listed in ``LogFormats``.
protocol LogFormat: SendableMetatype {
    static var description: LogFormatDescription { get }

    /// Reads everything the log says.
    static func read(_ text: LogText, into history: inout HistoryBuilder)

    /// Reads as much as is needed to tell whether the bytes are of this format: the records found are the evidence.
    static func sample(_ sample: LogSample, into history: inout HistoryBuilder)
}

/// A format that is no text. Its first bytes say so for sure, wherever its first record stands.
protocol BinaryLogFormat: LogFormat {
    static func matches(_ bytes: UnsafeRawBufferPointer) -> Bool
}

/// A format that is read line by line. A value holds what one line leaves for the next.
protocol LineLogFormat: LogFormat {
    init()

    /// Reads one line. False when the line is not of this format: it may then still be a banner line or an event.
    mutating func parse(_ line: ByteCursor, into history: inout HistoryBuilder) -> Bool

    /// Called after the last line.
    mutating func finish(into history: inout HistoryBuilder)
}

extension LineLogFormat {
    mutating func finish(into history: inout HistoryBuilder) {}

    static func read(_ text: LogText, into history: inout HistoryBuilder) {
        read(text, starting: Self(), into: &history)
    }

    static func sample(_ sample: LogSample, into history: inout HistoryBuilder) {
        Self.sample(sample, starting: Self(), into: &history)
    }

    /// Reads all lines.
    static func read(_ text: LogText, starting first: Self, into history: inout HistoryBuilder) {
        var format = first
        var noise = NoiseReader(format: description.id)
        var series = LineSeries()
        var tokens = StepTokensReader(format: description.id)
        var unread = UnreadCounter()
        var records = 0
        text.forEachLine { line, number in
            history.line = number
            history.marks.text = line
            if let open = text.openLine {
                readOpen(line, asItStands: open, isNoted: text.note == nil, &format, &noise, into: &history)
                if history.history.train.count > records { series.read(line, into: &history) }
                return
            }
            if !format.parse(line, into: &history) {
                noise.read(line, into: &history)
                unread.look(at: line, number: number, records: history.history.train.count)
            }
            if history.history.train.count > records {
                records = history.history.train.count
                unread.noteRead(line)
                series.read(line, into: &history)
                tokens.read(line, number: number, of: history.history)
            }
        }
        history.marks.text = nil
        format.finish(into: &history)
        history.history.stepTokens += tokens.found(in: history.history)
        noise.finish(into: &history)
        history.flushValidation()
        history.noteUnread(unread)
    }

    /// Reads the last line, which has no end.
    /// - Parameter isNoted: whether a note says so when the number that is left out would have been a value.
    private static func readOpen(
        _ line: ByteCursor,
        asItStands open: UnsafeRawBufferPointer,
        isNoted: Bool,
        _ format: inout Self,
        _ noise: inout NoiseReader,
        into history: inout HistoryBuilder
    ) {
        history.isLineOpen = true
        defer { history.isLineOpen = false }
        var (closed, whole) = (history.emptied, history.emptied)
        var (closedFormat, wholeFormat) = (format, format)
        _ = closedFormat.parse(line, into: &closed)
        Lines.forEach(in: open) { line, _ in
            _ = wholeFormat.parse(line, into: &whole)
            return true
        }
        if isNoted, closed.values != whole.values {
            history.note(
                "line \(history.line) is the last one and has no line end: the number it ends with may be cut and is left out"
            )
        }
        if !format.parse(line, into: &history) { noise.readOpen(line, asItStands: open, into: &history) }
    }

    /// Reads the lines of a sample for their metrics.
    static func sample(_ sample: LogSample, starting first: Self, into history: inout HistoryBuilder) {
        var format = first
        for window in sample.windows {
            Lines.forEachClosed(in: window) { line, _ in
                _ = format.parse(line, into: &history)
                return true
            }
        }
        format.finish(into: &history)
        history.flushValidation()
    }
}
