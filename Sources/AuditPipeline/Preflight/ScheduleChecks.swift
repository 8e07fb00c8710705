import Diagnosis
import Foundation
import Replay
import Reporting

extension Preflight {
    /// The learning-rate schedule against the total steps, and the settings that a long run should not lack.
    func schedule() -> [PreflightReport.Check] {
        [warmup(), rates(), clipping(), passes(overData: training.trainTokens)]
    }

    private func warmup() -> PreflightReport.Check {
        let id = "schedule-warmup"
        guard let steps = training.steps, let warmup = training.warmupSteps else {
            return PreflightReport.Check(
                id: id,
                outcome: .skipped,
                detail: "set training.steps and training.warmupSteps to have the schedule checked"
            )
        }
        let share = Double(warmup) / Double(max(steps, 1))
        let detail = "\(warmup) of \(steps) steps are warmup (\(String(format: "%.1f", locale: nil, share * 100)) %)"
        if warmup >= steps {
            return PreflightReport.Check(id: id, outcome: .failed, detail: detail + ": the peak is never reached")
        }
        if share > 0.2 {
            return PreflightReport.Check(id: id, outcome: .warning, detail: detail + ", usual is 0.1 to 10 %")
        }
        if warmup == 0, training.schedule != .constant {
            return PreflightReport.Check(
                id: id,
                outcome: .warning,
                detail: "no warmup: Adam's first steps are its wildest"
            )
        }
        return PreflightReport.Check(id: id, outcome: .passed, detail: detail)
    }

    private func rates() -> PreflightReport.Check {
        let id = "schedule-rate"
        guard let peak = training.peakLearningRate else {
            return PreflightReport.Check(id: id, outcome: .skipped, detail: "training.peakLearningRate is not set")
        }
        guard peak.isFinite, peak > 0 else {
            return PreflightReport.Check(id: id, outcome: .failed, detail: "the peak learning rate is \(peak)")
        }
        if let floor = training.floorLearningRate, floor > peak {
            return PreflightReport.Check(
                id: id,
                outcome: .failed,
                detail: "the floor \(floor) lies above the peak \(peak)"
            )
        }
        // 6e-4 for 124 million parameters, falling with the width: GPT-3's table, a generous factor away.
        let parameters = Double(checkpoint.description.parameterCount)
        let usual = min(3e-3, 6e-4 * pow(124e6 / max(parameters, 1), 0.25))
        let isAdam = (training.optimizer ?? "adamw").hasPrefix("adam")
        let detail =
            "peak \(peak), usual for \(checkpoint.description.parameterCount) parameters about "
            + String(format: "%.1e", locale: nil, usual)
        return PreflightReport.Check(
            id: id,
            outcome: isAdam && (peak > 10 * usual || peak < usual / 100) ? .warning : .passed,
            detail: detail
        )
    }

    private func clipping() -> PreflightReport.Check {
        guard let clip = training.gradientClip, clip > 0 else {
            return PreflightReport.Check(
                id: "gradient-clip",
                outcome: .warning,
                detail: "training.gradientClip is not set: one bad batch can undo days; 1.0 is usual"
            )
        }
        return PreflightReport.Check(id: "gradient-clip", outcome: .passed, detail: "gradients are clipped to \(clip)")
    }

    private func passes(overData tokens: Int?) -> PreflightReport.Check {
        let id = "data-suffices"
        guard let steps = training.steps, let each = training.tokensPerStep, let tokens, tokens > 0 else {
            return PreflightReport.Check(
                id: id,
                outcome: .skipped,
                detail: "the steps or the tokens of the data are not known"
            )
        }
        let (needed, overflow) = steps.multipliedReportingOverflow(by: each)
        let passes = overflow ? .infinity : Double(needed) / Double(tokens)
        let detail =
            "\(steps) steps of \(each) tokens are \(String(format: "%.2f", locale: nil, passes)) passes over the data"
        return PreflightReport.Check(id: id, outcome: passes > 4 ? .warning : .passed, detail: detail)
    }
}
