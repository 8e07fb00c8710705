import Foundation
import Testing
import TrainingLogs

/// Logs whose last line has no line end: a number at the end may be cut.
struct OpenLineTests {
    @Test func aLossThatReachesTheEndIsNoRecord() throws {
        let line = { (step: Int, loss: String) in
            " iteration \(step)/ 10 | learning rate: 1.0E-05 | lm loss: \(loss) | loss scale: 1.0 | grad norm: 1.2 |\n"
        }
        let cut = " iteration 2/ 10 | learning rate: 1.0E-05 | lm loss: 3.684"
        let history = try readAsItStands(line(1, "3.684182E-01") + cut)
        #expect(history.train == Series(steps: [1], values: [0.3684182]))
        #expect(history.notes.count == 1)
        #expect(history.notes.first?.hasPrefix("line 2 is the last one and has no line end") == true)
        #expect(try readAsItStands(line(1, "3.684182E-01") + cut + "\n").train.count == 2, "a line end ends the number")
        #expect(try readAsItStands(line(1, "3.684182E-01") + cut + " |").train.count == 2, "and so does the next field")
    }

    @Test func whatStandsBeforeTheLastNumberIsKept() throws {
        let history = try readAsItStands("step 1 | loss 3.5 | lr 1e-4\nstep 2 | loss 3.25 | lr 9e-")
        #expect(history.train == Series(steps: [1, 2], values: [3.5, 3.25]))
        #expect(history.learningRate.values == [1e-4])
        #expect(try readAsItStands("{\"step\": 1, \"loss\": 3.5}\n{\"step\": 2, \"loss\": 3.25}").train.count == 2)
        #expect(try readAsItStands("{'loss': 3.5, 'step': 1}\n{'loss': 3.25, 'step': 2}").notes == [])
    }

    @Test func thousandsAndNaN() throws {
        let history = try readAsItStands(
            "[step=1/9,epoch=0]\n    train/CE loss=3.5\n[step=2/9,epoch=0]\n    train/CE loss=1,2"
        )
        #expect(history.train == Series(steps: [1], values: [3.5]))
        let dead = try readAsItStands("step 1, loss: 3.5\nstep 2, loss: nan")
        #expect(dead.train.count == 2, "NaN is the beginning of no other number")
        #expect(dead.train.values[1].isNaN)
    }

    @Test func aDocumentThatWasCut() throws {
        let golden = #"{"lm loss": {"start_step": 1, "step_interval": 4, "values": {"1": 10.8, "5": 9."#
        #expect(try readAsItStands(golden).train == Series(steps: [1], values: [10.8]))
        let state = #"{"log_history": [{"loss": 2.5, "step": 1}, {"loss": 2.25, "step": 2}], "max_steps": 10"#
        #expect(try readAsItStands(state).hyperparameters.totalSteps == nil)
    }

    @Test func anEventIsShownAsItStands() throws {
        let history = try readAsItStands("step 1, loss: 3.5\nTraceback (most recent call last):\nValueError: code 137")
        #expect(history.events.last?.text == "ValueError: code 137")
    }

    @Test func lettersThatEndInDigitsAreCutFromNothing() throws {
        let history = try readAsItStands("step 1 | loss 3.5 | gpu A100\nstep 2 | loss 3.25 | gpu A100")
        #expect(history.train.values == [3.5, 3.25])
    }

    // MARK: - any log, cut at any byte

    /// What the values of a log may be: those of the whole log, in order.
    private func check(_ bytes: [UInt8], cuts: [Int], name: String) throws {
        let whole = try LogReader.parse(bytes: bytes, name: name)
        let trainer = whole.format
        for cut in cuts {
            guard let part = try? LogReader.parse(bytes: Array(bytes[..<cut]), name: name, trainer: trainer),
                part.format == whole.format
            else { continue }
            expectPrefix(part.train, of: whole.train, "\(name) cut at \(cut): training loss")
            expectPrefix(part.validation, of: whole.validation, "\(name) cut at \(cut): validation")
            expectPrefix(part.learningRate, of: whole.learningRate, "\(name) cut at \(cut): learning rate")
            expectPrefix(part.gradientNorm, of: whole.gradientNorm, "\(name) cut at \(cut): gradient norm")
        }
    }

    private func expectPrefix(_ part: Series, of whole: Series, _ what: String) {
        let isSame =
            part.count <= whole.count
            && zip(part.values, whole.values).allSatisfy {
                $0 == $1 || ($0.isNaN && $1.isNaN)
            }
        #expect(isSame, "\(what): \(part.values.suffix(2)) of \(whole.values.prefix(part.count).suffix(2))")
    }

    @Test(arguments: PerturbationTests.logs) func anyFormatCutAtAnyByte(log: PerturbationTests.Log) throws {
        let bytes = Array((log.lines.joined(separator: "\n") + "\n").utf8)
        // Behind the third line the format is settled.
        let first = log.lines.prefix(3).reduce(0) { $0 + $1.utf8.count + 1 }
        try check(bytes, cuts: Array(first..<bytes.count), name: log.testDescription)
    }

    @Test(.enabled(if: Shared.exists(Shared.logs))) func publicLogsCutAtAnyByteOfTheirEnd() throws {
        var generator = SeededGenerator(state: 7)
        let data = Shared.logs.appending(path: "data")
        for name in try FileManager.default.contentsOfDirectory(atPath: data.path).sorted() {
            let bytes = try [UInt8](Data(contentsOf: data.appending(path: name)))
            // Long logs are cut into shorter ones first: what matters is where a line breaks.
            let head = bytes.count > 20_000 ? Array(bytes[..<20_000]) : bytes
            guard (try? LogReader.parse(bytes: head, name: name)) != nil, !name.hasSuffix("tfevents") else { continue }
            let cuts = (0..<20).map { _ in head.count * 3 / 4 + Int(generator.next() % UInt64(max(1, head.count / 4))) }
            try check(head, cuts: cuts, name: name)
        }
    }
}
