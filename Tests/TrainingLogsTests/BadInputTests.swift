import Foundation
import Testing
import TrainingLogs

struct BadInputTests {
    @Test func missingFileFolderAndEmptyFileSayWhatToDo() throws {
        let scratch = try Scratch()
        let empty = try scratch.write("\n \n", as: "empty.log")
        #expect(throws: LogError.empty(path: empty)) { try LogReader.read(path: empty) }
        #expect(throws: LogError.directory(path: scratch.folder.path)) { try LogReader.read(path: scratch.folder.path) }
        let missing = scratch.folder.path + "/none.log"
        do {
            _ = try LogReader.read(path: missing)
            Issue.record("read a file that is not there")
        } catch {
            #expect(error.description.contains(missing))
            #expect(error.description.contains("No such file"))
        }
    }

    @Test func foreignFilesAreNamed() {
        let files: [(bytes: [UInt8], word: String)] = [
            ([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0], "PNG"),
            ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], "xz -d"),
            ([UInt8](repeating: 1, count: 900), "binary"),
        ]
        for (bytes, word) in files { #expect(failure(bytes)?.description.contains(word) == true, "\(word)") }
    }

    @Test func textWithoutACurveIsRefused() {
        let prose = "The loss of the ship at step one was grave.\nNobody knew why: 3 men, 4 dogs.\n"
        guard case .notALog(_, let lines, _) = failure(Array(prose.utf8)) else {
            Issue.record("prose was read as a log")
            return
        }
        #expect(lines == 3)
    }

    @Test func aBannerWithoutStepsSaysThatTheRunDied() {
        let log =
            "| micro batch size B    | 64        |\n| learning rate (LR)    | 6.0e-04 |\n[CUDA ERROR] at file a.cu:2:\nout of memory\n"
        guard case .noLoss(_, _, let reason) = failure(Array(log.utf8)) else {
            Issue.record("wanted noLoss")
            return
        }
        #expect(reason.contains("out of memory"))
    }

    @Test func aTableOfRunsIsNotACurve() {
        let table =
            "\"Name\",\"State\",\"iter\",\"train/loss\"\n\"a\",\"finished\",\"5000\",\"1.03\"\n\"b\",\"finished\",\"5000\",\"1.1\"\n"
        #expect(failure(Array(table.utf8))?.description.contains("table of runs") == true)
    }

    @Test func trainerChoosesTheFormat() throws {
        let log = "step 1, loss: 3.0\nstep 2, loss: 2.5\n"
        #expect(try read(log, trainer: "generic").train.count == 2)
        #expect(failure(Array(log.utf8), trainer: "LLM.C") != nil)
        #expect(failure(Array(log.utf8), trainer: "nonesuch") == .unknownTrainer(name: "nonesuch"))
        #expect(failure(Array(log.utf8), trainer: "nonesuch")?.description.contains("nanochat") == true)
    }

    /// Every reader on random bytes, on random lines of its alphabet, and on real-looking logs with damaged bytes.
    @Test func noReaderCrashesOnAnyBytes() {
        var generator = SeededGenerator(state: 42)
        let seeds =
            LogFormats.all.map(\.pattern) + [
                "step 1/9 | loss 1.5 (+0.1z)| norm 1.0 (+0.1z)| lr 1e-4 | 1 ms", "s:1 trl:3.5 lr:0.1 norm:1",
                "{\"a\": {\"start_step\": 1, \"values\": [1, 2]}, \"lm loss\": {\"values\": {\"1\": 2}}}",
                "[{\"step\": 1, \"loss\": 2, \"x\": [1, {\"y\": []}]}]", "step,loss\n1,2\n\"3\",\"4", "1 2\n2 3\n3 4",
                "iteration 5/ 9 | lm loss: 1E+0 | loss scale: 1.0 | grad norm: nan | number of skipped iterations: 1 |",
                "step 99999999999999999999 loss 1e999999999999",
                "Epoch:[9223372036854775807/9](9/9223372036854775807), loss: 1",
                "| epoch 9223372036854775807 | 5/ 9223372036854775807 batches | lr 1 | loss 1 |",
                "| end of epoch 9223372036854775807 | valid loss 5",
                "step 9223372036854775807, loss: 2\nstep -1 loss: 1",
                "  9%|# | 9223372036854775807/9223372036854775807 [0<0]\n{'loss': 1.0}\n{'train_runtime': 1}",
                "Traceback (most recent call last):\n  File \"x\"", "\u{1B}[31", "\u{1B}]",
                "{'loss': {'loss': {'loss': 1",
                "using world size: 9", "Tokens / micro-batch / rank: 99999999999 x 99999999999 = 1",
            ]
        var inputs: [[UInt8]] = []
        for _ in 0..<300 {
            let count = Int(generator.next() % 700)
            inputs.append((0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next()) })
        }
        let alphabet = Array("0123456789.,:/|=[](){}'\"eE+-nanif lostepruchgdvm_%\n\r\t\u{1B}\\".utf8)
        for _ in 0..<1500 {
            let count = Int(generator.next() % 300)
            inputs.append((0..<count).map { _ in alphabet[Int(generator.next() % UInt64(alphabet.count))] })
        }
        for _ in 0..<6000 {
            var text: [UInt8] = []
            for _ in 0..<(1 + generator.next() % 5) {
                text +=
                    Array(seeds[Int(generator.next() % UInt64(seeds.count))].replacing("X", with: "1.5").utf8) + [10]
            }
            text = Array(String(decoding: text, as: UTF8.self).replacing("N", with: "7").replacing("M", with: "9").utf8)
            for _ in 0..<(generator.next() % 6) where !text.isEmpty {
                let index = Int(generator.next() % UInt64(text.count))
                switch generator.next() % 3 {
                case 0: text[index] = UInt8(truncatingIfNeeded: generator.next())
                case 1: text.remove(at: index)
                default: text.insert(alphabet[Int(generator.next() % UInt64(alphabet.count))], at: index)
                }
            }
            inputs.append(text)
        }
        var readable = 0
        for input in inputs {
            if (try? LogReader.parse(bytes: input, name: "fuzz")) != nil { readable += 1 }
            input.withUnsafeBytes { bytes in
                for result in LogFormats.readings(of: bytes) {
                    #expect(result.segments.reduce(0) { $0 + $1.records.count } == result.train.count)
                }
            }
        }
        #expect(readable > 500, "the inputs are near enough to logs to reach the parsers")
    }

    @Test func aLongFileWithoutALineEndIsBounded() {
        let bytes = [UInt8](repeating: 0x61, count: 40 << 20)
        let clock = ContinuousClock()
        let time = clock.measure { #expect(failure(bytes) != nil) }
        #expect(time < .seconds(20))
    }

    @Test func deepNestingEnds() {
        #expect(failure(Array(String(repeating: "[{\"a\":", count: 100_000).utf8)) != nil)
        #expect(failure(Array(String(repeating: "{'a':[", count: 100_000).utf8)) != nil)
    }
}
