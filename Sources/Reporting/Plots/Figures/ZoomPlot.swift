import Diagnosis
import Terms
import TrainingLogs

/// One finding from near: the records around it, and under them the shards and the steps that read damaged bytes.
package enum ZoomPlot {
    /// How many steps are shown on each side.
    package static let margin = 100
    /// How many records are shown on each side at least, where a log prints few.
    private static let records = 20
    /// A longer event shows its beginning.
    private static let longest = 400

    /// The plot; `nil` for a finding without steps, or one that fills the whole log anyway.
    /// - Parameter number: The finding's number in the report, counted from 1.
    package static func drawing(number: Int, report: AuditReport, history: TrainingHistory?) -> Drawing? {
        guard report.findings.indices.contains(number - 1), let history else { return nil }
        let finding = report.findings[number - 1]
        let train = history.train.merged()
        guard let window = window(finding, train) else { return nil }
        let range = Double(window.lowerBound)...Double(window.upperBound)
        let loss = train.slice(window)
        let norm = history.gradientNorm.merged().slice(window)
        let rate = history.learningRate.merged().slice(window)
        let validation = history.validationUnit == .nats ? history.validation.merged().slice(window) : Series()
        var panels: [Figure.PanelContent] = [
            Figure.PanelContent(
                title: "loss",
                unit: "nats per token",
                height: 190,
                domain: ValueDomain(loss.values + validation.values, cutsOutliers: false),
                message: loss.isEmpty ? "the log prints no loss here" : "no loss is finite here",
                curve: loss.isEmpty ? nil : Curve(series: loss, style: "loss", isSmoothed: false),
                points: validation,
                showsPeaks: true
            )
        ]
        let rateTitle = history.learningRateIsMultiplier ? "rate / peak" : "learning rate"
        for (series, style, title) in [(norm, "norm", "gradient norm"), (rate, "rate", rateTitle)]
        where !series.isEmpty {
            panels.append(
                Figure.PanelContent(
                    title: title,
                    height: 80,
                    domain: style == "rate" ? .rates(series.values) : ValueDomain(series.values, cutsOutliers: false),
                    message: "no \(title) is finite here",
                    curve: Curve(series: series, style: style, isSmoothed: false)
                )
            )
        }
        let shown = report.findings.enumerated().filter { _, other in
            other.steps?.overlaps(window) == true
        }
        let reads = damagedReads(finding, report.shards)
        let damaged = report.shards.filter(\.isDamaged).map(\.name)
        var description = "Finding \(number), \(finding.plainTitle(limit: 160)), from near. "
        description += "Steps \(window.lowerBound) to \(window.upperBound), \(NumberText.count(loss.count, "record"))."
        if !reads.isEmpty {
            let steps = reads.prefix(8).map { NumberText.steps($0) }
            description += " Damaged bytes were read in \(steps.joined(separator: ", "))."
        }
        let figure = Figure(
            name: "finding-\(number)-zoom",
            title: "\(number). \(finding.plainTitle(limit: 120))",
            subtitle: "\(asLogged(history)), \(NumberText.steps(window))",
            description: description,
            key: key(norm, rate, validation, reads),
            findings: shown.map(\.element),
            numbers: shown.map { $0.offset + 1 },
            shardBoundaries: report.shardBoundaries,
            damagedShards: damaged,
            damagedReads: report.shardBoundaries.isEmpty ? [] : reads
        )
        let resumes = history.resumedSteps.filter { window.contains($0) }
        return figure.drawing(panels, steps: range, resumes: resumes)
    }

    /// A moving average shows less than happened: the finding's figures are of the loss before it was averaged.
    private static func asLogged(_ history: TrainingHistory) -> String {
        history.lossScope == .movingAverage
            ? "as logged, a moving average; the finding\u{2019}s figures are of the loss before averaging" : "as logged"
    }

    private static func key(_ norm: Series, _ rate: Series, _ validation: Series, _ reads: [ClosedRange<Int>])
        -> [PlotFrame.KeyEntry]
    {
        var key = [PlotFrame.KeyEntry(sample: .line("loss main"), label: "training loss")]
        if !validation.isEmpty { key.append(.init(sample: .points("validation"), label: "validation")) }
        if !norm.isEmpty { key.append(.init(sample: .line("norm main"), label: "gradient norm")) }
        if !rate.isEmpty { key.append(.init(sample: .line("rate main"), label: "learning rate")) }
        if !reads.isEmpty { key.append(.init(sample: .mark(.square, "damage-read"), label: "read damaged bytes")) }
        return key
    }

    /// The steps to show.
    static func window(_ finding: Finding, _ train: Series) -> ClosedRange<Int>? {
        guard let covered = finding.steps, let start = train.steps.first, let end = train.steps.last, start < end,
            covered.lowerBound <= end, covered.lowerBound >= start
        else { return nil }
        let (first, last) = (covered.lowerBound, min(covered.upperBound, end))
        // The curves of the whole log show best what is nearly all of it.
        guard share(first...last, of: train) < 0.6 else { return nil }
        let shownLast = last.subtractingStep(first) > longest ? first.addingStep(margin) : last
        let before = (train.steps.firstIndex { $0 >= first } ?? 0) - records
        let after = (train.steps.lastIndex { $0 <= shownLast } ?? 0) + records
        var low = min(first.subtractingStep(margin), train.steps[max(before, 0)])
        var high = max(shownLast.addingStep(margin), train.steps[min(max(after, 0), train.count - 1)])
        (low, high) = (max(low, start), min(high, end))
        return low < high && share(low...high, of: train) < 0.9 ? low...high : nil
    }

    /// How much of the log a range of steps is.
    private static func share(_ range: ClosedRange<Int>, of train: Series) -> Double {
        guard let start = train.steps.first, let end = train.steps.last, start < end else { return 1 }
        return (Double(range.upperBound) - Double(range.lowerBound)) / (Double(end) - Double(start))
    }

    /// Why a finding that has steps has no plot of its own; `nil` when it has one, or nothing to show.
    package static func absence(number: Int, report: AuditReport, history: TrainingHistory?) -> String? {
        guard report.findings.indices.contains(number - 1), let history else { return nil }
        let finding = report.findings[number - 1]
        let train = history.train.merged()
        guard let first = finding.steps?.lowerBound, let end = train.steps.last, let start = train.steps.first else {
            return nil
        }
        if number > PlotSet.limit { return "Only the first \(PlotSet.limit) findings are drawn from near." }
        if first > end || first < start { return "The log has no record of these steps." }
        guard window(finding, train) == nil else { return nil }
        return
            "These steps and those around them are nearly the whole log, so that the curves below show the finding best."
    }

    /// The steps of a finding whose data overlap the damaged bytes of their shard, as runs.
    static func damagedReads(_ finding: Finding, _ shards: [ShardReport]) -> [ClosedRange<Int>] {
        let ranges = Dictionary(
            shards.filter { !$0.damagedRanges.isEmpty }.map { ($0.name, $0.damagedRanges) },
            uniquingKeysWith: { first, _ in first }
        )
        let steps = finding.spans.compactMap { traced -> Int? in
            let span = traced.span
            guard span.confidence != .unknown, ranges[span.name]?.contains(where: span.bytes.overlaps) == true else {
                return nil
            }
            return traced.step
        }
        // Of a long event only some steps are traced: between two that read damage, what was not looked at did so too.
        let traced = Set(finding.spans.compactMap(\.step))
        var runs: [ClosedRange<Int>] = []
        for step in Set(steps).sorted() {
            if let last = runs.last, case let gap = step.subtractingStep(last.upperBound), gap <= 5,
                (1..<max(gap, 1)).allSatisfy({ !traced.contains(last.upperBound + $0) })
            {
                runs[runs.count - 1] = last.lowerBound...step
            } else {
                runs.append(step...step)
            }
        }
        return runs
    }
}

extension Series {
    /// The records of a range of steps, of a series whose steps rise.
    package func slice(_ range: ClosedRange<Int>) -> Series {
        let from = position(of: range.lowerBound)
        let end = range.upperBound == .max ? count : position(of: range.upperBound + 1)
        return Series(steps: Array(steps[from..<max(from, end)]), values: Array(values[from..<max(from, end)]))
    }

    /// Where the first record at or after a step is.
    private func position(of step: Int) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if steps[middle] < step { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
