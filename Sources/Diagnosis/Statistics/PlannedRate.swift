import Foundation
import TrainingLogs

/// The learning rate as configured, where the configuration says enough to compute it.
package struct PlannedRate: Sendable {
    /// The highest rate.
    package let peak: Double
    private let floor: Double
    private let warmup: Double
    private let steps: Double
    private let base: Int
    private let schedule: TrainingConfiguration.Schedule

    /// Reads the plan; `nil` unless shape, peak, warm-up and length are all known (a constant rate needs no length, and
    /// the length of a stable phase is not configured).
    package init?(_ run: RunCurves) {
        let configuration = run.configuration
        guard let schedule = configuration.schedule, let peak = configuration.peakLearningRate, peak > 0,
            let steps = run.plannedSteps, steps > 0, schedule != .warmupStableDecay, schedule != .step
        else { return nil }
        self.schedule = schedule
        self.peak = peak
        self.steps = Double(steps)
        floor = configuration.floorLearningRate ?? 0
        warmup = Double(configuration.warmupSteps ?? 0)
        base = run.history.stepBase
    }

    /// The rate the update printed under a step should have had.
    package func rate(atStep step: Int) -> Double {
        let done = Double(step.subtractingStep(base))
        if done < warmup { return peak * (done + 1) / warmup }
        let share = min(1, max(0, (done - warmup) / max(1, steps - warmup)))
        return switch schedule {
        case .warmupCosine: floor + 0.5 * (1 + cos(Double.pi * share)) * (peak - floor)
        case .linear: floor + (1 - share) * (peak - floor)
        case .constant, .warmupStableDecay, .step: peak
        }
    }
}
