import TrainingLogs

/// Where a resumed process went on in the data, by the positions of the loader that the log prints.
package struct ResumePosition: Sendable, Equatable {
    /// The first step of the resumed process whose position is printed.
    package var step: Int
    /// Steps whose data it reads again, or below zero, passes over; 0 where it goes on as it should.
    package var replayed: Int
    /// Whether what it reads again begins with the first data.
    package var isFromBeginning = false

    /// Where each resume of a log went on; those of which the log does not show it are left out.
    package static func all(in history: TrainingHistory) -> [ResumePosition] {
        let printed = history.dataPositions
        let resumed = Set(history.resumedSteps)
        let prints = printed.reduce(into: [Int: Int]()) { prints, position in
            if resumed.contains(position.step) { prints[position.step, default: 0] += 1 }
        }
        return printed.indices.dropFirst().compactMap { index in
            let (position, before) = (printed[index], printed[index - 1])
            // A process that goes back prints the step a second time; the first time it was no resume.
            guard position.step <= before.step || prints[position.step] == 1 else { return nil }
            return replay(of: position, after: printed[..<index])
        }
    }

    /// Compares the position of a step with those of the process before.
    private static func replay(of position: DataPosition, after former: ArraySlice<DataPosition>) -> ResumePosition? {
        let reached = former.suffix(100_000).filter { $0.step < position.step }
        guard let last = reached.last, reached.count >= 3 else { return nil }
        // A place is held for several steps: row groups are larger than batches.
        let held = reached.reversed().prefix { $0.isAt(last) }.count
        let interval = max(1, last.step.subtractingStep(reached[reached.count - 2].step))
        if position.isBefore(last) {
            guard let twin = reached.first(where: { !$0.isBefore(position) }) else { return nil }
            let steps = position.step.subtractingStep(twin.step)
            let width = reached.count { $0.isAt(twin) } + held
            let isReplay = steps > (width + 1) * interval
            return ResumePosition(
                step: position.step,
                replayed: isReplay ? steps : 0,
                isFromBeginning: isReplay && former.first?.isAt(position) == true
            )
        }
        // What was passed over can be counted where the process before came as far.
        guard let own = former.last(where: { $0.step == position.step }), own.isBefore(position),
            let twin = former.first(where: { $0.step > position.step && !$0.isBefore(position) })
        else { return ResumePosition(step: position.step, replayed: 0) }
        let steps = twin.step.subtractingStep(position.step)
        return ResumePosition(step: position.step, replayed: steps > 2 * (held + 1) * interval ? -steps : 0)
    }
}

extension DataPosition {
    fileprivate var place: [Int] { [epoch, file, rowGroup] }
    fileprivate func isAt(_ other: DataPosition) -> Bool { place == other.place }
    fileprivate func isBefore(_ other: DataPosition) -> Bool { place.lexicographicallyPrecedes(other.place) }
}
