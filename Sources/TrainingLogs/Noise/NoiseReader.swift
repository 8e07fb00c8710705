/// Reads the lines that no format claimed: banners of the trainer, endings, other events.
struct NoiseReader {
    private let words = EndingWords.all
    private var traceback = TracebackReader()
    private var account: (reader: LauncherAccount, line: Int)?
    private var endings = EndingCollector()
    /// llm.c names the place of a CUDA error on one line and the error on the next.
    private var cudaError: String?
    /// The last line in which NCCL talks.
    private var lastCollective: Int?
    private var nanoGPT = NanoGPTSettings()
    private var dump: DumpReader
    private var total = TokensSeen()

    /// - Parameter format: The id of the format whose log it is.
    init(format: String) { dump = DumpReader(format: format) }

    mutating func read(_ line: ByteCursor, into history: inout HistoryBuilder) {
        var text = line
        text.skipLinePrefix()
        let found = words.find(in: line)
        if let place = cudaError {
            cudaError = nil
            end(place + " " + text.rest.plainText(limit: 200), into: &history)
            return
        }
        if text.sees("[CUDA ERROR]") {
            cudaError = text.rest.plainText(limit: 200)
            return
        }
        if !found.signs.isEmpty { note(found.signs, line, text, into: &history) }
        if account != nil, readAccount(line, into: &history) { return }
        if traceback.start != nil {
            switch traceback.read(line, behindPrefix: text) {
            case .frame: return
            case .exception(let exception):
                if !traceback.isIgnored { end(line, exception, found, chain: traceback.chain, into: &history) }
                return
            }
        }
        if found.signs.contains(.traceback) { return traceback.begin(line, at: history.line) }
        if readSettings(text, into: &history) {
            history.marks.isInterrupted = true
            return
        }
        if found.rule != nil || EventRules.isException(text) || EventRules.isKilled(text) {
            end(line, text, found, chain: nil, into: &history)
        } else if let kind = EventRules.kind(of: text) {
            history.event(kind, text: text.rest.plainText(limit: 400))
        }
    }

    /// Reads the last line, which has no end: an event as it stands, a banner without a number that may be cut.
    mutating func readOpen(
        _ line: ByteCursor,
        asItStands open: UnsafeRawBufferPointer,
        into history: inout HistoryBuilder
    ) {
        let (parameters, ledger) = (history.history.hyperparameters, history.history.ledger)
        Lines.forEach(in: open) { whole, _ in
            read(whole, into: &history)
            return true
        }
        guard history.history.hyperparameters != parameters || history.history.ledger != ledger else { return }
        (history.history.hyperparameters, history.history.ledger) = (parameters, ledger)
        var text = line
        text.skipLinePrefix()
        _ = readSettings(text, into: &history)
    }

    /// Reads what a line says of the run's settings; true where it says nothing else.
    private mutating func readSettings(_ text: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        if nanoGPT.read(text, into: &history) || Banners.read(text, into: &history) { return true }
        if total.read(text, into: &history) { return true }
        dump.read(text, into: &history)
        return false
    }

    mutating func finish(into history: inout HistoryBuilder) {
        if let place = cudaError { end(place, into: &history) }
        cudaError = nil
        if let start = traceback.start, !traceback.isIgnored {
            let ending = LogEnding(rule: EndingRules.exception, kind: .program)
            let text = "Traceback without its last line"
            let event = LogEvent(kind: .traceback, step: history.lastStep, line: start, text: text, ending: ending)
            endings.add(event, records: history.records)
            history.marks.isInterrupted = true
            traceback.end()
        }
        closeAccount(into: &history)
        let (events, survived) = endings.finish(records: history.records)
        history.endings(events, survived: survived)
        history.history.endsAmongCollectives = lastCollective.map { history.line - $0 <= 2 } ?? false
    }

    private mutating func note(
        _ signs: EndingWords.Signs,
        _ line: ByteCursor,
        _ text: ByteCursor,
        into history: inout HistoryBuilder
    ) {
        traceback.note(signs, at: history.line)
        if signs.contains(.firstFailure) { account = (LauncherAccount(), history.line) }
        if signs.contains(.done) { endings.finishTraining(line: history.line, records: history.records) }
        if signs.contains(.collectives) { lastCollective = history.line }
        if signs.contains(.skipped) { history.event(.skippedUpdate, text: text.rest.plainText(limit: 400)) }
        if signs.contains(.scale), let scale = EventRules.reducedLossScale(in: text), let step = history.lastStep {
            history.lossScale(step: step, scale)
        }
    }

    private mutating func readAccount(_ line: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        guard account?.reader.read(line) == true else {
            closeAccount(into: &history)
            return false
        }
        return true
    }

    private mutating func closeAccount(into history: inout HistoryBuilder) {
        defer { account = nil }
        guard let account, let event = account.reader.event(line: account.line, step: history.lastStep) else { return }
        endings.add(event, records: history.records)
        history.marks.isInterrupted = true
    }

    private mutating func end(_ message: String, into history: inout HistoryBuilder) {
        let event = LogEvent(kind: .traceback, step: history.lastStep, line: history.line, text: message)
        endings.add(event, records: history.records)
        history.marks.isInterrupted = true
    }

    /// Adds the ending that a line names.
    /// - Parameters:
    ///   - line: The line from its first byte.
    ///   - message: The same line behind its prefix.
    private mutating func end(
        _ line: ByteCursor,
        _ message: ByteCursor,
        _ found: EndingWords.Found,
        chain: Int?,
        into history: inout HistoryBuilder
    ) {
        if chain == nil, EventRules.isSource(message) { return }
        guard var ending = LogEnding(line, message, found) else { return }
        ending.chain = chain
        let text = message.behindBar.rest.plainText(limit: 400)
        let event = LogEvent(kind: .traceback, step: history.lastStep, line: history.line, text: text, ending: ending)
        endings.add(event, records: history.records)
        history.marks.isInterrupted = true
    }
}

extension ByteCursor {
    /// What follows a progress bar that the message is glued to.
    fileprivate var behindBar: ByteCursor {
        for words: StaticString in ["it/s", "s/it"] {
            var probe = self
            if probe.seek(words), probe.seek("]"), !probe.isAtEnd {
                var message = probe.rest
                message.skipLinePrefix()
                return message.isAtEnd ? self : message
            }
        }
        return self
    }
}
