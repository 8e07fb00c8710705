/// The log formats this module reads.
public enum LogFormats {
    /// All formats, the particular ones first.
    public static var all: [LogFormatDescription] { readers.map { $0.description } }

    /// The readers, in the order in which they win a tie.
    static let readers: [any LogFormat.Type] = [
        LlmcCUDA.self, LlmcPython.self, LlmcC.self, LlmcMainLog.self,
        BuildNanoGPT.self, BuildNanoGPTLog.self, NanoGPT.self, Nanochat.self, ModdedNanoGPT.self, ParameterGolf.self,
        HFTrainerOutput.self, MegatronGolden.self, JSONDocument.self, JSONLines.self,
        Megatron.self, TorchTitan.self, LitGPT.self, OLMo.self, Fairseq.self, Minimind.self, WordLanguageModel.self,
        Nanotron.self, MaxText.self, MLXLM.self, MLLog.self, CSVTable.self, TFEvents.self, TwoColumns.self,
        KeyValue.self,
    ]

    /// Whether a reader takes names and numbers wherever they stand, and so would take the members of a JSON document.
    static func isLoose(_ reader: any LogFormat.Type) -> Bool {
        reader == KeyValue.self || reader == TwoColumns.self || reader == CSVTable.self || reader == JSONLines.self
    }

    /// Every name `trainer:` accepts, sorted.
    public static var trainerNames: [String] {
        Set(readers.flatMap { $0.description.trainers + [$0.description.id] }).sorted()
    }

    /// What every format, recognised or not, makes of some bytes: any reader must bear any input.
    package static func readings(of bytes: UnsafeRawBufferPointer) -> [TrainingHistory] {
        readers.map { reader in
            var history = HistoryBuilder(reader.description)
            reader.read(LogText(bytes), into: &history)
            return history.finished(reader.description, reason: "")
        }
    }

    /// The readers a trainer's name stands for.
    static func readers(forTrainer name: String) -> [any LogFormat.Type] {
        let wanted = name.lowercased()
        return readers.filter { reader in
            let description = reader.description
            return ([description.id] + description.trainers).contains { $0.lowercased() == wanted }
        }
    }
}

/// A format with the evidence for it.
struct Recognition {
    var reader: any LogFormat.Type
    /// Training records found in the sample.
    var trainRecords: Int
    /// Validation records found in the sample.
    var validationRecords: Int

    /// One evaluation alone, in no format of its own, is a result and not a curve.
    private var isCurve: Bool { trainRecords > 0 || validationRecords > (LogFormats.isLoose(reader) ? 1 : 0) }

    private var isCatchAll: Bool { reader.description.weight <= 1 }

    var score: Int { (2 * trainRecords + validationRecords) * reader.description.weight }

    /// Why the format was chosen.
    var reason: String {
        let pattern = reader.description.pattern
        if trainRecords > 0 {
            return "\(trainRecords) training records like \"\(pattern)\" in the part looked at"
        }
        return "\(validationRecords) validation records, no training loss, in the part looked at"
    }

    /// Training records that settle the matter for a format of its own, however many lines a catch-all understands.
    static let certain = 3

    /// The formats that fit, best first.
    static func all(in sample: LogSample, among readers: [any LogFormat.Type]) -> [Recognition] {
        let isDocument = readers.count > 1 && JSONDocument.isDocument(sample.head)
        let readers = isDocument ? readers.filter { !LogFormats.isLoose($0) } : readers
        var found = readers.enumerated().compactMap { order, reader -> (order: Int, recognition: Recognition)? in
            var history = HistoryBuilder(reader.description)
            reader.sample(sample, into: &history)
            // A record whose loss was left out for being NaN is a record all the same.
            let hidden = history.history.events.reduce(0) { $0 + ($1.kind == .hiddenNonFinite ? 1 : 0) }
            let recognition = Recognition(
                reader: reader,
                trainRecords: max(history.history.train.count, hidden),
                validationRecords: history.history.validation.count
            )
            return recognition.isCurve ? (order, recognition) : nil
        }
        if found.contains(where: { !$0.recognition.isCatchAll && $0.recognition.trainRecords >= certain }) {
            found.removeAll { $0.recognition.isCatchAll }
        }
        return found.sorted { ($1.recognition.score, $0.order) < ($0.recognition.score, $1.order) }.map(\.recognition)
    }
}
