import DataOrder
import Diagnosis
import Foundation
import Replay
import Reporting
import Shards
import Terms

/// The checks before a long run, on the run's own data and a model as it starts: the loss at initialisation, forward and
/// backward by themselves, gradients that reach every parameter, a handful of examples learnt by heart, tokens inside the
/// vocabulary, and a schedule that fits the steps. Nothing is written.
public struct Preflight: Sendable {
    /// The model to check, as it starts. Where it holds no update yet, its loss must be that of guessing.
    public var checkpoint: Checkpoint
    /// Rows of the run's first batches.
    public var rows: [TokenRow]
    /// As configured.
    public var training: TrainingConfiguration
    /// Updates for learning examples by heart; 0 leaves the check out.
    public var overfitSteps: Int
    /// Worker threads.
    public var threads: Int

    /// Creates the checks.
    public init(
        checkpoint: Checkpoint,
        rows: [TokenRow],
        training: TrainingConfiguration,
        overfitSteps: Int = 300,
        threads: Int
    ) {
        self.checkpoint = checkpoint
        self.rows = rows
        self.training = training
        self.overfitSteps = overfitSteps
        self.threads = threads
    }

    /// Runs every check, in a fixed order.
    public func run(progress: any ProgressReporter) -> [PreflightReport.Check] {
        var checks = [weights(), tokens()]
        let usable = checks[1].outcome != .failed && !rows.isEmpty
        if usable {
            progress.begin("running the first batch", total: nil)
            checks += passes()
            progress.end()
            progress.begin("learning examples by heart", total: overfitSteps)
            checks.append(overfit(progress))
            progress.end()
        } else {
            let reason = rows.isEmpty ? "there are no rows to run" : "tokens lie outside the vocabulary"
            for id in ["forward", "initial-loss", "backward", "gradients-reach", "overfit"] {
                checks.append(PreflightReport.Check(id: id, outcome: .skipped, detail: reason))
            }
        }
        return checks + schedule()
    }

    private func weights() -> PreflightReport.Check {
        let problems = WeightReport(checkpoint).problems
        guard let first = problems.first else {
            let count = checkpoint.description.tensors.count
            return PreflightReport.Check(
                id: "weights",
                outcome: .passed,
                detail: "\(count) tensors are finite and in proportion"
            )
        }
        let more = problems.count > 1 ? ", and \(problems.count - 1) more" : ""
        return PreflightReport.Check(id: "weights", outcome: .failed, detail: "\(first.name): \(first.detail)\(more)")
    }

    private func tokens() -> PreflightReport.Check {
        let vocabulary = checkpoint.description.vocabulary
        var (bad, largest) = (0, Int32(0))
        for row in rows {
            for token in row.inputs + row.targets.suffix(1) {
                largest = max(largest, token)
                if token < 0 || Int(token) >= vocabulary { bad += 1 }
            }
        }
        let detail = "largest token \(largest), vocabulary \(vocabulary)"
        return PreflightReport.Check(
            id: "tokens",
            outcome: rows.isEmpty ? .skipped : bad > 0 ? .failed : .passed,
            detail: bad > 0 ? "\(bad) tokens lie outside: \(detail)" : detail
        )
    }

    /// Forward, then backward: a fault of one is not to be taken for a fault of the other.
    private func passes() -> [PreflightReport.Check] {
        let replayer = Replayer(checkpoint: checkpoint, threads: threads)
        let seen: BatchEvaluation
        do throws(ReplayError) {
            seen = try replayer.evaluate(rows: rows, gradients: true)
        } catch {
            return [PreflightReport.Check(id: "forward", outcome: .failed, detail: error.description)]
        }
        var checks: [PreflightReport.Check] = []
        if let origin = seen.firstNonFinite {
            let detail = "not finite from \(origin.place), row \(origin.row), position \(origin.position) on"
            checks.append(PreflightReport.Check(id: "forward", outcome: .failed, detail: detail))
        } else {
            let detail = "\(seen.probes.count) operations are finite, loss \(Self.text(seen.loss))"
            checks.append(PreflightReport.Check(id: "forward", outcome: .passed, detail: detail))
        }
        checks.append(initialLoss(seen.loss))
        if let origin = seen.firstNonFiniteGradient {
            let detail = "the gradient is not finite from \(origin.place) on"
            checks.append(PreflightReport.Check(id: "backward", outcome: .failed, detail: detail))
        } else {
            let norm = seen.gradientNorm ?? .nan
            checks.append(
                PreflightReport.Check(
                    id: "backward",
                    outcome: norm.isFinite && norm > 0 ? .passed : .failed,
                    detail: "gradient norm \(Self.text(norm))"
                )
            )
        }
        checks.append(gradientsReach(seen))
        return checks
    }

