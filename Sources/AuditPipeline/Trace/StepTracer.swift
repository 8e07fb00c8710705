import DataOrder
import Diagnosis
import Reporting
import Terms
import TrainingLogs

/// Answers where data came from and where it went, in the numbering of the log.
public struct StepTracer: Sendable {
    private let run: LoadedRun
    private let map: DataMap
    private var notes: [String] { run.order.assumptions }

    /// Spans that one answer may hold.
    static let spanLimit = 200_000

    /// Creates a stage.
    /// - Parameters:
    ///   - run: The run.
    ///   - map: Its map from steps to data.
    public init(_ run: LoadedRun, map: DataMap) {
        self.run = run
        self.map = map
    }

    /// Refuses steps that the run does not have.
    public func check(_ steps: Range<Int>) throws {
        let last = map.stepBase + map.updates - 1
        guard !steps.isEmpty, steps.lowerBound >= map.stepBase, steps.upperBound <= last + 1 else {
            let text = steps.count == 1 ? "step \(steps.lowerBound) lies" : "steps \(steps) lie"
            throw AuditError(
                "\(text) outside the run; expected \(map.stepBase) to \(last), in the numbering of the log."
            )
        }
    }

    /// The data that fed some steps.
    public func trace(steps: Range<Int>) throws -> TraceReport {
        try check(steps)
        var spans: [TracedSpan] = []
        for step in steps {
            for batch in try map.microBatches(step: step) {
                spans += batch.spans.map { TracedSpan(step: step, span: $0) }
            }
            guard spans.count <= Self.spanLimit else {
                throw AuditError("steps \(steps) read more than \(Self.spanLimit) spans; ask for fewer steps.")
            }
        }
        var document = TraceReport(
            step: steps.count == 1 ? steps.lowerBound : nil,
            loader: map.loaderID,
            spans: spans,
            notes: notes
        )
        document.epoch = map.epoch(ofStep: steps.lowerBound)
        document.boundary = boundary(near: steps.lowerBound)
        return document
    }

    /// The steps that read some tokens of a shard, all of it by default.
    public func trace(shard name: String, tokens: Range<Int>?) throws -> TraceReport {
        guard let index = map.loader.shards.firstIndex(where: { $0.name == name }) else {
            let known = map.loader.shards.prefix(5).map(\.name).joined(separator: ", ")
            throw AuditError("--shard: \(name) is not among the training shards; expected one of \(known), …")
        }
        let layout = map.loader.shards[index]
        let wanted = tokens ?? 0..<layout.tokens
        guard wanted.upperBound <= layout.tokens, wanted.lowerBound >= 0 else {
            throw AuditError(
                "--tokens: \(wanted) reaches beyond the \(layout.tokens) \(layout.unit.rawValue) of \(name)."
            )
        }
        let span = DataSpan(
            shard: index,
            name: name,
            rank: 0,
            microStep: 0,
            tokens: wanted,
            bytes: layout.bytes(of: wanted),
            confidence: .exact,
            unit: layout.unit
        )
        let steps = try map.steps(reading: wanted, ofShard: name)
        return TraceReport(
            loader: map.loaderID,
            spans: [TracedSpan(step: nil, span: span)],
            steps: steps,
            notes: doubt(of: steps) + notes
        )
    }

    /// The steps of a pass over the data, and what the first of them read.
    public func trace(epoch: Int) throws -> TraceReport {
        guard let steps = map.steps(ofEpoch: epoch) else {
            throw AuditError("--epoch: the loader \(map.loaderID) has no passes of a length that is known.")
        }
        guard !steps.isEmpty else {
            let passes = map.epoch(ofStep: map.stepBase + map.updates - 1) ?? 1
            let made = passes == 1 ? "1 pass" : "\(passes) passes"
            throw AuditError("--epoch: \(epoch) lies outside the run, which makes \(made) over the data.")
        }
        var document = try trace(steps: steps.lowerBound..<steps.lowerBound + 1)
        document.step = nil
        document.steps = [steps]
        document.notes = doubt(of: [steps]) + notes
        document.epoch = epoch
        document.boundary = nil
        return document
    }

    /// What puts some steps in doubt that were found by the inverse of the map.
    private func doubt(of steps: [Range<Int>]) -> [String] {
        guard let doubt = map.doubt, steps.contains(where: { $0.upperBound > doubt.step }) else { return [] }
        return ["from step \(doubt.step) on the mapping is unknown: \(doubt.reason)"]
    }

    /// The nearest step with which a shard begins, and how many such steps saw no spike.
    private func boundary(near step: Int) -> NearestBoundary? {
        let last = run.history?.train.steps.max() ?? map.stepBase + map.updates - 1
        let boundaries = map.boundaries(through: max(last, step)).filter { $0.step > map.stepBase }
        guard let nearest = boundaries.min(by: { abs($0.step - step) < abs($1.step - step) }) else { return nil }
        let suspects = suspectSteps()
        let steps = Set(boundaries.map(\.step))
        let quiet = QuietBoundaries.count(steps, suspects: suspects)
        return NearestBoundary(
            step: nearest.step,
            shard: nearest.shard,
            distance: step - nearest.step,
            boundaries: steps.count,
            quietBoundaries: run.history == nil ? nil : quiet
        )
    }

    private func suspectSteps() -> Set<Int> {
        guard let analysis = run.analysis else { return [] }
        return Set(Diagnosis.events(from: analysis.symptoms()).flatMap(analysis.suspectSteps))
    }
}
