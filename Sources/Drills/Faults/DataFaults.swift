import Diagnosis
import Replay
import Terms

extension DrillFault {
    /// Intact shards in an unlucky order, and too few of them.
    static let dataFaults = [
        // A loader that is stuck.
        DrillFault("duplicate-batch", "the loader feeds one batch for eighty steps", cause: .duplicateBatch) { plan in
            let first = plan.middle()
            plan.conduct.position = { (first..<first + 80).contains($0) ? first : $0 }
            plan.onset = first + 2
        },
        // A table of numbers, which belongs to the data set.
        DrillFault(
            "outlier-batch",
            "one document of the data set is unlike all others",
            cause: .outlierBatch
        ) { plan in
            let hit = plan.middle()
            let place = plan.place(update: hit)
            let odd = (0..<2 * plan.tokensPerStep).map { _ in UInt16.random(in: 33..<127, using: &plan.random) }
            let first = min(place.token, plan.shards[place.shard].tokens.count - odd.count - plan.tokensPerStep)
            plan.shards[place.shard].insert(odd, at: first)
            plan.onset = plan.culprit(shard: place.shard, tokens: first..<first + odd.count).steps[0]
        },
        DrillFault("data-order", "two domains one after the other, unshuffled", cause: .dataOrder) { plan in
            var text = DrillText(seed: plan.seed &+ 77, domain: .ledgers)
            let half = plan.shards.count / 2
            for shard in half..<plan.shards.count {
                plan.shards[shard].replace(with: text.tokens(plan.shards[shard].tokens.count))
            }
            plan.onset = plan.shards.prefix(half).reduce(0) { $0 + $1.tokens.count } / plan.tokensPerStep + 1
        },
        // The domains change every forty steps.
        DrillFault("data-order-alternating", "two domains in turn, unshuffled", cause: .dataOrder) { plan in
            var text = DrillText(seed: plan.seed &+ 78, domain: .ledgers)
            let stretch = 40 * plan.tokensPerStep
            var position = 0
            for shard in plan.shards.indices {
                var tokens = plan.shards[shard].pristine
                let other = text.tokens(tokens.count)
                for index in tokens.indices where ((position + index) / stretch).isMultiple(of: 2) == false {
                    tokens[index] = other[index]
                }
                position += tokens.count
                plan.shards[shard].replace(with: tokens)
            }
            plan.onset = 41
        },
        // The loss jumps where a pass begins.
        DrillFault(
            "data-order-sorted",
            "data sorted from hard to easy, read three times in the same order",
            cause: .dataOrder,
            accepted: [.dataExhaustion]
        ) { plan in
            let passes = 3
            let steps = plan.steps / passes
            let count = steps * plan.tokensPerStep
            var tokens = Array(plan.shards.flatMap(\.pristine).prefix(count))
            var ledgers = DrillText(seed: plan.seed &+ 80, domain: .ledgers)
            let other = ledgers.tokens(count)
            // Pieces of one row: a batch is a mixture, whose share of the easier ledgers rises evenly over a pass.
            for start in stride(from: 0, to: tokens.count, by: plan.sequence) {
                let end = min(start + plan.sequence, tokens.count)
                guard Double.random(in: 0..<1, using: &plan.random) < Double(start) / Double(count) else { continue }
                tokens.replaceSubrange(start..<end, with: other[start..<end])
            }
            plan.keepOneShard(tokens)
            plan.onset = steps + 1
        },
        DrillFault(
            "overfit",
            "a few pages of data, read seventy times",
            cause: .overfit,
            accepted: [.dataExhaustion]
        ) { plan in
            plan.keepOneShard(Array(plan.shards[0].pristine.prefix(4_096)))
            plan.weightDecay = 0
        },
        // The loader begins again and again.
        DrillFault(
            "data-exhaustion",
            "a sixth of the data that the plan needs",
            cause: .dataExhaustion,
            accepted: [.overfit]
        ) { plan in
            let needed = plan.steps / 6 * plan.tokensPerStep
            plan.keepOneShard(Array(plan.shards.flatMap(\.pristine).prefix(needed)))
        },
    ]
}
