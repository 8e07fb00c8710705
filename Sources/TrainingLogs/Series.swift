/// One column of a log: values by step, as printed and in order.
///
/// Two flat arrays, so that a log of a million steps costs 16 bytes a record.
public struct Series: Sendable, Equatable {
    /// The step of each record, in the numbering of the log.
    public private(set) var steps: [Int]
    /// The value of each record; may be NaN or infinite.
    public private(set) var values: [Double]

    /// Creates a series; `steps` and `values` beyond the shorter of the two are dropped.
    public init(steps: [Int] = [], values: [Double] = []) {
        let count = min(steps.count, values.count)
        self.steps = Array(steps.prefix(count))
        self.values = Array(values.prefix(count))
    }

    /// The number of records.
    public var count: Int { steps.count }

    /// Whether there is no record.
    public var isEmpty: Bool { steps.isEmpty }

    /// Appends a record.
    /// - Complexity: O(1) amortised.
    public mutating func append(step: Int, value: Double) {
        steps.append(step)
        values.append(value)
    }

    /// The number of records whose value is NaN or infinite.
    /// - Complexity: O(n).
    public var nonFiniteCount: Int { values.reduce(0) { $0 + ($1.isFinite ? 0 : 1) } }

    /// The smallest finite value.
    /// - Complexity: O(n).
    public var minimum: Double? { values.lazy.filter(\.isFinite).min() }

    /// The curve in rising order of steps, one value a step: of steps that a resumed run prints again the last record wins.
    /// When several ranks print one step, a value that is not finite wins, so that no NaN is lost.
    /// - Complexity: O(n) when the steps already rise, O(n log n) otherwise.
    public func merged() -> Series {
        if zip(steps, steps.dropFirst()).allSatisfy({ $0 < $1 }) { return self }
        let order = steps.indices.sorted { (steps[$0], $0) < (steps[$1], $1) }
        var processes = Segmentation.boundaries(of: steps)[...]
        var process: [Int] = []
        process.reserveCapacity(count)
        for index in steps.indices {
            while processes.first == index { processes.removeFirst() }
            process.append(processes.count)
        }
        var result = Series()
        var lost: (process: Int, value: Double)?
        for (position, index) in order.enumerated() {
            if !values[index].isFinite { lost = (process[index], values[index]) }
            guard position + 1 == order.count || steps[order[position + 1]] != steps[index] else { continue }
            let value = lost.flatMap { $0.process == process[index] ? $0.value : nil } ?? values[index]
            result.append(step: steps[index], value: value)
            lost = nil
        }
        return result
    }

    /// The value at a step of a series whose steps rise (see ``merged()``).
    /// - Complexity: O(log n).
    public func value(atStep step: Int) -> Double? {
        var low = 0
        var high = steps.count
        while low < high {
            let middle = (low + high) / 2
            if steps[middle] < step { low = middle + 1 } else { high = middle }
        }
        return low < steps.count && steps[low] == step ? values[low] : nil
    }
}
