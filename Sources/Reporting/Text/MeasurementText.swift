import Diagnosis
import Terms

/// The measures of symptoms as people read them: a label and a value with its unit.
package enum MeasurementText {
    /// At most so many of one symptom.
    private static let most = 16

    /// The measures in the order in which the rule set them. A fact that is shown only where it is so is left out where it is
    /// not.
    package static func rows(_ measurements: Measurements) -> [(label: String, value: String)] {
        measurements.all
            .filter { $0.head.unit != .onlyWhereTrue || $0.value != .fact(false) }
            .prefix(most)
            .map { (SafeText.line($0.head.label, limit: 60), text($0.value, $0.head.unit)) }
    }

    private static func text(_ value: MeasuredValue, _ unit: MeasureHead.Unit) -> String {
        switch value {
        case .fact(let fact): fact ? "yes" : "no"
        case .number(let number) where !number.isFinite: "not finite"
        case .number(let number):
            text(NumberText.short(unit == .share ? number * 100 : number), unit, isOne: number == 1)
        // Steps have no commas in a log either.
        case .integer(let number):
            text(unit == .step ? "\(number)" : NumberText.grouped(number), unit, isOne: number == 1)
        }
    }

    private static func text(_ number: String, _ unit: MeasureHead.Unit, isOne: Bool) -> String {
        switch unit {
        case .plain, .count, .state, .onlyWhereTrue: number
        case .steps: isOne ? "\(number) step" : "\(number) steps"
        case .step: "step \(number)"
        case .records: isOne ? "\(number) record" : "\(number) records"
        case .sigma: "\(number) robust sigma"
        case .times: "\(number) times"
        case .share: "\(number) %"
        }
    }
}
