import Terms

/// A table with a header: Lightning's and Keras' `metrics.csv`, W&B exports, curves people write themselves.
///
/// Columns are known by name (see ``MetricKey``); cells may be empty. Separated by commas, semicolons or tabs. A W&B
/// export of several runs gives the first run. A table of runs, one row a run, is not a curve and is refused, and so is
/// a list of validation results without steps. A header must be followed by a row that fits it: a sentence with commas
/// is none.
struct CSVTable: LineLogFormat {
    static let description = LogFormatDescription(
        id: "csv",
        title: "CSV with a header",
        trainers: ["csv", "lightning", "keras", "wandb"],
        pattern: "step,train_loss,val_loss",
        stepBase: nil,
        lossScope: .unknown,
        isLoose: true
    )

    private struct Column {
        var index: Int
        var key: MetricKey
    }

    private var columns: [Column] = []
    /// Cells of the header; nil once a row has confirmed it.
    private var expectedCells: Int?
    private var separator: UInt8 = 0x2C
    private var isRefused = false
    private var hasSteps = false
    private var sawStep = false
    private var linesSearched = 0
    private var row = 0
    private var choice = MetricChoice()

    /// Lines in which a header is looked for.
    private static let headerLines = 64

    mutating func parse(_ line: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        if isRefused { return false }
        if columns.isEmpty { return findHeader(line) }
        if let expectedCells {
            guard fits(line, cells: expectedCells) else {
                columns = []
                return findHeader(line)
            }
            self.expectedCells = nil
        }
        var record = MetricRecord(numbering: choice)
        var next = 0
        var cells = CSVCells(line, separator: separator)
        while next < columns.count, let cell = cells.next() {
            guard cells.index == columns[next].index else { continue }
            var text = cell
            text.skipSpaces()
            if let value = text.number() {
                text.skipSpaces()
                if text.isAtEnd { record.set(columns[next].key, value) }
            }
            next += 1
        }
        guard record.hasLoss || record.hasOwnStep else { return false }
        // The step of a row that was cut may be missing.
        if history.isLineOpen, hasSteps, record.printedStep == nil { return false }
        // An epoch such as 0.25 counts nothing: rows with no other step are numbered.
        sawStep = sawStep || record.printedStep != nil
        let step = record.printedStep ?? (sawStep ? history.lastStep : nil) ?? row
        if record.hasTrainingLoss { row += 1 }
        record.write(step: step, into: &history, choice: &choice)
        return true
    }

    mutating func finish(into history: inout HistoryBuilder) {
        let steps = history.history.train.steps
        guard steps.count >= 3, sawStep, steps.allSatisfy({ $0 == steps[0] }) else { return }
        history = HistoryBuilder(Self.description)  // A table of results, all at the last step.
    }

    /// Whether the text is a table with one row a run, as W&B exports it.
    static func isTableOfRuns(_ text: UnsafeRawBufferPointer) -> Bool {
        var table = Self()
        Lines.forEach(in: text) { line, _ in
            _ = table.findHeader(line)
            return !table.isRefused && table.linesSearched < headerLines
        }
        return table.isRefused
    }

