/// A place where a curve leaves the course of healthy training, which only falls, and ever more slowly.
package struct Departure: Sendable, Equatable {
    /// What it looks like.
    package enum Shape: Sendable, Equatable {
        /// One record far off, or a few that chance may have put together.
        case outlier
        /// Records in a row above the course, which the curve comes back to.
        case bump
        /// Records in a row below it, which the curve comes back to.
        case dip
        /// A new level, higher from one record to the next.
        case stepUp
        /// A level that rises slowly.
        case rise
    }

    /// What it looks like.
    package var shape: Shape
    /// The records; of a step and a rise, those over which it was measured.
    package var records: Range<Int>
    /// Mean distance from the course, nats.
    package var size: Double
    /// ``size`` in deviations of single records.
    package var sigmas: Double
    /// How often such a departure is expected by chance in a log of this length.
    package var chance: Double

    /// Records by which the onset may be off: a change of k deviations is located to about three over k squared.
    package var onsetError: Int { 1 + Int(min(1e6, 3 / max(1e-3, sigmas * sigmas))) }
}
