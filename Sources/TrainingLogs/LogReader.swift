/// Reads training logs.
public enum LogReader {
    /// Reads one log.
    /// - Parameters:
    ///   - path: a file, pipe or device; `-` is standard input.
    ///   - trainer: the trainer that wrote it (see ``LogFormats/trainerNames``); nil detects the format.
    public static func read(path: String, trainer: String? = nil) throws(LogError) -> TrainingHistory {
        let readers = try readers(for: trainer)
        let file = try FileSource(path: path == "-" ? "/dev/stdin" : path)
        let peeked = try PeekedSource(file)
        if let unpacked = try unpacked(peeked) { return try read(LogText(unpacked, name: path), readers: readers) }
        return try read(LogText(peeked, name: path), file: file, readers: readers)
    }

    /// Reads several logs and merges them: see ``TrainingHistory/merging(_:names:)``.
    ///
    /// A file in which no curve was found is left out if another holds one; the notes of the history say which.
    /// - Parameters:
    ///   - paths: the logs, in any order.
    ///   - trainer: the trainer that wrote them; nil detects the format of each.
    ///   - opening: reads what is no log file, such as a folder; nil leaves a path to this reader.
    public static func read(
        paths: [String],
        trainer: String? = nil,
        opening: (String) throws(LogError) -> TrainingHistory? = { (_) throws(LogError) in nil }
    ) throws(LogError) -> TrainingHistory {
        var histories: [TrainingHistory] = []
        var firstError: LogError?
        var leftOut: [String] = []
        var names: [String] = []
        for path in paths {
            do {
                let opened = try opening(path)
                var history: TrainingHistory
                if let opened { history = opened } else { history = try read(path: path, trainer: trainer) }
                if paths.count > 1 {
                    history.notes = history.notes.map { "\(path): \($0)" }
                    history.hyperparameters.name(file: path.split(separator: "/").last.map(String.init) ?? path)
                }
                names.append(path)
                histories.append(history)
            } catch {
                switch error {
                case .notALog, .noLoss, .empty:
                    firstError = firstError ?? error
                    leftOut.append("\(path): no training curve in it, so it was left out")
                default: throw error
                }
            }
        }
        guard var merged = TrainingHistory.merging(histories, names: names) else { throw firstError ?? .nothingToRead }
        merged.notes += leftOut
        return merged
    }

    /// Reads a log that is in memory.
    /// - Parameters:
    ///   - bytes: any bytes at all.
    ///   - name: what messages call the log.
    ///   - trainer: the trainer that wrote it; nil detects the format.
    public static func parse(
        bytes: UnsafeRawBufferPointer,
        name: String,
        trainer: String? = nil
    ) throws(LogError) -> TrainingHistory {
        let readers = try readers(for: trainer)
        if let unpacked = try unpacked(PeekedSource(MemorySource(bytes))) {
            return try read(LogText(unpacked, name: name), readers: readers)
        }
        return try read(LogText(bytes, name: name), readers: readers)
    }

    /// Reads a log that is in memory.
    public static func parse(
        bytes: [UInt8],
        name: String,
        trainer: String? = nil
    ) throws(LogError) -> TrainingHistory {
        try bytes.withUnsafeBufferPointer { bytes throws(LogError) in
            try parse(bytes: UnsafeRawBufferPointer(bytes), name: name, trainer: trainer)
        }
    }

    private static func readers(for trainer: String?) throws(LogError) -> [any LogFormat.Type] {
        guard let trainer else { return LogFormats.readers }
        let readers = LogFormats.readers(forTrainer: trainer)
        guard !readers.isEmpty else { throw .unknownTrainer(name: trainer) }
        return readers
    }

    /// The UTF-8 text behind gzip, zstd, UTF-16 and a notebook; nil when the bytes are none of these.
    private static func unpacked(_ packed: PeekedSource) throws(LogError) -> (any ByteSource)? {
        var source = packed
        var isPacked = true
        if GzipSource.matches(packed.head) {
            source = try PeekedSource(GzipSource(packed))
        } else if ZstdSource.matches(packed.head) {
            source = try PeekedSource(ZstdSource(packed))
        } else {
            isPacked = false
        }
        if let bigEndian = source.head.withUnsafeBytes({ TextEncoding.utf16IsBigEndian($0) }) {
            return UTF16Source(source, bigEndian: bigEndian)
        }
        if NotebookSource.matches(source.head) { return try NotebookSource(source) }
        return isPacked ? source : nil
    }

