import Testing
import TrainingLogs

struct NoiseTests {
    static let plain = (1...20).map {
        "step \($0)/20 | train loss \($0).5 | norm 1.0000 | lr 1.00e-04 | (1.0 ms | 9 tok/s)"
    }

    static func steps(_ text: String) throws -> [Int] { try read(text).train.steps }

    @Test func lineEndsMarksAndPrefixes() throws {
        let all = Array(1...20)
        #expect(try Self.steps(Self.plain.joined(separator: "\n")) == all)
        #expect(try Self.steps(Self.plain.joined(separator: "\r\n")) == all)
        #expect(try Self.steps("\u{FEFF}" + Self.plain.joined(separator: "\n")) == all)
        for prefix in ["[rank0]: ", "0: ", "2026-01-02 03:04:05,678 - INFO - ", "node-7 | "] {
            #expect(try Self.steps(Self.plain.map { prefix + $0 }.joined(separator: "\n")) == all, "\(prefix)")
        }
        let coloured = Self.plain.map { "\u{1B}[32m\u{1B}[1m\($0)\u{1B}[0m" }
        #expect(try Self.steps(coloured.joined(separator: "\n")) == all)
        let bars = Self.plain.map { "evaluating: 10%|# | 1/9\revaluating: 100%|##| 9/9\r" + $0 }
        #expect(try Self.steps(bars.joined(separator: "\n")) == all)
        let zeroes = Self.plain.map { "\u{0}" + $0 }
        #expect(try Self.steps(zeroes.joined(separator: "\n")) == all)
    }

    @Test(arguments: [false, true]) func utf16(bigEndian: Bool) throws {
        let units = Array(("\u{FEFF}" + Self.plain.joined(separator: "\r\n")).utf16)
        let bytes = units.flatMap { unit -> [UInt8] in
            let pair = [UInt8(unit >> 8), UInt8(unit & 0xFF)]
            return bigEndian ? pair : pair.reversed()
        }
        #expect(try LogReader.parse(bytes: bytes, name: "x").train.count == 20)
        #expect(try LogReader.parse(bytes: Array(bytes.dropFirst(2)), name: "x").train.count == 20, "without the mark")
    }

    @Test func anIncompleteLastLineIsNotARecord() throws {
        #expect(try Self.steps(Self.plain.joined(separator: "\n") + "\nstep 21/20 | train lo") == Array(1...20))
    }

    @Test func lineNumbersCountLineFeeds() throws {
        let log = Self.plain[0] + "\r\n\r\nbar\rbar\rbar\r\nKilled\n"
        #expect(try read(log).events.map(\.line) == [4])
    }

    @Test func tracebacksKeepTheirLastWords() throws {
        let log =
            Self.plain.joined(separator: "\n") + """

                Traceback (most recent call last):
                  File "train.py", line 81, in <module>
                    loss.backward()
                IndexError: index out of range in self
                [rank0]: Traceback (most recent call last):
                [rank0]:   File "train.py", line 81, in <module>
                [rank0]: IndexError: index out of range in self
                [CUDA ERROR] at file train_gpt2.cu:265:
                out of memory
                slurmstepd: error: *** JOB 9 ON n1 CANCELLED AT 2026-01-01 ***
                """
        let events = try read(log).events
        #expect(events.map(\.kind) == [.traceback, .traceback, .traceback])
        #expect(events[0].text == "IndexError: index out of range in self")
        #expect(events[0].step == 20)
        #expect(events[0].line == 24)
        #expect(events[1].text == "[CUDA ERROR] at file train_gpt2.cu:265: out of memory")
    }

    @Test func resumesAreEvents() throws {
        let log =
            Self.plain.joined(separator: "\n") + "\nResuming training from out\n"
            + Self.plain[10...].joined(separator: "\n")
        let history = try read(log)
        #expect(history.events.map(\.kind) == [.resumed])
        #expect(history.segments.map(\.steps) == [1...20, 11...20])
        #expect(history.segments.map(\.records) == [0..<20, 20..<30])
    }

    @Test func eventTextIsCutAndCleaned() throws {
        let history = try read(Self.plain[0] + "\nRuntimeError: \u{7}" + String(repeating: "x", count: 900) + "\n")
        let text = try #require(history.events.first?.text)
        #expect(text.count == 400)
        #expect(!text.contains("\u{7}"))
    }
}
