import DataOrder
import Diagnosis
import Terms
import TrainingLogs

/// Chooses the steps whose batches a suspect batch is compared with.
enum ControlSteps {
    /// How many there are at most.
    static let count = 8

    /// Healthy steps near an event that read no damaged bytes.
    static func choose(
        event: Event,
        analysis: LogAnalysis,
        map: DataMap,
        damaged: [String: [Range<Int>]]
    ) -> [Int] {
        let steps = analysis.controlSteps(of: event, count: 2 * count).filter { step in
            guard let batches = try? map.microBatches(step: step) else { return false }
            return !batches.flatMap(\.spans).contains { span in
                (damaged[span.name] ?? []).contains { $0.overlaps(span.tokens) }
            }
        }
        return Array(steps.suffix(count))
    }
}
