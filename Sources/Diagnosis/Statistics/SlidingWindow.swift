import Foundation

/// The last `capacity` values, with their mean, standard deviation, median and robust deviation at hand.
///
/// Values that are not finite are never taken in.
package struct SlidingWindow: Sendable {
    /// How many values it holds at most.
    package let capacity: Int
    private var ring: [Double] = []
    private var next = 0
    private var sorted: [Double] = []

    /// Creates an empty window.
    package init(capacity: Int) {
        self.capacity = max(1, capacity)
        ring.reserveCapacity(self.capacity)
        sorted.reserveCapacity(self.capacity + 1)
    }

    /// The number of values held.
    package var count: Int { ring.count }

    /// Adds a finite value; the oldest leaves when the window is full.
    /// - Complexity: O(capacity), a memory move.
    package mutating func append(_ value: Double) {
        guard value.isFinite else { return }
        if ring.count < capacity {
            ring.append(value)
        } else {
            sorted.remove(at: position(of: ring[next]))
            ring[next] = value
            next = (next + 1) % capacity
        }
        sorted.insert(value, at: position(of: value))
    }

    /// Forgets everything.
    package mutating func removeAll() {
        ring.removeAll(keepingCapacity: true)
        sorted.removeAll(keepingCapacity: true)
        next = 0
    }

    /// The median; NaN when empty.
    package var median: Double { Robust.median(sorted: sorted) }

    /// The robust standard deviation.
    package var robustDeviation: Double { Robust.deviation(sorted: sorted, around: median) }

    /// The arithmetic mean and the population standard deviation.
    /// - Complexity: O(capacity).
    package var meanAndDeviation: (mean: Double, deviation: Double) {
        guard !ring.isEmpty else { return (.nan, 0) }
        let mean = ring.reduce(0, +) / Double(ring.count)
        let squares = ring.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return (mean, (squares / Double(ring.count)).squareRoot())
    }

    private func position(of value: Double) -> Int {
        var low = 0
        var high = sorted.count
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
