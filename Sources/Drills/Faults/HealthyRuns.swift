import Replay

extension DrillFault {
    /// Healthy runs: what an audit must stay silent on.
    static let healthyRuns = [
        DrillFault("none", "a healthy run") { _ in },
        // Small batches at a rate that never decays: noisier, and never quite still.
        DrillFault("none-constant", "a healthy run at a constant rate") { plan in
            plan.schedule = .constant
            plan.batch = 4
            plan.peakLearningRate = 1e-3
        },
        // The loss falls once more in the last quarter, where the rate decays.
        DrillFault("none-stable-decay", "a healthy run, warm-up, stable, decay") { plan in
            plan.schedule = .warmupStableDecay
            plan.floorLearningRate = 0
        },
        DrillFault("none-short", "a healthy run of 150 steps") { plan in
            plan.steps = 150
            plan.warmupSteps = 15
        },
        DrillFault("none-resumed", "a healthy run, interrupted and resumed") { plan in
            let resumes = plan.checkpointInterval * Int.random(in: 4...6, using: &plan.random)
            plan.conduct.restart = .init(dies: resumes + 20, resumes: resumes, state: .everything)
        },
        // Some batches are harder than others.
        DrillFault("none-mixed", "a healthy run over two domains, shuffled") { plan in
            var text = DrillText(seed: plan.seed &+ 79, domain: .ledgers)
            for shard in plan.shards.indices {
                var tokens = plan.shards[shard].pristine
                let other = text.tokens(tokens.count)
                for start in stride(from: 0, to: tokens.count - 160, by: 160)
                where Int.random(in: 0..<5, using: &plan.random) == 0 {
                    tokens.replaceSubrange(start..<start + 160, with: other[start..<start + 160])
                }
                plan.shards[shard].replace(with: tokens)
            }
        },
    ]
}
