import Foundation
import Terms

/// The series of a run as a tracker keeps them: by name, each with steps of its own.
///
/// Names that mean nothing to a reader of curves are not kept, so that a run that tracks every tensor costs what its losses
/// cost.
package struct TrackedSeries {
    private var places: [UInt64: Int] = [:]
    private var columns: [(key: MetricKey, series: Series)] = []
    private var names: [String] = []

    /// Names that are looked up; those beyond are passed over.
    private static let mostNames = 1 << 16
    /// A name that is known and not kept.
    private static let ignored = -1

    /// Creates an empty set.
    package init() {}

    /// Where the values of a name go; nil when they are not kept.
    /// - Parameter name: The name, or its parts joined by dots.
    package mutating func place(of name: UnsafeRawBufferPointer) -> Int? {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in name { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        if let known = places[hash] { return known == Self.ignored ? nil : known }
        guard places.count < Self.mostNames else { return nil }
        guard let key = MetricKey.named(name) else {
            places[hash] = Self.ignored
            return nil
        }
        places[hash] = columns.count
        columns.append((key, Series()))
        names.append(String(decoding: name.prefix(256), as: UTF8.self))
        return columns.count - 1
    }

    /// Whether the values at a place are training losses.
    func isTrain(_ place: Int) -> Bool { columns[place].key.kind == .train }

    /// Appends a record at a place that ``place(of:)`` gave.
    package mutating func append(step: Int, value: Double, at place: Int) {
        let key = columns[place].key
        columns[place].series.append(step: step, value: value * key.scale / key.unitDivisor)
    }

    /// Appends a record of a name.
    package mutating func append(_ name: String, step: Int, value: Double) {
        var name = name
        name.withUTF8 { name in
            if let place = place(of: UnsafeRawBufferPointer(name)) { append(step: step, value: value, at: place) }
        }
    }

    /// The series of a name; empty for an unknown name.
    package func series(named name: String) -> Series {
        names.firstIndex(of: name).map { columns[$0].series } ?? Series()
    }

    /// The series with the best name for a kind of metric. One that has a single record, such as the mean loss of a
    /// finished run, only for want of another.
    func best(_ kind: MetricKey.Kind) -> (key: MetricKey, series: Series)? {
        let found = columns.filter { $0.key.kind == kind && !$0.series.isEmpty }
        return found.min { one, two in
            (one.series.count == 1 ? 1 : 0, one.key.rank, one.key.hash)
                < (two.series.count == 1 ? 1 : 0, two.key.rank, two.key.hash)
        }
    }

    /// The series that count steps, best name first.
    var counters: [Series] {
        columns.filter { $0.key.kind == .step }.sorted { $0.key.rank < $1.key.rank }.map(\.series)
    }
}

extension TrackedSeries {
    /// Writes the curves into a history.
    /// - Parameter steps: Turns the steps of the tracker into those of the run; nil where they are the same.
    func write(into history: inout HistoryBuilder, steps: StepMap? = nil) {
        func curve(_ kind: MetricKey.Kind) -> (series: Series, unit: LossUnit)? {
            guard let found = best(kind) else { return nil }
            var series = steps?.mapped(found.series) ?? found.series
            if found.key.unit == .perplexity {
                // Below 1 it is no perplexity: no model is more than certain.
                let sound = zip(series.steps, series.values).filter { !($0.1 < 1) }
                series = Series(steps: sound.map(\.0), values: sound.map { log($0.1) })
            }
            return (series, found.key.unit == .perplexity ? .nats : found.key.unit)
        }
        if let train = curve(.train) { history.history.train = train.series.numberedWhereStill() }
        if let validation = curve(.validation) {
            history.history.validation = validation.series
            history.history.validationUnit = validation.unit
        }
        if let rate = curve(.learningRate) { history.history.learningRate = rate.series.numberedWhereStill() }
        if let norm = curve(.gradientNorm) { history.history.gradientNorm = norm.series.numberedWhereStill() }
        if let scale = curve(.lossScale) { history.history.lossScale = scale.series.numberedWhereStill() }
        let others = Dictionary(
            grouping: columns.filter { [.series, .reward].contains($0.key.kind) && !$0.series.isEmpty }
        ) {
            $0.key.series
        }
        for name in others.keys.compactMap({ $0 }).sorted() {
            let found = others[name]?.min { ($0.key.rank, $0.key.hash) < ($1.key.rank, $1.key.hash) }
            guard let series = found?.series else { continue }
            history.history.series[name] = steps?.mapped(series) ?? series
        }
        history.lastStep = history.history.train.steps.last
        noteHiddenLosses(in: &history)
    }

    /// A loss of exactly 0 where the gradient norm is not finite: the trainer replaced it.
    private func noteHiddenLosses(in history: inout HistoryBuilder) {
        let norm = history.history.gradientNorm.merged()
        guard norm.nonFiniteCount > 0 else { return }
        for (step, value) in zip(history.history.train.steps, history.history.train.values) where value == 0 {
            if norm.value(atStep: step)?.isFinite == false { history.hiddenNonFinite(step: step) }
        }
    }
}

extension Series {
    /// Records numbered in their order where all stand at one step: the run gave its tracker none.
    fileprivate func numberedWhereStill() -> Series {
        guard count > 2, let first = steps.first, steps.allSatisfy({ $0 == first }) else { return self }
        return Series(steps: Array(0..<count), values: values)
    }
}

/// Turns the steps of a tracker, which may count its own records, into those that the run tracked as a metric.
struct StepMap {
    private let counter: Series

    /// - Parameter counter: The run's step by the tracker's.
    /// - Returns: Nil when the series does not count: values that are no whole numbers, or that mostly fall or stand.
    init?(_ counter: Series) {
        guard counter.count > 1, let first = counter.values.first, let last = counter.values.last, last != first,
            counter.values.allSatisfy({ Int(exactly: $0) != nil })
        else { return nil }
        let falls = zip(counter.values, counter.values.dropFirst()).reduce(0) { $0 + ($1.1 < $1.0 ? 1 : 0) }
        guard falls * 10 <= counter.count else { return nil }
        self.counter = counter
    }

    /// The step that was tracked with a record, or last before it; the first for records before any.
    func step(_ step: Int) -> Int {
        var low = 0
        var high = counter.count
        while low < high {
            let middle = (low + high) / 2
            if counter.steps[middle] <= step { low = middle + 1 } else { high = middle }
        }
        return Int(exactly: counter.values[max(0, low - 1)]) ?? step
    }

    func mapped(_ series: Series) -> Series { Series(steps: series.steps.map(step), values: series.values) }
}

extension TrackedSeries {
    /// Appends the metrics of one record, a JSON object; those in objects under their names joined by dots.
    package mutating func append(json: String, step: Int) {
        var json = json
        json.withUTF8 { text in
            let bytes = UnsafeRawBufferPointer(text)
            var scanner = MappingScanner(ByteCursor(bytes))
            var name: [UInt8] = []
            scanner.forEachScalar { names, scalar in
                var number = ByteCursor(UnsafeRawBufferPointer(rebasing: bytes[scalar]))
                guard !names.isEmpty, let value = number.number(), number.isAtEnd else { return }
                name.removeAll(keepingCapacity: true)
                for part in names {
                    if !name.isEmpty { name.append(0x2E) }
                    name.append(contentsOf: bytes[part].prefix(256))
                }
                if let place = name.withUnsafeBytes({ place(of: $0) }) { append(step: step, value: value, at: place) }
            }
        }
    }
}
