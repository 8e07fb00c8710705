import Foundation
import TrainingLogs

/// The start of a run that the first updates throw off.
package enum EarlyBump {
    /// The first step, among the first 100 records, whose loss is above the starting loss by 10 % after it had fallen
    /// below it by 10 %, or at once.
    package static func step(in run: RunCurves) -> Int? {
        guard run.startsAtBeginning, let initial = run.loss.values.first else { return nil }
        let early = zip(run.loss.steps, run.loss.values).prefix(100)
        var lowest = initial
        for (step, value) in early {
            if value > 1.1 * initial || lowest < 0.9 * initial && value > initial { return step }
            lowest = min(lowest, value)
        }
        return nil
    }
}

extension Double {
    /// The natural logarithm.
    package var logarithm: Double { log(self) }
}
