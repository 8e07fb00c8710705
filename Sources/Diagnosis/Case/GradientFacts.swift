import Foundation
import Terms
import TrainingLogs

/// What is known about the gradient norm and the noise around the event.
extension Case {
    /// The gradient norm at and around the onset over its usual value.
    package var normRatio: Double? {
        measured(LossSpikeRule.gradientNormRatio) ?? measured(GradientExplosionRule.ratio)
            ?? GradientNorm.ratio(near: onset, in: run)
    }

    /// Steps by which the first jump of the norm precedes the first jump of the loss: at least 1 where an update did the
    /// harm, 0 where the batch itself was hard, because a loss is computed before its update.
    package var normLead: Int? {
        let norms = [symptom(.gradientExplosion), symptom(.gradientNonFinite)].compactMap { $0?.firstStep }
        guard let norm = norms.min() else { return nil }
        let losses = [symptom(.lossSpike), symptom(.lossStepUp), symptom(.lossNonFinite)].compactMap { $0?.firstStep }
        return losses.min().map { $0.subtractingStep(norm) }
    }

    /// The median norm after the onset over the one before.
    package var normAfter: Double? {
        let norms = run.finiteGradientNorm
        let index = norms.index(atOrAfter: onset)
        let before = norms.values[max(0, index - 100)..<index]
        let after = norms.values[min(norms.count, index + 2)..<min(norms.count, index + 60)]
        guard before.count >= 10, after.count >= 10 else { return nil }
        let usual = Robust.median(before)
        return usual > 0 ? Robust.median(after) / usual : nil
    }

    /// Noise of the loss after the onset over the noise before.
    package var noiseAfter: Double? {
        let index = run.loss.index(atOrAfter: onset)
        let before = run.loss.values[max(0, index - 100)..<index]
        let after = run.loss.values[min(run.loss.count, index + 3)..<min(run.loss.count, index + 100)]
        guard before.count >= 20, after.count >= 20 else { return nil }
        let usual = Robust.noise(before)
        return usual > 0 ? Robust.noise(after) / usual : nil
    }

    /// The advice to clip, with the value to use; without a full stop.
    package var clipAdvice: Phrase {
        guard let clip = run.configuration.gradientClip, clip > 0 else { return "clip the gradient norm at 1.0" }
        return "lower the gradient clip from \(setting: clip) to \(setting: clip / 2)"
    }
}
