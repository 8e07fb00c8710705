/// Keeps the endings that a log prints until it is known which of them the run died of.
///
/// An error behind which the run goes on was caught, or another process went on from a checkpoint; one that is printed when
/// training is done ends nothing. What is left at the end of the log is one death, seen by several ranks and by the
/// launcher: its root is the first of them in time that says why.
struct EndingCollector {
    /// Endings that are kept of one death.
    private static let most = 64
    /// Caught errors that are kept of a log.
    private static let mostSurvived = 8
    /// Records that the other ranks may still print when one has died.
    private static let latest = 3

    private struct Pending {
        var event: LogEvent
        /// Records that were printed before it.
        var records: Int
        var key: String
    }

    private var pending: [Pending] = []
    private var survived: [LogEvent] = []
    private var survivedCount = 0
    private var doneAt: (line: Int, records: Int)?

    /// Notes that a line says that training is done.
    mutating func finishTraining(line: Int, records: Int) { doneAt = (line, records) }

    /// Adds an ending.
    /// - Parameter records: The records that were printed before it.
    mutating func add(_ event: LogEvent, records: Int) {
        guard let ending = event.ending else { return }
        settle(before: records)
        // Every rank prints the same last words.
        let key = event.text.filter { !$0.isNumber }
        if let index = pending.firstIndex(where: { $0.key == key && $0.records == records }) {
            pending[index].event.ending?.repeats += 1
            // The first in time is the one that counts.
            if let time = ending.time, let other = pending[index].event.ending?.time, time < other {
                let repeats = pending[index].event.ending?.repeats ?? 0
                pending[index].event = event
                pending[index].event.ending?.repeats = repeats
            }
            return
        }
        if pending.count < Self.most || !ending.isOnlyExit && pending.count < 2 * Self.most {
            pending.append(Pending(event: event, records: records, key: key))
        }
    }

    /// Gives up the endings behind which the run has gone on.
    private mutating func settle(before records: Int) {
        while let first = pending.first, first.records.addingReportingOverflow(Self.latest).partialValue < records {
            survive(pending.removeFirst().event)
        }
    }

    private mutating func survive(_ event: LogEvent) {
        survivedCount += 1 + (event.ending?.repeats ?? 0)
        guard survived.count < Self.mostSurvived else { return }
        survived.append(event)
        survived[survived.count - 1].ending?.role = .survived
    }

    /// The endings of the log with their roles, in its order, and how many there were behind which the run went on.
    /// - Parameter records: The records of the whole log.
    mutating func finish(records: Int) -> (events: [LogEvent], survived: Int) {
        settle(before: records)
        let isLate = { (item: Pending) in item.records < records }
        let tail = pending.filter { !isLate($0) }.compactMap(\.event.ending)
        // The launcher says that a process failed: the error stands just before the last records.
        let lacksCause = !tail.isEmpty && tail.allSatisfy(\.isOnlyExit)
        let isDone = doneAt.map { $0.records == records } ?? false
        var last: [LogEvent] = []
        for item in pending {
            var event = item.event
            if isDone, let done = doneAt {
                guard event.line > done.line else {
                    survive(event)
                    continue
                }
                event.ending?.role = .afterTraining
                last.append(event)
            } else if !isLate(item) || lacksCause || (event.ending?.rank ?? 0) > 0 {
                last.append(event)
            } else {
                survive(event)
            }
        }
        Self.resolve(&last)
        pending = []
        return ((survived + last).sorted { $0.line < $1.line }, survivedCount)
    }

    /// Finds the root among the endings of one death; the roles of the others say that they follow it.
    static func resolve(_ events: inout [LogEvent]) {
        let candidates = events.indices.filter { index in
            guard let ending = events[index].ending else { return false }
            return ending.role == .root || ending.role == .follows
        }
        for index in candidates { events[index].ending?.role = .follows }
        guard let root = root(among: candidates.compactMap { events[$0].placed(at: $0) }) else { return }
        events[root].ending?.role = .root
        // The launcher knows the rank and the node of the first failure where its last words do not.
        let endings = candidates.compactMap { events[$0].ending }
        guard var ending = events[root].ending, let account = endings.first(where: { $0.isAccount }),
            ending.rank == nil || ending.rank == account.rank
        else { return }
        ending.rank = account.rank
        ending.node = ending.node ?? account.node
        events[root].ending = ending
    }

    /// An ending, what it says, and where it stands among the events.
    struct Placed {
        var place: Int
        var ending: LogEnding
        var weight: EndingRule.Weight
    }

    private static func root(among all: [Placed]) -> Int? {
        let weights = all.map(\.weight)
        guard let heaviest = weights.max() else { return nil }
        if heaviest < .collective { return first(all.filter { $0.weight == heaviest })?.place }
        guard var root = first(all.filter { $0.weight >= .collective }) else { return nil }
        // Ranks wait in vain where another has died: its error is the cause unless it came later for certain.
        if root.weight == .collective,
            let cause = first(all.filter { $0.weight == .cause && $0.ending.kind != .interrupt }),
            !isLater(cause, than: root)
        {
            root = cause
        }
        // In a chain of exceptions the first named one is the cause; the others follow from it.
        if root.weight == .exception, let chain = root.ending.chain,
            let named = all.first(where: { $0.ending.chain == chain && $0.weight == .cause })
        {
            root = named
        }
        return root.place
    }

    /// The first in time, in the order of the log where a time is not printed.
    private static func first(_ all: [Placed]) -> Placed? {
        var result = all.first
        for item in all.dropFirst() {
            if let known = result, isLater(known, than: item) { result = item }
        }
        return result
    }

    /// Whether the clocks of both lines say that one came after the other. Clocks days apart are not of one death.
    private static func isLater(_ one: Placed, than other: Placed) -> Bool {
        guard let mine = one.ending.time, let theirs = other.ending.time else { return false }
        return mine > theirs && mine - theirs < 2 * 86_400
    }
}

extension LogEvent {
    fileprivate func placed(at place: Int) -> EndingCollector.Placed? {
        guard let ending else { return nil }
        let weight = EndingRules.rule(ending.rule)?.weight ?? .exception
        return EndingCollector.Placed(place: place, ending: ending, weight: weight)
    }
}
