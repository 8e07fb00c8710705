import Terms

/// A table in a text: Markdown (`| Training Loss | Epoch | Step |`, as in model cards), HTML (as the Hugging Face Trainer shows it
/// in a notebook), or drawn with box characters.
///
/// Columns are known by name. A row is a record of a curve only where the steps of its table rise: a table that compares models
/// has one row a model.
struct TextTable: LineLogFormat {
    static let description = LogFormatDescription(
        id: "text-table",
        title: "a Markdown or HTML table",
        trainers: ["text-table", "markdown", "model-card", "notebook"],
        pattern: "| Training Loss | Epoch | Step | Validation Loss |",
        stepBase: nil,
        lossScope: .unknown,
        isLoose: true
    )

    private typealias Column = (index: Int, key: MetricKey)

    private var columns: [Column] = []
    private var rows: [(record: MetricRecord, line: Int)] = []
    /// The cells of an HTML row that is not closed yet.
    private var open: [[UInt8]] = []
    private var choice = MetricChoice()

    /// Cells of a row that are looked at.
    private static let widest = 64

    mutating func parse(_ line: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        if line.contains("<t") || line.contains("</t") { return parseMarkup(line, into: &history) }
        var cursor = line
        cursor.skipSpaces()
        guard Self.takeBar(&cursor) else {
            if !columns.isEmpty, open.isEmpty { flush(into: &history) }
            return false
        }
        var cells: [[UInt8]] = []
        var cell: [UInt8] = []
        while !cursor.isAtEnd, cells.count < Self.widest {
            if Self.takeBar(&cursor) {
                cells.append(cell)
                cell = []
            } else {
                cell.append(cursor.current)
                cursor.position += 1
            }
        }
        if cell.contains(where: { $0 > 0x20 }) { cells.append(cell) }
        return row(cells, into: &history)
    }

    mutating func finish(into history: inout HistoryBuilder) { flush(into: &history) }

    /// `|`, `│` or `┃`.
    private static func takeBar(_ cursor: inout ByteCursor) -> Bool {
        cursor.take(0x7C) || cursor.take("\u{2502}") || cursor.take("\u{2503}")
    }

    /// Reads the cells that stand on a line of HTML; a row ends with its tag.
    private mutating func parseMarkup(_ line: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        var cursor = line
        var isRecord = false
        while cursor.seek("<") {
            if cursor.take("th>") || cursor.take("td>") || cursor.take("th ") || cursor.take("td ") {
                if cursor.peek(-1) == 0x20, !cursor.seek(">") { break }
                let end = cursor.index(of: 0x3C)
                if open.count < Self.widest { open.append(Array(cursor.bytes[cursor.position..<end].prefix(256))) }
                cursor.position = end
            } else if cursor.take("/tr>") {
                isRecord = row(open, into: &history) || isRecord
                open = []
            } else if cursor.take("/table>") || cursor.take("table") {
                flush(into: &history)
                open = []
            }
        }
        return isRecord
    }

    /// Reads one row: a header, a rule of dashes, or values under the header before.
    private mutating func row(_ cells: [[UInt8]], into history: inout HistoryBuilder) -> Bool {
        var record = MetricRecord()
        var numbers = 0
        for (index, cell) in cells.enumerated() {
            cell.withUnsafeBytes { bytes in
                guard let value = Self.number(ByteCursor(bytes)) else { return }
                numbers += 1
                if let column = columns.first(where: { $0.index == index }) { record.set(column.key, value) }
            }
        }
        if numbers == 0 {
            let isRule = cells.allSatisfy { $0.allSatisfy { [0x20, 0x2D, 0x3A].contains($0) } }
            if !isRule { header(cells, into: &history) }
            return false
        }
        guard !columns.isEmpty, record.hasLoss, record.printedStep != nil || record.epoch != nil, rows.count < 1 << 20
        else { return false }
        rows.append((record, history.line))
        return true
    }

    private mutating func header(_ cells: [[UInt8]], into history: inout HistoryBuilder) {
        flush(into: &history)
        var found: [Column] = []
        for (index, cell) in cells.enumerated() {
            cell.withUnsafeBytes { bytes in
                if let key = MetricKey.named(bytes) { found.append((index, key)) }
            }
        }
        let hasLoss = found.contains { $0.key.kind == .train || $0.key.kind == .validation }
        let hasPlace = found.contains { $0.key.kind == .step || $0.key.kind == .epoch }
        columns = hasLoss && hasPlace ? found : []
    }

    /// Writes the rows of a table that is a curve.
    private mutating func flush(into history: inout HistoryBuilder) {
        defer { (columns, rows) = ([], []) }
        let places = rows.map { $0.record.hasOwnStep ? $0.record.printedStep.map(Double.init) : $0.record.epoch }
        let rising = zip(places, places.dropFirst()).allSatisfy { ($0 ?? 0) < ($1 ?? 0) }
        guard rows.count >= 2, rising else { return }
        for (index, row) in rows.enumerated() {
            // Without steps, and with epochs such as 0.25, the rows are counted.
            let hasSteps = rows.allSatisfy { $0.record.printedStep != nil }
            row.record.write(step: hasSteps ? row.record.printedStep ?? 0 : index + 1, into: &history, choice: &choice)
        }
    }

    /// The number that is all of a cell; emphasis and a grouped number (`1,000`) are allowed.
    private static func number(_ text: ByteCursor) -> Double? {
        var cursor = text
        func skipMarks() { while [0x20, 0x2A, 0x60, 0x09].contains(cursor.current) { cursor.position += 1 } }
        skipMarks()
        var grouped = cursor
        if let whole = grouped.groupedInteger(), [0x20, 0x2A, 0x60, 0].contains(grouped.current) {
            cursor = grouped
            skipMarks()
            return cursor.isAtEnd ? Double(whole) : nil
        }
        guard let value = cursor.number() else { return nil }
        skipMarks()
        return cursor.isAtEnd ? value : nil
    }
}
