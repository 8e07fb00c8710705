import Diagnosis
import Foundation
import Replay
import Terms

extension DrillFault {
    /// What shows in the series beside the loss: the run learns as well as another, and its log prints what is wrong. Each has
    /// a healthy counterpart.
    static let seriesFaults = [
        DrillFault("throughput-drop", "steps that take longer to the end of the run", symptom: .throughputDrop) {
            plan in
            let hit = plan.middle()
            plan.conduct.slowness = { $0 < hit ? 1 : 1.7 }
            plan.onset = hit + 1
        },
        DrillFault("throughput-stalls", "a loader that makes every 23rd step wait", symptom: .throughputStalls) {
            plan in
            plan.conduct.slowness = { $0 % 23 == 11 ? 12 : 1 }
            plan.onset = 12
        },
        DrillFault("memory-growth", "memory that each step keeps a little of", symptom: .memoryGrowth) { plan in
            plan.conduct.fields = [{ field("memory", 1.5 + 0.002 * Double($0), "GiB") }]
            plan.onset = 1
        },
        DrillFault("logit-growth", "attention logits that grow without end", symptom: .logitGrowth) { plan in
            let pace = 5 / Double(plan.steps)
            plan.conduct.fields = [{ field("max attention logit", 8 * exp(pace * Double($0))) }]
            plan.onset = 1
        },
        DrillFault("router-imbalance", "a router that tips to a few experts", symptom: .routerImbalance) { plan in
            let hit = plan.middle()
            plan.conduct.fields = [{ field("load balancing loss", $0 < hit ? 1.02 : 2.4) }]
            plan.onset = hit + 1
        },
        DrillFault(
            "update-norm-spike",
            "one update of fifty times the size, and a spike behind it",
            symptom: .updateNormSpike
        ) { plan in
            let hit = plan.middle()
            plan.conduct.rate = { update, rate in update == hit ? 50 * rate : rate }
            plan.conduct.fields = [{ field("update norm", $0 == hit ? 9.5 : 0.19) }]
            plan.onset = hit + 1
        },
        // Evaluations, a slow start, a peak that settles, logits and a router that find their level.
        DrillFault("none-series", "a healthy run that prints time, memory, logits and router") { plan in
            let pause = plan.validationInterval
            plan.conduct.slowness = { $0 < 3 ? 30 : $0 % pause == 0 ? 8 : 1 }
            plan.conduct.fields = [
                { field("memory", 2 - exp(-Double($0) / 20), "GiB") },
                { field("max attention logit", 20 - 15 * exp(-Double($0) / 50)) },
                { field("load balancing loss", 1 + exp(-Double($0) / 30)) },
                { field("update norm", 0.2 + 0.1 * exp(-Double($0) / 30)) },
            ]
        },
    ]

    /// A field of a line, with noise of a per cent.
    private static func field(_ name: String, _ value: Double, _ unit: String = "") -> String {
        var random = SplitMix64(seed: value.bitPattern)
        return String(
            format: "%@: %.4f%@",
            locale: nil,
            name,
            value * Double.random(in: 0.99...1.01, using: &random),
            unit
        )
    }
}
