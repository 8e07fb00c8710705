import Reporting
import Terms

/// Compares a report with that of the audit before.
enum CompareStage {
    static func run(_ report: inout AuditReport, previous: PreviousReportReader.Reading) {
        switch previous {
        case .nothing: break
        case .found(let earlier): report.comparison = AuditComparison.compare(report, with: earlier)
        case .unfit(let reason):
            report.notChecked.append(Omission(.comparison, "Nothing was compared: \(text: reason)"))
        }
    }
}
