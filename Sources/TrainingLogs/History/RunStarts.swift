import Foundation
import Terms

/// Tells where a run begins from where one resumes: by the step, by the loss, and by the lines between.
enum RunStarts {
    /// The share of the way from the loss before up to that of fresh weights that a first loss must have gone to be of fresh
    /// weights.
    private static let leastRise = 0.5

    /// The places where a run begins, among those where steps go far back, with what it begins from.
    /// - Parameters:
    ///   - candidates: Places where it may, rising.
    ///   - history: The whole log.
    static func among(_ candidates: [RunStart], in history: TrainingHistory) -> [RunStart] {
        guard !candidates.isEmpty else { return [] }
        let curve = history.train.isEmpty ? history.validation : history.train
        let place = history.train.isEmpty ? 1 : 0
        let boundaries = Set(Segmentation.boundaries(of: curve.steps, hasMicroBatches: history.hasMicroBatches))
        let possible = candidates.filter { candidate in
            let index = candidate.records[place]
            return index > 0 && index < curve.count && (candidate.isCertain || boundaries.contains(index))
        }
        var found: [RunStart] = []
        var first = 0
        var fresh = opening(curve, 0..<curve.count)
        for (number, candidate) in possible.enumerated() where found.count + 1 < TrainingHistory.mostRuns {
            let index = candidate.records[place]
            let end = number + 1 < possible.count ? possible[number + 1].records[place] : curve.count
            guard index > first, index < end else { continue }
            let begin = Beginning(curve, former: first..<index, own: index..<end, fresh: fresh)
            let resumes = history.resumeRecords.contains(index)
            guard candidate.isCertain || begin.isOfRun(base: history.stepBase, resumes: resumes) else { continue }
            var start = candidate
            if start.events == nil {
                // A line that says that a run resumes is of the run to come; an error is of the one before.
                let before = history.events.prefix { $0.line < start.line }
                start.events = before.count - before.reversed().prefix { $0.kind == .resumed }.count
            }
            if !start.areWeightsKnown {
                start.startsTrained = begin.isTrained(vocabulary: history.hyperparameters.vocabulary)
            }
            if !start.startsTrained { fresh = begin.opening ?? fresh }
            found.append(start)
            first = index
        }
        return found
    }

    /// The loss that a stretch of records begins with: of dense records the median of three.
    private static func opening(_ curve: Series, _ range: Range<Int>) -> Double? {
        let isDense =
            range.count > 3 && curve.steps[range.lowerBound + 1].subtractingStep(curve.steps[range.lowerBound]) <= 10
        let values = curve.values[range.prefix(isDense ? 3 : 1)].filter(\.isFinite).sorted()
        return values.isEmpty ? nil : values[values.count / 2]
    }

    /// Where steps go back: the records before and behind it.
    private struct Beginning {
        /// The first loss behind it.
        var opening: Double?
        /// The first loss of fresh weights, of the run before.
        private var fresh: Double?
        /// The last loss before it, and the loss that the run before had at this step.
        private var closing: Double?
        private var passed: Double?
        private var step: Int
        private var formerStep: Int
        /// The distance of the first two records behind it.
        private var interval: Int?

        init(_ curve: Series, former: Range<Int>, own: Range<Int>, fresh: Double?) {
            opening = RunStarts.opening(curve, own)
            self.fresh = fresh
            step = curve.steps[own.lowerBound]
            formerStep = curve.steps[former.lowerBound]
            let last = curve.values[former].suffix(5).filter(\.isFinite).sorted()
            closing = last.isEmpty ? nil : last[last.count / 2]
            let step = step
            let reached = former.last { curve.steps[$0] <= step && curve.values[$0].isFinite }
            passed = reached.map { curve.values[$0] }
            if own.count > 1 {
                let distance = curve.steps[own.lowerBound + 1].subtractingStep(step)
                interval = distance > 0 ? distance : nil
            }
        }

        /// Whether a run begins: with the first step, or with the first that it prints and the loss of fresh weights.
        func isOfRun(base: Int, resumes: Bool) -> Bool {
            if step <= base.addingStep(1) || step <= formerStep { return !resumes || step <= base.addingStep(1) }
            guard !resumes, let interval, step.subtractingStep(base) <= interval else { return false }
            // A process that resumes near the beginning has the loss that the run had there.
            return isRisen(above: passed)
        }

        /// Whether it goes on from the weights of the run before.
        func isTrained(vocabulary: Int?) -> Bool {
            guard let opening, let fresh, let closing else { return false }
            if let vocabulary, vocabulary > 1, abs(opening / log(Double(vocabulary)) - 1) < 0.1 { return false }
            // A run that learned nothing leaves weights that are as good as fresh.
            return fresh - closing > 0.1 * abs(fresh) && !isRisen(above: closing)
        }

        private func isRisen(above level: Double?) -> Bool {
            guard let opening, let fresh, let level else { return false }
            return opening - level > RunStarts.leastRise * (fresh - level)
        }
    }
}
