/// Which stretches of which text lines are taken, so that labels never overlap.
package struct LabelRoom: Sendable {
    private var taken: [Int: [ClosedRange<Double>]] = [:]
    /// How many labels have found a place.
    package private(set) var count = 0

    /// Creates an empty room.
    package init() {}

    /// Takes a stretch of a lane, unless something is there.
    package mutating func take(_ start: Double, _ end: Double, lane: Int) -> Bool {
        guard isFree(start, end, lane: lane) else { return false }
        taken[lane, default: []].append(Self.stretch(start, end))
        count += 1
        return true
    }

    /// Takes a stretch of a lane together with the line that leads from it through all lower lanes to `leader`.
    package mutating func take(_ start: Double, _ end: Double, lane: Int, leader: Double) -> Bool {
        guard (0..<lane).allSatisfy({ isFree(leader, leader, lane: $0) }), take(start, end, lane: lane) else {
            return false
        }
        for lower in 0..<lane { taken[lower, default: []].append(Self.stretch(leader, leader)) }
        return true
    }

    /// Whether a point lies under a label of a lane.
    package func covers(_ place: Double, lane: Int) -> Bool {
        (taken[lane] ?? []).contains { $0.contains(place) }
    }

    private func isFree(_ start: Double, _ end: Double, lane: Int) -> Bool {
        let wanted = Self.stretch(start, end)
        return !(taken[lane] ?? []).contains { $0.overlaps(wanted) }
    }

    private static func stretch(_ start: Double, _ end: Double) -> ClosedRange<Double> {
        (start - 4)...(max(end, start) + 4)
    }
}
