/// Steps of logs that number the batches of each epoch from the start.
enum EpochPosition {
    /// The step in the run of a position in an epoch, where the first epoch has the number `base`.
    static func step(epoch: Int, base: Int, position: Int, of total: Int) -> Int {
        max(epoch &- base, 0).multipliedReportingOverflow(by: total).partialValue &+ position
    }
}

/// A place in an epoch that a line gives by itself: in a progress bar, or in brackets behind the number of the epoch.
struct EpochPlace {
    var position: Int
    var total: Int
    var isBar: Bool
}

/// Turns places in epochs into steps of the run. A value holds what the first of them showed.
struct EpochPlaces {
    /// The number of the first epoch.
    private var base: Int?
    /// How far a bar is ahead of the steps that are printed in it.
    private var lead = 0

    /// The step of a place.
    /// - Parameters:
    ///   - epoch: the epoch on the line or, where a bar has none, on a line before it.
    ///   - isZeroBased: whether the writer is known to begin with epoch 0.
    mutating func step(of place: EpochPlace, epoch: Double?, epochs: Int?, isZeroBased: Bool) -> Int {
        guard let epoch = epoch.flatMap({ Int(exactly: $0) }) else { return place.position &- lead }
        // A bar over the epochs themselves.
        if place.isBar, epochs == place.total, (0...1).contains(epoch &- place.position) { return epoch }
        let base = self.base ?? (isZeroBased ? 0 : min(max(epoch, 0), 1))
        self.base = base
        return EpochPosition.step(epoch: epoch, base: base, position: place.position, of: place.total) &- lead
    }

    /// Notes the step printed in a bar, for where it is printed with too few digits to tell steps apart.
    mutating func note(step: Int, in place: EpochPlace) {
        let ahead = place.position &- step
        lead = (0...1).contains(ahead) ? ahead : 0
    }
}
