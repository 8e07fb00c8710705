import DataOrder
import Diagnosis
import TrainingLogs

/// What a log shows of the loader's way at a resume.
public struct ResumeEvidence: Sendable {
    /// Whether it went on or started over.
    var resume: OrderOptions.Resume
    /// How the log shows it, a clause.
    var source: String

    /// Looks at the first resume that shows something; `nil` where none does.
    init?(_ history: TrainingHistory) {
        guard !history.resumedSteps.isEmpty else { return nil }
        if let first = ResumePosition.all(in: history).first {
            // What goes on from another place does neither.
            guard first.replayed == 0 || first.isFromBeginning else { return nil }
            self.init(
                first.isFromBeginning ? .startsOver : .goesOn,
                "the positions of the loader that the log prints show it"
            )
            return
        }
        let runs = LogAnalysis(history).runs
        for reading in runs.flatMap(\.repetitions.resumes).map(\.reading) {
            switch reading {
            case .readAgain(_, fromBeginning: true):
                self.init(.startsOver, "the noise of the losses after the resume is that of the first steps")
                return
            case .sameBatches:
                self.init(.goesOn, "the steps that were run twice have the noise of the same batches")
                return
            case .wentOn:
                self.init(.goesOn, "the noise of the losses after the resume is of no step before it")
                return
            case .readAgain, .otherBatches, .unknown: continue
            }
        }
        return nil
    }

    private init(_ resume: OrderOptions.Resume, _ source: String) {
        self.resume = resume
        self.source = source
    }
}
