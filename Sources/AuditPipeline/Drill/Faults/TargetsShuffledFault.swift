import Replay

/// Targets that belong to other rows: only token frequencies can be learned.
struct TargetsShuffledFault: PlannedFault {
    let id = "targets-shuffled"
    let summary = "the targets of other rows"

    func apply(to plan: inout DrillPlan, random: inout SplitMix64) -> DrillTruth {
        plan.conduct.rows = { rows in
            rows.indices.map { index in
                let other = rows[(index + 1) % rows.count]
                return TokenRow(inputs: rows[index].inputs, targets: other.targets, row: index)
            }
        }
        return DrillTruth(fault: id, cause: "targets-misaligned")
    }
}
