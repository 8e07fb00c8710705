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

    var score: Int { (2 * trainRecords + validationRecords) * reader.description.weight }

    /// Why the format was chosen.
    var reason: String {
        let pattern = reader.description.pattern
        if trainRecords > 0 {
            return "\(trainRecords) training records like \"\(pattern)\" in the part looked at"
        }
        return "\(validationRecords) validation records, no training loss, in the part looked at"
    }

    /// The formats that fit, best first.
    static func all(in sample: LogSample, among readers: [any LogFormat.Type]) -> [Recognition] {
        let found = readers.enumerated().compactMap { order, reader -> (order: Int, recognition: Recognition)? in
            var history = HistoryBuilder(reader.description)
            reader.sample(sample, into: &history)
            // A record whose loss was left out for being NaN is a record all the same.
            let hidden = history.history.events.reduce(0) { $0 + ($1.kind == .hiddenNonFinite ? 1 : 0) }
            let recognition = Recognition(
                reader: reader,
                trainRecords: max(history.history.train.count, hidden),
                validationRecords: history.history.validation.count
            )
            return recognition.score > 0 ? (order, recognition) : nil
        }
        return found.sorted { ($1.recognition.score, $0.order) < ($0.recognition.score, $1.order) }.map(\.recognition)
    }
}
