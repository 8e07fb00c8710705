/// The log formats this module reads.
public enum LogFormats {
    /// All formats, the particular ones first.
    public static var all: [LogFormatDescription] { readers.map { $0.description } }

    /// The readers, in the order in which they win a tie.
    static let readers: [any LogFormat.Type] = [
        LlmcCUDA.self, LlmcPython.self, LlmcC.self, LlmcMainLog.self,
        BuildNanoGPT.self, BuildNanoGPTLog.self, NanoGPT.self, Nanochat.self, ModdedNanoGPT.self, ParameterGolf.self,
        HFTrainerOutput.self, MegatronGolden.self, NeMo.self, Composer.self, JSONDocument.self, JSONLines.self,
        Megatron.self, TorchTitan.self, LitGPT.self, OLMo.self, Fairseq.self, Minimind.self, WordLanguageModel.self,
        Nanotron.self, MaxText.self, MLXLM.self, MLLog.self, ESPnet.self, Levanter.self, DLLogger.self,
        MetricLogger.self,
        Marian.self, CLUMetrics.self, Keras.self, TensorFlowHooks.self, CSVTable.self, TextTable.self, TFEvents.self,
        TwoColumns.self,
        KeyValue.self,
    ]

    /// What is known of a format; nil where the id is not one of ``all``.
    public static func description(of id: String) -> LogFormatDescription? {
        readers.lazy.map { $0.description }.first { $0.id == id }
    }

    /// Every name `trainer:` accepts, sorted.
    public static var trainerNames: [String] {
        Set(readers.flatMap { $0.description.trainers + [$0.description.id] }).sorted()
    }

    /// What every format, recognised or not, makes of some bytes: no reader may crash on any input.
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
