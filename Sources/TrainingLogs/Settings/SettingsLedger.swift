import Terms

/// A number of the geometry as some trainer prints it.
enum Quantity: Hashable, Sendable, CaseIterable {
    /// Rows per rank and micro-step; tokens of a row; micro-steps per step and rank.
    case batch, sequence, accumulation
    /// Micro-steps per step of all ranks together (nanoGPT).
    case accumulationOverRanks
    /// Data-parallel ranks; devices of a node, nodes.
    case worldSize, devices, nodes
    /// Rows of a step; those of one rank.
    case rows, rowsPerRank
    /// Tokens of a step; of a micro-batch of one rank; of a micro-step of all ranks.
    case tokens, tokensPerMicroBatch, tokensPerMicroStep
}

/// What a log prints of the geometry, in the order in which it stands there.
///
/// A trainer prints a default, a file's value, the command line's and what it made of them, each rank for itself, and a
/// resumed process all of it again: which value holds is decided when the log has been read, and can be decided for
/// a part of its records.
struct SettingsLedger: Sendable, Equatable {
    /// How much a printed value counts beside another of the same quantity.
    enum Authority: Int, Sendable, Comparable {
        /// Holds where nothing else is printed.
        case fallback
        /// A dump of settings: one value is as good as another.
        case dump
        /// Settings in the order in which they override one another: the last one holds.
        case ordered
        /// What the program computed and works with: the last one holds.
        case computed

        static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    }

    /// One printed value.
    struct Entry: Sendable, Equatable {
        var quantity: Quantity
        /// Nil where something stands there that is no number.
        var value: Int?
        var authority: Authority
        /// The 1-based line.
        var line: Int
        /// Training records before it.
        var records: Int
        /// How often it was printed in the same way before the next record.
        var times = 1
    }

    private(set) var entries: [Entry] = []
    /// No trainer prints so many; a hostile log must not fill the memory.
    private static let most = 4096

    mutating func add(_ quantity: Quantity, _ value: Int?, _ authority: Authority, line: Int, records: Int) {
        // Every rank prints the same, and some trainers do with each record; what comes between may override the first.
        if let last = entries.lastIndex(where: { $0.quantity == quantity }), entries[last].value == value,
            entries[last].authority == authority
        {
            if entries[last].records == records { entries[last].times += 1 }
            return
        }
        guard entries.count < Self.most else { return }
        entries.append(Entry(quantity: quantity, value: value, authority: authority, line: line, records: records))
    }

    /// The values that hold at one time, from those printed between two records.
    struct Values {
        var known: [Quantity: Entry] = [:]
        var unclear: [Quantity: [Entry]] = [:]

        init(_ entries: some Sequence<Entry>) {
            for (quantity, all) in Dictionary(grouping: entries, by: \.quantity) {
                let authority = all.map(\.authority).max() ?? .dump
                let best = all.filter { $0.authority == authority }
                let isOrdered = authority == .ordered || authority == .computed
                guard let last = best.last else { continue }
                if last.value != nil, isOrdered || Set(best.map(\.value)).count == 1 {
                    known[quantity] = last
                } else {
                    unclear[quantity] = isOrdered ? [last] : best
                }
            }
        }
    }

    /// The values of each process that printed some, in order. The first also has what only later ones print.
    /// - Parameter records: Only what is printed before these records, and not before any before them.
    func processes(in records: Range<Int> = 0..<Int.max) -> [(records: Int, values: Values)] {
        var result: [(records: Int, values: Values)] = []
        var open = entries[...]
        while let first = open.first {
            let end = open.firstIndex { $0.records != first.records } ?? open.endIndex
            if records.contains(first.records) { result.append((first.records, Values(open[..<end]))) }
            open = open[end...]
        }
        return result
    }
}
