import TrainingLogs

/// Whether a resumed process went on with the data or read some of them again, by the noise of its losses.
package struct ResumeOrder: Sendable, Equatable {
    /// What the resumed process read.
    package enum Reading: Sendable, Equatable {
        /// Of the steps that were run twice, the batches that they had before.
        case sameBatches(correlation: Double, records: Int)
        /// Of the steps that were run twice, other batches than before, and no stretch of data that the log has.
        case otherBatches(correlation: Double, records: Int)
        /// Data that the run had read before, from the beginning on or from another place.
        case readAgain(RepeatedStretch, fromBeginning: Bool)
        /// Nothing that the run had read before, although that would be seen among so many records.
        case wentOn(records: Int)
        /// Not to be seen: too few records, or too noisy ones.
        case unknown
    }

    /// The first step of the resumed process.
    package var step: Int
    /// What it read.
    package var reading: Reading

    /// Records at either end of a process that are compared; more would cost time and say no more.
    private static let reach = 20_000
    /// Resumes that are looked at.
    private static let most = 8
    /// Steps run twice that make a comparison.
    private static let leastTwice = 24
    /// Records within which a resume and the stretch that it reads again begin.
    private static let near = LossFingerprint.leastRecords

    /// What each resume of a run went on with, in the order of the log.
    package static func all(in run: RunCurves) -> [ResumeOrder] {
        let records = run.inPrintOrder
        let starts = starts(records, run.history.events)
        return zip(starts, starts.dropFirst() + [records.count]).prefix(most).map { start, end in
            let before = part(records, max(0, start - reach)..<start, and: 0..<min(reach, max(0, start - reach)))
            let after = part(records, start..<min(end, start + reach), and: 0..<0)
            return ResumeOrder(
                step: records.steps[start],
                reading: reading(LossFingerprint(after), after: LossFingerprint(before), interval: run.interval)
            )
        }
    }

    /// The records with which a process begins: where steps go back, and where the log says that it resumes.
    private static func starts(_ records: Series, _ events: [LogEvent]) -> [Int] {
        let backs = Segmentation.segments(of: records.steps).dropFirst().map(\.records.lowerBound)
        let said = events.filter { $0.kind == .resumed }.compactMap(\.step).prefix(most).compactMap { step in
            records.steps.indices.dropFirst().last { records.steps[$0] > step && records.steps[$0 - 1] <= step }
        }
        let apart = said.filter { start in !backs.contains { abs($0 - start) <= 2 } }
        return Set(backs + apart).sorted()
    }

    private static func part(_ records: Series, _ range: Range<Int>, and other: Range<Int>) -> Series {
        Series(
            steps: Array(records.steps[other] + records.steps[range]),
            values: Array(records.values[other] + records.values[range])
        ).merged().finite
    }

    private static func reading(_ later: LossFingerprint, after former: LossFingerprint, interval: Int) -> Reading {
        let twice = later.correlation(with: former, lag: 0)
        let error = 1 / Double(max(1, twice.records)).squareRoot()
        let isCompared = twice.records >= leastTwice
        if isCompared, twice.coefficient >= RepeatedData.assumed, twice.coefficient > 4 * error {
            return .sameBatches(correlation: twice.coefficient, records: twice.records)
        }
        let found = RepeatedData.find(later, in: former)
        if let first = later.steps.first, let beginning = former.steps.first,
            let stretch = found.stretches.first(where: { stretch in
                stretch.lag != 0 && stretch.steps.lowerBound.subtractingStep(first) <= near * interval
            })
        {
            let distance = first.subtractingStep(beginning).subtractingStep(stretch.lag)
            let isBeginning = abs(distance) <= 2 * interval
            return .readAgain(stretch, fromBeginning: isBeginning)
        }
        if isCompared, twice.coefficient + 3 * error < RepeatedData.assumed {
            return .otherBatches(correlation: twice.coefficient, records: twice.records)
        }
        if let certain = found.certain, min(later.steps.count, former.steps.count) >= certain {
            return .wentOn(records: later.steps.count)
        }
        return .unknown
    }
}
