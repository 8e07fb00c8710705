import Terms

/// The quantities of a geometry: those that are printed, and those that follow from them.
struct GeometrySolution {
    private(set) var values: [Quantity: Int]
    /// The quantities that follow from others, and a printed one from which each does.
    private(set) var origins: [Quantity: Quantity] = [:]

    /// Solves what one unknown factor leaves open, until nothing more follows.
    init(_ printed: [Quantity: Int]) {
        values = printed.filter { $0.value > 0 }
        var isChanged = true
        while isChanged {
            isChanged = false
            for product in Self.products where solve(product) { isChanged = true }
        }
    }

    /// A quantity and its factors.
    private static let products: [(whole: Quantity, factors: [Quantity])] = [
        (.worldSize, [.devices, .nodes]),
        (.tokensPerMicroBatch, [.batch, .sequence]),
        (.rowsPerRank, [.batch, .accumulation]),
        (.accumulationOverRanks, [.accumulation, .worldSize]),
        (.rows, [.batch, .accumulationOverRanks]),
        (.rows, [.rowsPerRank, .worldSize]),
        (.tokensPerMicroStep, [.tokensPerMicroBatch, .worldSize]),
        (.tokens, [.tokensPerMicroStep, .accumulation]),
        (.tokens, [.rows, .sequence]),
    ]

    private mutating func solve(_ product: (whole: Quantity, factors: [Quantity])) -> Bool {
        let missing = product.factors.filter { values[$0] == nil }
        let known = product.factors.compactMap { values[$0] }
        var factor = 1
        for value in known {
            let (next, overflow) = factor.multipliedReportingOverflow(by: value)
            guard !overflow, next <= 1 << 48 else { return false }
            factor = next
        }
        if values[product.whole] == nil {
            guard missing.isEmpty, let origin = product.factors.last else { return false }
            set(product.whole, factor, from: origin)
            return true
        }
        guard let whole = values[product.whole], missing.count == 1, let open = missing.first,
            whole.isMultiple(of: factor), whole >= factor
        else { return false }
        set(open, whole / factor, from: product.whole)
        return true
    }

    private mutating func set(_ quantity: Quantity, _ value: Int, from origin: Quantity) {
        values[quantity] = value
        origins[quantity] = origins[origin] ?? origin
    }
}

extension Setting {
    /// The quantity that is this setting.
    var quantity: Quantity? {
        switch self {
        case .batch: .batch
        case .sequence: .sequence
        case .accumulation: .accumulation
        case .worldSize: .worldSize
        case .tokensPerStep: .tokens
        case .rowsPerStep: .rows
        case .vocabulary, .steps, .trainTokens, .trainShards, .trainRows, .parameters: nil
        }
    }
}

extension Hyperparameters {
    /// Takes the geometry that a part of a log prints.
    /// - Parameters:
    ///   - ledger: What the log prints.
    ///   - records: The training records of the part.
    ///   - steps: The steps of all training records.
    ///   - shown: What the records themselves show of every step: rows, tokens, and the line of the first that does.
    mutating func resolve(
        _ ledger: SettingsLedger,
        in records: Range<Int> = 0..<Int.max,
        steps: [Int],
        shown: [Quantity: (value: Int, line: Int)] = [:]
    ) {
        let processes = ledger.processes(in: records)
        guard !processes.isEmpty || !shown.isEmpty else { return }
        for setting in Setting.allCases where setting.isOfGeometry { set(setting, nil, source: nil) }
        (unclear, changes, accumulationCountsRanks) = ([:], [], false)
        var lines: [Quantity: Int] = [:]
        var printed: [Quantity: Int] = [:]
        for (quantity, entry) in processes.first?.values.known ?? [:] {
            (printed[quantity], lines[quantity]) = (entry.value, entry.line)
        }
        let doubtful = processes.first?.values.unclear ?? [:]
        // What only a later process prints is as good as what the first one left out: a log may have lost its head.
        for process in processes.dropFirst() {
            for (quantity, entry) in process.values.known where printed[quantity] == nil && doubtful[quantity] == nil {
                (printed[quantity], lines[quantity]) = (entry.value, entry.line)
            }
        }
        for (quantity, value) in shown where printed[quantity] == nil && doubtful[quantity] == nil {
            (printed[quantity], lines[quantity]) = (value.value, value.line)
        }
        take(GeometrySolution(printed), lines: lines)
        for setting in Setting.allCases {
            guard let quantity = setting.quantity, let entries = doubtful[quantity], self[setting] == nil else {
                continue
            }
            unclear[setting] = UnclearSetting(
                values: entries.prefix(8).map { ($0.value, SettingSource(line: $0.line)) }
            )
        }
        noteRanks(processes.first?.values)
        noteChanges(processes, steps: steps)
    }

    private mutating func take(_ solution: GeometrySolution, lines: [Quantity: Int]) {
        func source(_ quantity: Quantity) -> SettingSource {
            let origin = solution.origins[quantity]
            return SettingSource(line: lines[origin ?? quantity], isComputed: origin != nil)
        }
        for setting in Setting.allCases {
            guard let quantity = setting.quantity, let value = solution.values[quantity] else { continue }
            set(setting, value, source: source(quantity))
        }
        // Only where it is printed: computed, it says no more than the rows of a step.
        if accumulation == nil, solution.origins[.accumulationOverRanks] == nil,
            let overRanks = solution.values[.accumulationOverRanks]
        {
            set(.accumulation, overRanks, source: source(.accumulationOverRanks))
            accumulationCountsRanks = true
        }
    }

    /// nanoGPT does not print its ranks, but each of them prints the tokens of an iteration.
    private mutating func noteRanks(_ values: SettingsLedger.Values?) {
        guard worldSize == nil, accumulationCountsRanks, let entry = values?.known[.tokens], entry.times > 1 else {
            return
        }
        let line = SettingSource(line: entry.line)
        unclear[.worldSize] = UnclearSetting(
            values: [(entry.times, line)],
            reason: "the log prints the tokens of an iteration \(entry.times) times before the first one"
                + " (first in line \(entry.line)), as each rank does, and not the number of ranks"
        )
    }

    /// What a later process prints with another value than the first.
    private mutating func noteChanges(_ processes: [(records: Int, values: SettingsLedger.Values)], steps: [Int]) {
        guard let first = processes.first else { return }
        let before = GeometrySolution(first.values.known.compactMapValues(\.value)).values
        for process in processes.dropFirst() {
            let solution = GeometrySolution(process.values.known.compactMapValues(\.value))
            for setting in Setting.allCases {
                guard let quantity = setting.quantity, let old = before[quantity], let new = solution.values[quantity],
                    old != new, changes.count < 64
                else { continue }
                let origin = solution.origins[quantity] ?? quantity
                changes.append(
                    SettingChange(
                        setting,
                        before: old,
                        after: new,
                        step: steps.indices.contains(process.records) ? steps[process.records] : nil,
                        sourceBefore: sources[setting] ?? SettingSource(),
                        sourceAfter: SettingSource(line: process.values.known[origin]?.line)
                    )
                )
            }
        }
    }
}
