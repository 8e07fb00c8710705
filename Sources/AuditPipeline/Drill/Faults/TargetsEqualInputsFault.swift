import Replay

/// Targets that are the inputs: the answer is in the question.
struct TargetsEqualInputsFault: PlannedFault {
    let id = "targets-equal-inputs"
    let summary = "the targets are the inputs"

    func apply(to plan: inout DrillPlan, random: inout SplitMix64) -> DrillTruth {
        plan.conduct.rows = { rows in
            rows.map {
                TokenRow(inputs: $0.inputs, targets: $0.inputs, row: $0.row, shard: $0.shard, tokens: $0.tokens)
            }
        }
        return DrillTruth(fault: id, cause: "targets-misaligned")
    }
}
