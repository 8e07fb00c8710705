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

    @Test("lines of a format that names no series are read by their layout")
    func layouts() throws {
        let lines = (1...40).map { step in
            " [2026-02-03 10:11:12.131415] iteration \(step)/ 900 | consumed samples: \(step * 8) | "
                + "elapsed time per iteration (ms): \(4000 + step % 3).5 | learning rate: 1.0E-04 | global batch size: 8 | "
                + "lm loss: 3.1E+00 | load_balancing_loss: 1.01E+00 | loss scale: 1.0 | grad norm: 0.3 | "
                + (step > 20 ? "params norm: 512.25 | " : "") + "number of skipped iterations: 0 |"
        }
        let history = try LogReader.parse(bytes: Array(lines.joined(separator: "\n").utf8), name: "megatron.log")
        #expect(history.series[.stepTime].count == 40)
        #expect(history.series[.stepTime].values.first == 4.0015)
        #expect(history.series[.balanceLoss].values.allSatisfy { $0 == 1.01 })
        #expect(history.series[.batchRows].values == Array(repeating: 8, count: 40))
        #expect(history.series[.parameterNorm].steps == Array(21...40), "a field that begins later")
    }

    @Test("thousands, units and utilisation are read as numbers of the series' unit")
    func units() throws {
        let lines = (1...20).map {
            "[titan] 2026-03-01 08:00:0\($0 % 10),234 - root - INFO - step: \($0)  loss:  5.83217  grad_norm:  1.0342  "
                + "memory: 40.00GiB(51.52%)  tps: \($0 == 7 ? "912" : "6,812")  tflops: 312.45  mfu: 31.59%"
        }
        let history = try LogReader.parse(bytes: Array(lines.joined(separator: "\n").utf8), name: "titan.log")
        #expect(history.series[.tokensPerSecond].value(atStep: 6) == 6812)
        #expect(history.series[.tokensPerSecond].value(atStep: 7) == 912)
        #expect(history.series[.deviceMemory].values.first == 40 * 1_073_741_824.0)
        #expect(abs((history.series[.mfu].values.first ?? 0) - 0.3159) < 1e-9)
        #expect(history.series[.deviceFlops].values.first == 312.45e12)
    }

    @Test("the time since the start is not the time of a step")
    func clocks() throws {
        let lines = (1...20).map { "step=\($0) loss=\(3.0 - Double($0) / 50) lr=2.95e-04 time=\(1.5 * Double($0))s" }
        let history = try LogReader.parse(bytes: Array(lines.joined(separator: "\n").utf8), name: "own.log")
        #expect(history.train.count == 20)
        #expect(history.series[.stepTime].isEmpty)
    }
}