    private mutating func findHeader(_ line: ByteCursor) -> Bool {
        linesSearched += 1
        guard linesSearched <= Self.headerLines else { return false }
        for candidate: UInt8 in [0x2C, 0x09, 0x3B] where line.bytes.contains(candidate) {
            var found: [Column] = []
            var names = CSVCells(line, separator: candidate)
            var words = (name: false, state: false)
            var run: [UInt8]?
            while let cell = names.next() {
                var probe = cell
                probe.skipSpaces()
                if probe.number() != nil, probe.isAtEnd { return false }  // A row, not a header.
                if cell.bytes.elementsEqual("Name".utf8) { words.name = true }
                if cell.bytes.elementsEqual("State".utf8) { words.state = true }
                if let key = Self.key(cell, run: &run, isFirst: names.index == 0) {
                    found.append(Column(index: names.index, key: key))
                }
            }
            guard found.contains(where: { $0.key.kind == .train || $0.key.kind == .validation }), names.index > 0 else {
                continue
            }
            isRefused = words.name && words.state
            separator = candidate
            hasSteps = found.contains { $0.key.kind == .step || $0.key.kind == .epoch }
            if !hasSteps, !found.contains(where: { $0.key.kind == .train }) { return false }
            // The planned length beside a result, and no step: a row is a run.
            isRefused = isRefused || (!hasSteps && found.contains { $0.key.kind == .totalSteps })
            columns = isRefused ? [] : Self.best(of: found)
            expectedCells = names.index
            return !isRefused
        }
        return false
    }

    /// Whether a row has the cells of the header, and numbers among them: most of its cells where no column counts steps.
    /// Empty cells at the end may be missing.
    private func fits(_ line: ByteCursor, cells expected: Int) -> Bool {
        var cells = CSVCells(line, separator: separator)
        var numbers = 0
        var filled = 0
        var last = 0
        while let cell = cells.next() {
            var text = cell
            text.skipSpaces()
            guard !text.isAtEnd else { continue }
            filled += 1
            last = cells.index
            if text.number() != nil {
                text.skipSpaces()
                numbers += text.isAtEnd ? 1 : 0
            }
        }
        let isEnough = hasSteps ? numbers > 0 : numbers * 2 > filled
        return isEnough && last <= expected && cells.index > 0
    }

    /// The column with the best name for each kind and each other series.
    private static func best(of columns: [Column]) -> [Column] {
        columns.filter { column in
            !columns.contains {
                $0.key.kind == column.key.kind && $0.key.series == column.key.series
                    && ($0.key.rank, $0.index) < (column.key.rank, column.index)
            }
        }
    }

    /// The meaning of a column's name. W&B writes `run - metric`, and `__MIN` and `__MAX` beside each.
    private static func key(_ cell: ByteCursor, run: inout [UInt8]?, isFirst: Bool) -> MetricKey? {
        let name = cell.bytes
        if isFirst, name.isEmpty { return MetricKey(kind: .step, rank: 50) }  // pandas' index
        if name.count > 5, name.suffix(5).elementsEqual("__MIN".utf8) || name.suffix(5).elementsEqual("__MAX".utf8) {
            return nil
        }
        if let known = MetricKey.named(name) { return known }
        var cursor = cell
        var metric: Int?
        while cursor.seek(" - ") { metric = cursor.position }
        guard let metric else { return nil }
        let owner = Array(name[..<(metric - 3)])
        guard run == nil || run == owner,
            let known = MetricKey.named(UnsafeRawBufferPointer(rebasing: name[metric...]))
        else { return nil }
        run = owner
        return known
    }
}

/// The cells of one line of a table, quotes removed; a doubled quote inside a cell stays doubled.
struct CSVCells {
    private var cursor: ByteCursor
    private let separator: UInt8
    private var isDone = false
    /// The number of the cell last returned.
    private(set) var index = -1

    init(_ line: ByteCursor, separator: UInt8) {
        cursor = line
        self.separator = separator
    }

    mutating func next() -> ByteCursor? {
        if isDone { return nil }
        index += 1
        var start = cursor.position
        var end: Int
        if cursor.take(0x22) {
            start = cursor.position
            while true {
                cursor.position = cursor.index(of: 0x22)
                end = cursor.position
                if cursor.isAtEnd { break }
                cursor.position += 1
                if !cursor.take(0x22) { break }
            }
            cursor.position = cursor.index(of: separator)
        } else {
            cursor.position = cursor.index(of: separator)
            end = cursor.position
        }
        if cursor.isAtEnd { isDone = true } else { cursor.position += 1 }
        return cursor.slice(start..<end)
    }
}
