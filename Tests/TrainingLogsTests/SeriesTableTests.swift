import Testing
import TrainingLogs

@Suite("Series of a log")
struct SeriesTableTests {
    @Test("more series than are kept are counted, and those kept go on")
    func bounded() {
        var table = SeriesTable()
        for step in 0..<3 {
            for group in 0..<300 {
                table.append(SeriesName(.gradientNorm, group: "\(group)"), step: step, value: Double(group))
            }
        }
        #expect(table.names.count == SeriesTable.mostSeries)
        #expect(table.leftOut.count == 300 - SeriesTable.mostSeries)
        #expect(table[SeriesName(.gradientNorm, group: "7")].count == 3)
        #expect(table.note?.contains("44 were left out") == true)
    }

    @Test("the parts between marks are the series of each part")
    func parts() {
        var table = SeriesTable()
        table.append(SeriesName(.mfu), step: 1, value: 0.4)
        let mark = table.counts
        table.append(SeriesName(.mfu), step: 1, value: 0.5)
        table.append(SeriesName(.zLoss), step: 1, value: 2)
        #expect(table.part(from: nil, to: mark)[.mfu].values == [0.4])
        #expect(table.part(from: nil, to: mark)[.zLoss].isEmpty)
        #expect(table.part(from: mark, to: nil)[.mfu].values == [0.5])
        #expect(table.part(from: mark, to: nil)[.zLoss].values == [2])
    }

    @Test("a metrics file keeps its series, and an evaluation's are left out")
    func jsonLines() throws {
        let text = """
            {"step": 1, "loss": 3.5, "train/mfu": 40, "memory/max_active(GiB)": 2, "lr_group_0": 0.1, "lr_group_1": 0.2}
            {"step": 1, "val_loss": 3.6, "tokens_per_second": 9}
            {"step": 2, "loss": 3.4, "train/mfu": 50, "memory/max_active(GiB)": 2, "lr_group_0": 0.1, "lr_group_1": 0.3}
            """
        let history = try LogReader.parse(bytes: Array(text.utf8), name: "metrics.jsonl")
        #expect(history.series[.mfu] == Series(steps: [1, 2], values: [0.4, 0.5]))
        #expect(history.series[.deviceMemory].values.first == 2_147_483_648)
        #expect(history.series[SeriesName(.learningRate, group: "group_1")].values == [0.2, 0.3])
        #expect(history.series[.tokensPerSecond].isEmpty)
        #expect(HistoryExport.series(of: history).map(\.name).contains("learning_rate/group_1"))
    }
}
