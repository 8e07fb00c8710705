/// The series of a log beside loss, learning rate and gradient norm, by name and in the order of their first record.
///
/// At most ``mostSeries`` of them: a log that prints a metric for each tensor of each layer must not fill the memory.
/// Others are counted in ``leftOut``.
public struct SeriesTable: Sendable, Equatable {
    /// The names, in the order of their first record.
    public private(set) var names: [SeriesName] = []
    private var columns: [Series] = []
    private var places: [SeriesName: Int] = [:]
    /// Names of which nothing was kept, as far as they were counted.
    public private(set) var leftOut: Set<SeriesName> = []

    /// The series that are kept.
    public static let mostSeries = 256
    /// Names that are counted beyond them.
    private static let mostCounted = 4096

    /// Creates an empty table.
    public init() {}

    /// Whether there is no series.
    public var isEmpty: Bool { names.isEmpty }

    /// A series; empty where the log has none of that name.
    public subscript(name: SeriesName) -> Series {
        get { places[name].map { columns[$0] } ?? Series() }
        set { if let place = place(of: name) { columns[place] = newValue } }
    }

    /// The series of the whole run of a kind; empty where the log has none.
    public subscript(kind: SeriesKind) -> Series { self[SeriesName(kind)] }

    /// Every series with its name, in the order of the names.
    public var sorted: [(name: SeriesName, series: Series)] {
        names.sorted().map { ($0, self[$0]) }.filter { !$0.1.isEmpty }
    }

    /// The groups of a kind that have a series, in order; nil for the whole run.
    public func groups(of kind: SeriesKind) -> [String?] {
        names.filter { $0.kind == kind && !self[$0].isEmpty }.sorted().map(\.group)
    }

    /// The place of a name, where it is kept or there is room: what a reader of lines remembers instead of the name.
    mutating func place(of name: SeriesName) -> Int? {
        if let place = places[name] { return place }
        guard names.count < Self.mostSeries else {
            if leftOut.count < Self.mostCounted { leftOut.insert(name) }
            return nil
        }
        places[name] = names.count
        names.append(name)
        columns.append(Series())
        return names.count - 1
    }

    /// Appends a record to the series at a place.
    @inline(__always) mutating func append(_ place: Int, step: Int, value: Double) {
        columns[place].append(step: step, value: value)
    }

    /// Appends a record.
    package mutating func append(_ name: SeriesName, step: Int, value: Double) {
        if let place = place(of: name) { append(place, step: step, value: value) }
    }

    /// The records of each series so far, in the order of ``names``: where a stage, or another run, begins.
    package var counts: [Int] { columns.map(\.count) }

    /// The records between two such marks; nil for the beginning and the end.
    package func part(from start: [Int]?, to end: [Int]?) -> SeriesTable {
        changed { place, series in
            // A series may have been replaced since the mark was set.
            let first = min(start?.at(place) ?? 0, series.count)
            let last = min(end.map { $0.at(place) ?? 0 } ?? series.count, series.count)
            let range = first..<max(first, last)
            return Series(steps: Array(series.steps[range]), values: Array(series.values[range]))
        }
    }

    /// The same values at other steps.
    package func movingSteps(_ step: (Int) -> Int) -> SeriesTable {
        changed { Series(steps: $1.steps.map(step), values: $1.values) }
    }

    /// The series for which a condition holds, as they are.
    package func filter(_ isIncluded: (SeriesName) -> Bool) -> SeriesTable {
        changed { isIncluded(names[$0]) ? $1 : Series() }
    }

    /// Adds the series of another log: those that this one lacks, and where the log goes on there, the rest too.
    mutating func add(_ other: SeriesTable, goesOn: Bool) {
        for (name, series) in other.sorted {
            let mine = self[name]
            if mine.isEmpty || goesOn { self[name] = mine.joined(with: series) }
        }
        leftOut.formUnion(other.leftOut.prefix(Self.mostCounted))
    }

    /// Brings values into the unit of their kind where the log names none: utilisation in per cent, and -1 for none yet.
    mutating func settle() {
        for (place, name) in names.enumerated() where name.kind.unit == .seconds && isClock(columns[place].values) {
            columns[place] = Series()
        }
        for (place, name) in names.enumerated() where name.kind == .mfu {
            let series = columns[place]
            let stride = max(1, series.count / 999)
            let sample = Swift.stride(from: 0, to: series.count, by: stride).map { series.values[$0] }.filter {
                $0 >= 0
            }
            let scale = sample.sorted().dropFirst(sample.count / 2).first ?? 0 > 1.5 ? 0.01 : 1
            guard scale != 1 || series.values.contains(where: { $0 < 0 }) else { continue }
            let known = series.steps.indices.filter { series.values[$0] >= 0 }
            columns[place] = Series(
                steps: known.map { series.steps[$0] },
                values: known.map { series.values[$0] * scale }
            )
        }
    }

    /// Whether times only rise, to twice the first and more: the time since the start under the name of that of a step.
    private func isClock(_ values: [Double]) -> Bool {
        guard values.count >= 8, let first = values.first, let last = values.last, last >= 2 * first else {
            return false
        }
        return zip(values, values.dropFirst()).count { $1 >= $0 } * 20 >= 19 * (values.count - 1)
    }

    private func changed(_ change: (Int, Series) -> Series) -> SeriesTable {
        var result = self
        for place in columns.indices { result.columns[place] = change(place, columns[place]) }
        return result
    }

    /// What was dropped, as a note; nil where nothing was.
    package var note: String? {
        guard let first = leftOut.min() else { return nil }
        let more = leftOut.count == Self.mostCounted ? "at least " : ""
        return "the log prints more than \(Self.mostSeries) series; \(more)\(leftOut.count) were left out, "
            + "\(first.text) among them"
    }
}

extension [Int] {
    fileprivate func at(_ index: Int) -> Int? { indices.contains(index) ? self[index] : nil }
}