    /// Reads a log from its first byte to its last.
    /// - Parameter file: the file it stands in, if as plain text: its parts are looked at to recognise the format.
    private static func read(
        _ text: LogText,
        file: FileSource? = nil,
        readers: [any LogFormat.Type]
    ) throws(LogError) -> TrainingHistory {
        if let failure = text.failure { throw failure }
        skipHole(text)
        try refuseForeign(text)
        if text.window.starts(with: [0xEF, 0xBB, 0xBF]) { _ = text.advance(by: 3) }
        if let binary = binaryFormat(of: text.window) {
            let history = try read(text, as: binary, reason: "its first bytes are those of \(binary.description.title)")
            guard history.train.isEmpty, history.validation.isEmpty else { return history }
            let reason = "no metric in it has the name of a loss" + history.notes.map { "; \($0)" }.joined()
            throw .noLoss(path: text.name, format: binary.description.title, reason: reason)
        }
        // Rare records in a long log may all fall between the windows of the first sample.
        for budget in [256 << 10, 16 << 20] {
            text.sample = LogSample(text.window, file: text.isComplete ? nil : file, budget: budget)
            if let found = recognise(text, among: readers) {
                return try read(text, as: found.reader, reason: found.reason)
            }
            if text.window.count <= budget { break }
        }
        throw failure(text: text.window, name: text.name, readers: readers)
    }

    private static func read(
        _ text: LogText,
        as reader: any LogFormat.Type,
        reason: String
    ) throws(LogError) -> TrainingHistory {
        let description = reader.description
        var builder = HistoryBuilder(description)
        reader.read(text, into: &builder)
        if let failure = text.failure { throw failure }
        if let note = text.note { builder.note(note) }
        return builder.finished(description, reason: reason)
    }

    /// The format, of those that are no text, whose first bytes these are.
    private static func binaryFormat(of bytes: UnsafeRawBufferPointer) -> (any BinaryLogFormat.Type)? {
        LogFormats.readers.lazy.compactMap { $0 as? any BinaryLogFormat.Type }.first { $0.matches(bytes) }
    }

    /// The format that fits best; of lines broken at a fixed width, when joined.
    private static func recognise(_ text: LogText, among readers: [any LogFormat.Type]) -> Recognition? {
        let found = Recognition.all(in: text.sample, among: readers).first
        let records = found?.trainRecords ?? 0
        // A broken record fills at least one line.
        guard let candidate = HardWrap.candidate(in: text.sample), candidate.lines > records else { return found }
        let joined = LogSample(text.sample, joining: candidate.wrap)
        guard let better = Recognition.all(in: joined, among: readers).first, better.score > found?.score ?? 0 else {
            return found
        }
        text.sample = joined
        text.wrap = candidate.wrap
        return better
    }

    /// Passes over the hole at the front of a log that was emptied while its trainer went on writing at its old place.
    private static func skipHole(_ text: LogText) {
        var zeros = 0
        repeat { zeros = text.window.prefix { $0 == 0 }.count } while zeros >= 64 && text.advance(by: zeros)
    }

    /// Throws when the first bytes say that this is no log.
    private static func refuseForeign(_ text: LogText) throws(LogError) {
        let bytes = text.window
        guard bytes.contains(where: { $0 != 0x20 && !(0x09...0x0D).contains($0) }) else {
            guard let note = text.note else { throw .empty(path: text.name) }
            throw .notALog(path: text.name, lines: 0, reason: note)
        }
        if let foreign = TextEncoding.foreignType(bytes) {
            throw .notALog(path: text.name, lines: 0, reason: "it is \(foreign)")
        }
        if binaryFormat(of: bytes) == nil, TextEncoding.isMostlyBinary(bytes) {
            throw .notALog(path: text.name, lines: 0, reason: "it is binary data")
        }
    }

    /// Says what a file without a curve looks like.
    private static func failure(
        text: UnsafeRawBufferPointer,
        name: String,
        readers: [any LogFormat.Type]
    ) -> LogError {
        let head = UnsafeRawBufferPointer(rebasing: text.prefix(1 << 20))
        let lines = head.reduce(1) { $0 + ($1 == 0x0A ? 1 : 0) }
        var builder = HistoryBuilder(LlmcCUDA.description)
        var noise = NoiseReader(format: builder.history.format)
        Lines.forEach(in: head) { line, number in
            builder.line = number
            noise.read(line, into: &builder)
            return true
        }
        noise.finish(into: &builder)
        if let death = builder.history.death {
            let reason = "the run died before it printed one (line \(death.line): \(death.text))"
            return .noLoss(path: name, format: "the output of a trainer", reason: reason)
        }
        let nearest = NearMisses(in: head).reason.map { "; \($0)" } ?? ""
        if builder.history.hyperparameters != Hyperparameters() || !builder.history.ledger.entries.isEmpty {
            let reason = "it has the banner of a trainer and no training step\(nearest)"
            return .noLoss(path: name, format: "the output of a trainer", reason: reason)
        }
        if readers.count == 1, let only = readers.first {
            let pattern = only.description.pattern
            return .noLoss(path: name, format: only.description.title, reason: "no line like \"\(pattern)\"\(nearest)")
        }
        if CSVTable.isTableOfRuns(head) {
            let reason = "it is a table of runs, one row a run; export the history of one run instead"
            return .notALog(path: name, lines: lines, reason: reason)
        }
        let reason = "no line gives a step and a loss\(nearest)"
        return .notALog(path: name, lines: lines, reason: reason)
    }
}
