import Reporting
import Terms

/// Marks what a baseline accepts.
enum AcceptStage {
    static func run(_ report: inout AuditReport, baseline: Baseline?) {
        guard let baseline else { return }
        baseline.apply(to: &report, today: BaselineReader.today())
        if let day = BaselineReader.fixedDay() {
            report.assumptions.append("the day is \(day), from SOURCE_DATE_EPOCH, for the baseline")
        }
    }
}
