import Replay

/// Data sorted from hard to easy and read again and again in that order: the loss jumps where a pass begins.
struct SortedDataFault: PlannedFault {
    let id = "data-order-sorted"
    let summary = "data sorted from hard to easy, read three times in the same order"

    func apply(to plan: inout DrillPlan, random: inout SplitMix64) -> DrillTruth {
        let passes = 3
        let steps = plan.steps / passes
        let count = steps * plan.tokensPerStep
        var tokens = Array(plan.shards.flatMap(\.pristine).prefix(count))
        var ledgers = DrillText(seed: plan.seed &+ 80, domain: .ledgers)
        let other = ledgers.tokens(count)
        // Pieces of one row: a batch is a mixture, whose share of the easier ledgers rises evenly over a pass.
        for start in stride(from: 0, to: tokens.count, by: plan.sequence) {
            let end = min(start + plan.sequence, tokens.count)
            guard Double.random(in: 0..<1, using: &random) < Double(start) / Double(count) else { continue }
            tokens.replaceSubrange(start..<end, with: other[start..<end])
        }
        plan.shards = [DrillShard(name: plan.shards[0].name, pristine: tokens)]
        return DrillTruth(fault: id, cause: "data-order", accepted: ["data-exhaustion"], onset: steps + 1)
    }
}