    private func initialLoss(_ loss: Double) -> PreflightReport.Check {
        let expected = log(Double(checkpoint.description.vocabulary))
        let detail =
            "loss \(Self.text(loss)), guessing gives ln \(checkpoint.description.vocabulary) = \(Self.text(expected))"
        func check(_ outcome: PreflightReport.Check.Outcome, _ text: String = "") -> PreflightReport.Check {
            PreflightReport.Check(id: "initial-loss", outcome: outcome, detail: text + detail)
        }
        // A fresh GPT-2 is a few per cent above ln V.
        let isNear = abs(loss - expected) < 0.05 * expected + 0.1
        switch checkpoint.updatesDone {
        case 0: return check(isNear ? .passed : .failed)
        case let done? where !loss.isFinite || done >= 50 && !(loss < 0.98 * expected):
            // Fifty updates teach any model which tokens are frequent.
            return check(.failed, "\(NumberText.count(done, "update")) applied, and nothing is learned: ")
        case let done?:
            return check(.skipped, "\(NumberText.count(done, "update")) applied, so this is no initial loss: ")
        case nil where !loss.isFinite: return check(.failed)
        case nil where isNear:
            return check(.passed, "the loss of fresh weights, though the file says nothing of updates: ")
        case nil where loss < expected:
            return check(.skipped, "the file says nothing of updates, and the loss is that of trained weights: ")
        case nil:
            return check(
                .failed,
                "the file says nothing of updates, and neither fresh nor trained weights cost so much: "
            )
        }
    }

    private func gradientsReach(_ seen: BatchEvaluation) -> PreflightReport.Check {
        let norms = seen.parameterGradientNorms ?? []
        // Projections, gates and lambdas that start at zero hold back what lies behind them until the first update.
        let dead = norms.filter { !($0.norm > 0) }.map(\.name)
        guard let first = dead.first else {
            let detail = "every one of \(norms.count) tensors has a gradient"
            return PreflightReport.Check(id: "gradients-reach", outcome: .passed, detail: detail)
        }
        let more = dead.count > 1 ? " and \(dead.count - 1) other tensors" : ""
        return PreflightReport.Check(
            id: "gradients-reach",
            outcome: .failed,
            detail: "no gradient reaches \(first)\(more)"
        )
    }

    /// 32 examples must be learnt by heart: what cannot learn those has a bug.
    private func overfit(_ progress: any ProgressReporter) -> PreflightReport.Check {
        let id = "overfit"
        let model = checkpoint.description
        guard overfitSteps > 0 else {
            return PreflightReport.Check(id: id, outcome: .skipped, detail: "--overfit-steps is 0")
        }
        // 32 examples of 32 tokens: a step is 6 operations a token and parameter.
        let length = min(32, rows.map(\.inputs.count).max() ?? 0)
        let operations = 6.0 * Double(32 * length) * Double(model.parameterCount) * Double(overfitSteps)
        guard operations < 2e14 else {
            let detail = "\(model.parameterCount) parameters would take hours; try a small model of the same kind"
            return PreflightReport.Check(id: id, outcome: .skipped, detail: detail)
        }
        let examples = Self.examples(rows, count: 32, length: length)
        guard examples.count >= 2 else {
            return PreflightReport.Check(id: id, outcome: .skipped, detail: "there are too few tokens")
        }
        var trainer = Trainer(
            checkpoint: checkpoint,
            settings: .init(weightDecay: 0, gradientClip: 1),
            threads: threads
        )
        var loss = Double.infinity
        var done = 0
        // Small models want larger steps.
        let rate = model.channels <= 256 ? 3e-3 : 6e-4
        do throws(ReplayError) {
            while done < overfitSteps, !(loss < 0.05) {
                loss = try trainer.step(rows: examples, learningRate: rate).loss
                done += 1
                progress.advance(by: 1)
                if !loss.isFinite { break }
            }
        } catch {
            return PreflightReport.Check(id: id, outcome: .failed, detail: error.description)
        }
        let detail = "\(examples.count) examples of \(length) tokens: loss \(Self.text(loss)) after \(done) updates"
        // The first token of each example has nothing before it to tell it by.
        let floor = 0.1 + log(Double(examples.count)) / Double(max(length, 1))
        let outcome: PreflightReport.Check.Outcome = loss < floor ? .passed : loss < 1 ? .warning : .failed
        return PreflightReport.Check(id: id, outcome: outcome, detail: detail + ", expected below \(Self.text(floor))")
    }

    /// Different stretches of the rows.
    private static func examples(_ rows: [TokenRow], count: Int, length: Int) -> [TokenRow] {
        var found: [TokenRow] = []
        var start = 0
        while found.count < count, length > 0 {
            var isAny = false
            for row in rows where found.count < count && start + length <= row.inputs.count {
                isAny = true
                let range = start..<start + length
                let inputs = Array(row.inputs[range])
                let targets = Array(row.targets[range])
                found.append(TokenRow(inputs: inputs, targets: targets, row: found.count))
            }
            guard isAny else { break }
            start += length
        }
        return found
    }

    private static func text(_ value: Double) -> String {
        value.isFinite ? String(format: "%.4g", locale: nil, value) : value.isNaN ? "nan" : "inf"
    }
}
