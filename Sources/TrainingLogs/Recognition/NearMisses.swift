import Terms

/// The lines of a file without a curve that come nearest to a record, and what they lack.
struct NearMisses {
    /// What lines lack.
    enum Lack: CaseIterable {
        /// The place of a loss in the run.
        case step
        /// A loss of a known name; one of another name is there.
        case knownLoss
        /// Any loss.
        case loss
        /// A loss of the language model: the lines are of reinforcement learning.
        case languageLoss
    }

    private var found: [Lack: (count: Int, line: Int, text: String)] = [:]

    /// Looks at all lines of some text.
    init(in text: UnsafeRawBufferPointer) {
        Lines.forEach(in: text) { line, number in
            if let lack = Self.lack(of: line) {
                let first = found[lack] ?? (0, number, line.plainText(limit: 100))
                found[lack] = (first.count + 1, first.line, first.text)
            }
            return true
        }
    }

    /// What a line lacks to be a record; nil where it has everything, or nothing.
    private static func lack(of line: ByteCursor) -> Lack? {
        var scanner = KeyValueScanner(line)
        scanner.scan()
        let record = scanner.record
        let isReinforcement = record.hasReward || line.contains("reward") || line.contains("pg_loss")
        let hasPlace = record.hasOwnStep || record.epoch != nil
        if line.contains("%|") { return nil }  // A bar draws what lines print.
        if isReinforcement { return hasPlace || line.contains("loss") ? .languageLoss : nil }
        if record.hasTrainingLoss, hasPlace { return nil }
        if PrintedLoss.find(in: line) != nil { return hasPlace ? .knownLoss : .step }
        return record.hasOwnStep && !record.hasLoss && hasFraction(line) ? .loss : nil
    }

    /// Whether a line prints a number such as 2.31: a step alone is no record.
    private static func hasFraction(_ line: ByteCursor) -> Bool {
        for index in line.bytes.indices.dropFirst().dropLast()
        where line.bytes[index] == 0x2E && line.bytes[index - 1].isDigit && line.bytes[index + 1].isDigit {
            return true
        }
        return false
    }

    /// The two kinds of lines that are most frequent, as clauses; nil where no line comes near.
    var reason: String? {
        // One line of reinforcement learning explains all the others.
        let order = Lack.allCases.filter { found[$0] != nil }
            .sorted {
                ($0 == .languageLoss ? Int.max : found[$0]?.count ?? 0)
                    > ($1 == .languageLoss ? Int.max : found[$1]?.count ?? 0)
            }
        let clauses = order.prefix(2).compactMap { lack in found[lack].map { Self.text(lack, $0) } }
        return clauses.isEmpty ? nil : clauses.joined(separator: "; ")
    }

    private static func text(_ lack: Lack, _ found: (count: Int, line: Int, text: String)) -> String {
        let others = found.count > 1 ? " (and \(found.count - 1) more like it)" : ""
        let line = "line \(found.line)"
        switch lack {
        case .step: return "\(line) has a loss but no step: \(found.text)\(others)"
        case .knownLoss: return "\(line) has a step and a loss of an unknown name: \(found.text)\(others)"
        case .loss: return "\(line) has a step and no loss: \(found.text)\(others)"
        case .languageLoss:
            return
                "\(line) is of reinforcement learning, which prints rewards and the objective of its policy but no loss of a "
                + "language model: \(found.text)\(others)"
        }
    }
}
