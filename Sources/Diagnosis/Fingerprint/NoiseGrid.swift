import TrainingLogs

/// The noise of a fingerprint at even distances, so that one offset in places is one lag in steps.
package struct NoiseGrid: Sendable {
    /// The step of the first place.
    package let first: Int
    /// Steps from place to place.
    package let interval: Int
    /// The noise, scaled to a mean square of 1; 0 where a step has no record.
    package let noise: [Float]
    /// The number of records on the grid.
    package let records: Int

    /// The grid of a fingerprint.
    /// - Parameter interval: Steps from place to place; `nil` for the usual distance of two records.
    /// - Returns: `nil` where the records are at no even distances, or too few.
    package init?(_ fingerprint: LossFingerprint, interval: Int? = nil) {
        let steps = fingerprint.steps
        let gaps = zip(steps, steps.dropFirst()).map { $1.subtractingStep($0) }
        guard steps.count >= LossFingerprint.leastRecords,
            let usual = interval ?? Self.mode(gaps), usual > 0
        else { return nil }
        // Logs begin with single steps, or end with the last one: most records decide which steps are on the grid.
        let residues = steps.map { (($0 % usual) + usual) % usual }
        guard let residue = Self.mode(residues) else { return nil }
        let kept = steps.indices.filter { residues[$0] == residue }
        guard let low = kept.first.map({ steps[$0] }), let high = kept.last.map({ steps[$0] }) else { return nil }
        let places = high.subtractingStep(low) / usual
        guard kept.count * 10 >= steps.count * 9, places < 2 * kept.count else { return nil }
        var grid = [Float](repeating: 0, count: places + 1)
        for index in kept { grid[(steps[index] - low) / usual] = Float(fingerprint.noise[index]) }
        let power = grid.reduce(0) { $0 + $1 * $1 } / Float(kept.count)
        guard power > 0 else { return nil }
        let scale = 1 / power.squareRoot()
        for place in grid.indices { grid[place] *= scale }
        first = low
        self.interval = usual
        noise = grid
        records = kept.count
    }

    /// The step of a place.
    package func step(_ place: Int) -> Int {
        first.addingStep(place.multipliedReportingOverflow(by: interval).partialValue)
    }

    /// The most frequent value; the smallest of several.
    private static func mode(_ values: [Int]) -> Int? {
        if let value = values.first, values.allSatisfy({ $0 == value }) { return value }
        var counts: [Int: Int] = [:]
        for value in values { counts[value, default: 0] += 1 }
        return counts.max { ($0.value, -$0.key) < ($1.value, -$1.key) }?.key
    }
}
