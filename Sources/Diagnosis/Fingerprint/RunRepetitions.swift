import TrainingLogs

/// What a run's losses say of the order of its data.
package struct RunRepetitions: Sendable {
    /// The noise of the run's losses.
    package let fingerprint: LossFingerprint
    /// Losses that are printed again to the digit.
    package let exact: ExactRepetition?
    /// Stretches whose batches were read before; of a run with ``exact`` none, because that says it better.
    package let repeated: RepeatedData
    /// What each resume went on with.
    package let resumes: [ResumeOrder]

    /// Looks through a run.
    init(_ run: RunCurves) {
        fingerprint = LossFingerprint(run.raw)
        exact = ExactRepetition.find(run.loss)
        repeated = exact == nil ? RepeatedData.find(fingerprint) : .unknown
        resumes = exact == nil ? ResumeOrder.all(in: run) : []
    }
}

extension RunCurves {
    /// What the losses say of the order of the data; looked for when it is first asked for.
    package var repetitions: RunRepetitions { foundRepetitions.value { RunRepetitions(self) } }
}
