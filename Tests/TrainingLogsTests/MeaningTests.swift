import Foundation
import Terms
import Testing
import TrainingLogs

/// What the printed numbers stand for.
struct MeaningTests {
    /// A nanochat log of these losses, as its moving average prints them.
    private func nanochat(_ losses: [Double], from first: Int = 0) -> String {
        var average = 0.0
        var lines: [String] = []
        for (step, loss) in losses.enumerated() {
            average = 0.9 * average + 0.1 * loss
            let shown = average / (1 - pow(0.9, Double(step + 1)))
            if step < first { continue }
            let number = String(format: "%05d", step)
            let text = shown.isFinite ? String(format: "%.6f", shown) : "nan"
            lines.append(
                "step \(number)/00900 (1.00%) | loss: \(text) | lrm: 1.00 | dt: 1.00ms | tok/sec: 9 | mfu: 4.0"
            )
        }
        return lines.joined(separator: "\n") + "\n"
    }

    @Test func aMovingAverageIsUndoneBesideThePrintedOne() throws {
        var generator = SeededGenerator(state: 8)
        var losses = (0..<300).map { 4 - Double($0) / 200 + Double(generator.next() % 1000) / 5000 }
        losses[150] = 9
        let history = try read(nanochat(losses))
        let raw = try #require(history.rawTrain)
        #expect(raw.steps == Array(0..<300))
        #expect(zip(raw.values, losses).allSatisfy { abs($0 - $1) < 2e-5 })
        #expect(history.train.values[150] < 5, "what was printed stays")
    }

    @Test func theFirstRecordOfAResumedRunCannotBeUndone() throws {
        let losses = (0..<300).map { 4 - Double($0) / 200 }
        let raw = try #require(try read(nanochat(losses, from: 100)).rawTrain)
        #expect(raw.steps == Array(101..<300))
        #expect(zip(raw.values, losses[101...]).allSatisfy { abs($0 - $1) < 2e-5 })
    }

    @Test func whatIsNoAverageOrNotUndoableHasNoRawLoss() throws {
        #expect(try read("s:0 trl:6.2\ns:1 trl:6.1\n").rawTrain == nil)
        let gaps = nanochat((0..<300).map { 4 - Double($0) / 200 }).split(separator: "\n").enumerated()
            .filter { $0.offset % 10 == 0 }.map(\.element).joined(separator: "\n")
        #expect(try read(gaps).rawTrain == nil)
        var died = (0..<100).map { 4 - Double($0) / 200 }
        died[60] = .nan
        #expect(try read(nanochat(died)).rawTrain?.steps == Array(0..<60))
    }

    @Test func perplexityBecomesNatsWhereNoLossIsPrinted() throws {
        let ppl = try read("{\"step\": 1, \"train_ppl\": 20.085536923187668}\n{\"step\": 2, \"train_ppl\": Infinity}\n")
        #expect(ppl.train.steps == [1, 2])
        #expect(abs(ppl.train.values[0] - 3) < 1e-12)
        #expect(ppl.train.values[1] == .infinity)
        let both = try read("{\"step\": 1, \"loss\": 2.5, \"ppl\": 99}\n{\"step\": 2, \"loss\": 2.25, \"ppl\": 98}\n")
        #expect(both.train.values == [2.5, 2.25])
        let validation = try read("step,train_loss,val_ppl\n1,3.5,\n2,3.25,54.598150033144236\n")
        #expect(abs(try #require(validation.validation.values.first) - 4) < 1e-12)
        #expect(validation.validationUnit == .nats)
    }

    @Test func theSummarySaysWhatWasRead() throws {
        let log = "Vocab size: 32,768\n" + nanochat([4, 3, 2])
        let text = try read(log).summary(isDetailed: true).map { $0.label + " " + $0.text }.joined(separator: "\n")
        for part in [
            "format nanochat", "because 3 training records", "3 points, steps 0-2", "vocabulary 32768", "steps 900",
        ] {
            #expect(text.contains(part), "\(part)")
        }
    }
}

struct HistoryExportTests {
    private static let history = TrainingHistory(
        format: "llm.c",
        train: Series(steps: [1, 2, 3], values: [2.5, .nan, .infinity]),
        validation: Series(steps: [0], values: [-.infinity]),
        validationUnit: .bitsPerByte
    )

    @Test func csvAndJSONLines() throws {
        var text = ""
        HistoryExport.rows(of: Self.history, as: .csv) { text += $0 }
        #expect(
            text == "series,step,value\ntrain_loss,1,2.5\ntrain_loss,2,nan\ntrain_loss,3,inf\n"
                + "validation_bits_per_byte,0,-inf\n"
        )
        text = ""
        HistoryExport.rows(of: Self.history, as: .jsonl) { text += $0 }
        #expect(text.hasPrefix("{\"series\":\"train_loss\",\"step\":1,\"value\":2.5}\n"))
        #expect(text.contains("\"step\":2,\"value\":\"nan\"}"))
    }

    @Test func theFileIsReplacedWholeAndTheLogNever() throws {
        let scratch = try Scratch()
        let log = try scratch.write("step,loss\n1,2\n2,1\n", as: "log.csv")
        let target = try scratch.write("old", as: "out.csv")
        try HistoryExport.write(Self.history, to: target, logs: [log])
        #expect(try String(contentsOfFile: target, encoding: .utf8).hasPrefix("series,step,value\n"))
        let link = scratch.folder.appending(path: "link.csv").path
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: log)
        for name in [log, link] {
            #expect(throws: LogError.self) { try HistoryExport.write(Self.history, to: name, logs: [log]) }
        }
        #expect(try String(contentsOfFile: log, encoding: .utf8).hasPrefix("step,loss"))
        #expect(throws: LogError.self) { try HistoryExport.write(Self.history, to: log + ".txt") }
        #expect(throws: LogError.self) { try HistoryExport.write(Self.history, to: "/nonexistent/a.csv") }
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.folder.path).count == 3)
    }
}
