/// Reads training logs.
public enum LogReader {
    /// Reads one log.
    /// - Parameters:
    ///   - path: a file, pipe or device.
    ///   - trainer: the trainer that wrote it (see ``LogFormats/trainerNames``); nil detects the format.
    public static func read(path: String, trainer: String? = nil) throws(LogError) -> TrainingHistory {
        try LogFile.withBytes(of: path) { bytes throws(LogError) in
            try parse(bytes: bytes, name: path, trainer: trainer)
        }
    }

    /// Reads several logs of one run and merges them: see ``TrainingHistory/merging(_:)``.
    ///
    /// A file in which no curve was found is left out if another holds one.
    public static func read(paths: [String], trainer: String? = nil) throws(LogError) -> TrainingHistory {
        var histories: [TrainingHistory] = []
        var firstError: LogError?
        for path in paths {
            do {
                histories.append(try read(path: path, trainer: trainer))
            } catch {
                switch error {
                case .notALog, .noLoss, .empty: firstError = firstError ?? error
                default: throw error
                }
            }
        }
        guard let merged = TrainingHistory.merging(histories) else { throw firstError ?? .nothingToRead }
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
        var readers = LogFormats.readers
        if let trainer {
            readers = LogFormats.readers(forTrainer: trainer)
            guard !readers.isEmpty else { throw .unknownTrainer(name: trainer) }
        }
        guard bytes.contains(where: { $0 != 0x20 && !(0x09...0x0D).contains($0) }) else { throw .empty(path: name) }
        if let foreign = TextEncoding.foreignType(bytes) {
            throw .notALog(path: name, lines: 0, reason: "it is \(foreign)")
        }
        if let bigEndian = TextEncoding.utf16IsBigEndian(bytes) {
            let text = TextEncoding.utf8(fromUTF16: bytes, bigEndian: bigEndian)
            return try text.withUnsafeBufferPointer { bytes throws(LogError) in
                try parse(text: UnsafeRawBufferPointer(bytes), name: name, readers: readers)
            }
        }
        if !TFEvents.matches(bytes), TextEncoding.isMostlyBinary(bytes) {
            throw .notALog(path: name, lines: 0, reason: "it is binary data")
        }
        let mark = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        return try parse(text: UnsafeRawBufferPointer(rebasing: bytes[mark...]), name: name, readers: readers)
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

    private static func parse(
        text: UnsafeRawBufferPointer,
        name: String,
        readers: [any LogFormat.Type]
    ) throws(LogError) -> TrainingHistory {
        // Rare records in a long log may all fall between the windows of the first sample.
        for budget in [256 << 10, 16 << 20] {
            let sample = LogSample(text, budget: budget)
            if let found = Recognition.all(in: sample, among: readers).first {
                let description = found.reader.description
                var builder = HistoryBuilder(description)
                found.reader.read(text, into: &builder)
                return builder.finished(description, reason: found.reason)
            }
            if text.count <= budget { break }
        }
        throw failure(text: text, name: name, readers: readers)
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
        var noise = NoiseReader()
        Lines.forEach(in: head) { line, number in
            builder.line = number
            noise.read(line, into: &builder)
            return true
        }
        noise.finish(into: &builder)
        if let death = builder.history.events.last(where: { $0.kind == .traceback }) {
            let reason = "the run died before it printed one (line \(death.line): \(death.text))"
            return .noLoss(path: name, format: "the output of a trainer", reason: reason)
        }
        if builder.history.hyperparameters != Hyperparameters() {
            let reason = "it has the banner of a trainer and no training step"
            return .noLoss(path: name, format: "the output of a trainer", reason: reason)
        }
        if readers.count == 1, let only = readers.first {
            let pattern = only.description.pattern
            return .noLoss(path: name, format: only.description.title, reason: "no line like \"\(pattern)\"")
        }
        if CSVTable.isTableOfRuns(head) {
            let reason = "it is a table of runs, one row a run; export the history of one run instead"
            return .notALog(path: name, lines: lines, reason: reason)
        }
        let reason = "no line gives a step and a loss"
        return .notALog(path: name, lines: lines, reason: reason)
    }
}
