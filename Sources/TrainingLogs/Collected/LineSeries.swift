/// Reads the series of the lines that hold a training record, by the layouts of the lines before them.
struct LineSeries {
    private var layouts: [LineLayout] = []
    /// What looking at lines of unknown layout may still cost: a log whose every line differs is looked at now and then.
    private var credit = mostCredit
    private var seen = 0

    private static let mostLayouts = 8
    private static let mostCredit = 1000
    /// Lines after which a log without any series is looked at now and then only.
    private static let patience = 256

    /// Reads the line of the last training record, where its format names no series itself.
    mutating func read(_ line: ByteCursor, into history: inout HistoryBuilder) {
        guard !history.hasNamedSeries, let step = history.history.train.steps.last else { return }
        read(line, step: step, into: &history.history.series)
    }

    /// Reads a line of a step.
    private mutating func read(_ line: ByteCursor, step: Int, into table: inout SeriesTable) {
        seen += 1
        for index in layouts.indices where layouts[index].read(line, step: step, into: &table) {
            if index > 0 { layouts.swapAt(index, index - 1) }
            if credit < Self.mostCredit { credit += 1 }
            return
        }
        credit -= 8
        let isTried = credit > 0 && (seen < Self.patience || !layouts.isEmpty) || seen % 64 == 0
        guard isTried, var layout = LineLayout(line, into: &table), !layout.isEmpty else { return }
        _ = layout.read(line, step: step, into: &table)
        if layouts.count == Self.mostLayouts { layouts.removeLast() }
        layouts.append(layout)
    }
}
