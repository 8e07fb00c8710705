import Terms
import TrainingLogs

/// How the run of the event ended.
extension Case {
    /// The line that says how the run died; `nil` where the event is not its end.
    package var death: LogEvent? {
        shows(.runAborted) && measured(RunAbortedRule.line) != nil ? run.history.death : nil
    }

    /// What the ending advises, with the way back.
    package var endingRemedy: Advice { Advice(death?.ending?.remedy ?? Phrase()) }

    /// Whether the event is the end of the run and nothing else, and the end has nothing to do with data.
    package var isEndWithoutData: Bool {
        guard let ending = death?.ending, !ending.mayBeData else { return false }
        return event.symptoms.allSatisfy { $0.kind == .runAborted || $0.severity == .info }
    }

    /// The damaged shard that the last words of the run name.
    package var namedDamage: ShardDamage? {
        guard let path = death?.ending?.path, let name = path.split(separator: "/").last else { return nil }
        return damages.first { $0.shard.split(separator: "/").last == name }
    }
}

extension Clue where Value == LogEvent {
    /// The line of the log that says how the run ended.
    package static func ending(_ weight: Double, because reason: String) -> Clue {
        Clue("ending", weight, because: reason) { "Log line \($0.line): \(text: $0.text)" }
    }
}
