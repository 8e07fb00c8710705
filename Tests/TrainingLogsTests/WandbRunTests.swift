import CZlib
import Foundation
import Testing
import TrainingLogs

/// Writes W&B run files byte by byte, as the format is written down.
enum WandbFile {
    static let header: [UInt8] = [0x3A, 0x57, 0x26, 0x42, 0xE1, 0xBE, 0]

    /// A file of records, each cut into chunks where a block ends.
    static func file(_ records: [[UInt8]]) -> [UInt8] {
        var file = header
        for record in records {
            var rest = record[...]
            var isFirst = true
            repeat {
                var left = 32768 - file.count % 32768
                if left < 7 {
                    file += [UInt8](repeating: 0, count: left)
                    left = 32768
                }
                let part = rest.prefix(left - 7)
                rest = rest.dropFirst(part.count)
                let type: UInt8 = isFirst ? (rest.isEmpty ? 1 : 2) : (rest.isEmpty ? 4 : 3)
                file += chunk(type, Array(part))
                isFirst = false
            } while !rest.isEmpty
        }
        return file
    }

    static func chunk(_ type: UInt8, _ data: [UInt8]) -> [UInt8] {
        let body = [type] + data
        let sum = UInt32(truncatingIfNeeded: crc32(0, body, UInt32(body.count)))
        return TFEventFile.little(sum) + TFEventFile.little(UInt16(data.count)) + body
    }

    static func field(_ number: Int, _ bytes: [UInt8]) -> [UInt8] {
        TFEventFile.varint(number << 3 | 2) + TFEventFile.varint(bytes.count) + bytes
    }

    static func field(_ number: Int, _ text: String) -> [UInt8] { field(number, Array(text.utf8)) }

    static func number(_ number: Int, _ value: Int) -> [UInt8] {
        TFEventFile.varint(number << 3) + TFEventFile.varint(value)
    }

    /// A history record as versions before 0.20 write it, or with the parts of each key.
    static func history(_ step: Int, _ metrics: [(String, String)], isNested: Bool = false) -> [UInt8] {
        let items = metrics.flatMap { key, json in
            let parts = key.split(separator: ".").flatMap { field(2, String($0)) }
            return field(1, (isNested ? parts : field(1, key)) + field(16, json))
        }
        return field(2, items + field(2, step == 0 ? [] : number(1, step)))
    }

    static func configuration(_ values: [(String, String)]) -> [UInt8] {
        field(5, values.flatMap { field(1, field(1, $0.0) + field(16, $0.1)) })
    }

    static func output(_ text: String) -> [UInt8] { field(13, number(1, 1) + field(3, text)) }

    static func exit(_ code: Int) -> [UInt8] { field(18, code == 0 ? number(2, 5) : number(1, code)) }

    /// A run of some steps with a falling loss.
    static func losses(_ steps: Range<Int>) -> [[UInt8]] {
        steps.map { history($0, [("train/loss", "\(4.0 - 0.001 * Double($0))"), ("lr", "0.001")]) }
    }
}

struct WandbRunTests {
    private func read(_ records: [[UInt8]]) throws(LogError) -> TrainingHistory {
        try LogReader.parse(bytes: WandbFile.file(records), name: "run-1.wandb")
    }

    @Test func aRunGivesItsCurvesAndItsConfigurationWithSources() throws {
        let history = try read(
            [
                WandbFile.configuration([
                    ("batch_size", "8"), ("block_size", "256"), ("optimizer", "{\"lr\": 6e-4, \"weight_decay\": 0.1}"),
                    ("dtype", "\"bfloat16\""), ("grad_clip", "1.0"), ("max_iters", "300"),
                    ("eval", "{\"batch_size\": 99}"),
                ]),
                WandbFile.history(
                    0,
                    [("train/loss", "4.5"), ("val/loss", "4.25"), ("lr", "1e-5"), ("grad_norm", "2")]
                ),
                WandbFile.history(
                    1,
                    [("train/loss", "NaN"), ("lr", "2e-5"), ("grad_norm", "\"Infinity\"")],
                    isNested: true
                ),
                WandbFile.history(2, [("train", "{\"x\": [1, {\"loss\": 9}]}"), ("train/loss", "4.0")]),
                WandbFile.exit(0),
            ]
        )
        #expect(history.format == "wandb")
        #expect(history.train.steps == [0, 1, 2])
        #expect(history.train.values[1].isNaN)
        #expect(history.validation == Series(steps: [0], values: [4.25]))
        #expect(history.gradientNorm.values == [2, .infinity])
        #expect(history.notes.isEmpty)
        let settings = Dictionary(uniqueKeysWithValues: history.settings.map { ($0.key, $0) })
        #expect(settings[.batch]?.integer == 8)
        #expect(settings[.sequence]?.integer == 256)
        #expect(settings[.peakLearningRate]?.number == 6e-4)
        #expect(
            settings[.peakLearningRate]?.description
                == "training.peakLearningRate: 0.0006, from optimizer.lr in run-1.wandb"
        )
        #expect(settings[.weightDecay]?.number == 0.1)
        #expect(settings[.precision]?.word == "bf16")
        #expect(settings[.gradientClip]?.number == 1)
        #expect(history.hyperparameters.totalSteps == 300)
    }

    @Test func aShareOfTheRunThatWarmsUpCountsWhereTheStepsAreNone() throws {
        func warmup(_ steps: String) throws -> RecordedSetting? {
            let values = [("max_steps", "101"), ("warmup_ratio", "0.1"), ("warmup_steps", steps)]
            let history = try read([WandbFile.configuration(values)] + WandbFile.losses(0..<3))
            return history.settings.first { $0.key == .warmupSteps }
        }
        #expect(try warmup("0")?.integer == 11)
        #expect(try warmup("0")?.name == "warmup_ratio")
        #expect(try warmup("30")?.integer == 30)
    }

    @Test func partsOfANameAndObjectsMakeOneSeries() throws {
        let parts = try read([
            WandbFile.history(0, [("train.loss", "4")], isNested: true),
            WandbFile.history(1, [("train.loss", "NaN")], isNested: true),
        ])
        #expect(parts.train.steps == [0, 1])
        #expect(parts.train.values[1].isNaN)
        let objects = try read([
            WandbFile.history(0, [("train", "{\"loss\": 4}")]),
            WandbFile.history(1, [("train", "{\"loss\": -Infinity}")]),
        ])
        #expect(objects.train.values == [4, -.infinity])
    }

    @Test func numbersThatAreNoTextAreRead() throws {
        func record(_ step: Int, _ value: [UInt8]) -> [UInt8] {
            let item = WandbFile.field(1, WandbFile.field(1, "loss") + value)
            return WandbFile.field(2, item + WandbFile.field(2, WandbFile.number(1, step)))
        }
        let history = try read([
            record(1, [0x31] + TFEventFile.little(Double(2.5).bitPattern)), record(2, WandbFile.number(5, 3)),
            record(3, WandbFile.field(8, "1.5")),
        ])
        #expect(history.train == Series(steps: [1, 2, 3], values: [2.5, 3, 1.5]))
    }

    @Test func theRunsOwnStepIsTheStep() throws {
        let history = try read(
            (0..<20).map { WandbFile.history($0, [("iter", "\($0 * 50)"), ("train/loss", "\(4 - 0.1 * Double($0))")]) }
        )
        #expect(history.train.steps == (0..<20).map { $0 * 50 })
        // A size that is tracked with each record counts nothing.
        let still = try read(
            (0..<20).map { WandbFile.history($0, [("batch", "32"), ("loss", "\(4 - 0.1 * Double($0))")]) }
        )
        #expect(still.train.steps == Array(0..<20))
    }

    @Test func recordsLongerThanABlockAreReadWhereverTheFirstLossStands() throws {
        let huge = "{\"text\": \"" + String(repeating: "x", count: 700_000) + "\", \"learning_rate\": 0.5}"
        let history = try read(
            [WandbFile.configuration([("huge", huge)])] + WandbFile.losses(0..<3000) + [WandbFile.exit(0)]
        )
        #expect(history.train.count == 3000)
        #expect(history.settings.first { $0.key == .peakLearningRate }?.number == 0.5)
    }

    @Test func aFileThatIsCutAnywhereGivesTheRecordsBeforeTheCut() throws {
        let records = [WandbFile.configuration([("huge", "\"\(String(repeating: "y", count: 32_500))\"")])]
        let file = WandbFile.file(records + WandbFile.losses(0..<40))
        let whole = try LogReader.parse(bytes: file, name: "run.wandb").train
        #expect(whole.count == 40)
        for cut in stride(from: file.count - 1, to: 32_600, by: -7) {
            guard let history = try? LogReader.parse(bytes: Array(file[..<cut]), name: "run.wandb") else { continue }
            #expect(history.train.values == Array(whole.values.prefix(history.train.count)))
            #expect(history.train.count < 40)
            #expect(history.notes.contains { $0.contains("killed or goes on") })
        }
        let middle = try LogReader.parse(bytes: Array(file.dropLast(9)), name: "run.wandb")
        #expect(middle.train.count == 39)
        #expect(middle.notes.contains { $0.contains("ends within a record, at byte \(file.count - 9)") })
        // A file system may leave zeroes of what was not written.
        let padded = try LogReader.parse(bytes: file + [UInt8](repeating: 0, count: 70_000), name: "run.wandb")
        #expect(padded.train.count == 40)
        #expect(!padded.notes.contains { $0.contains("within a record") })
    }

    @Test func aDamagedBlockLosesItsRestAndIsCounted() throws {
        var file = WandbFile.file(WandbFile.losses(0..<3000))
        file[40_000] ^= 1
        let history = try LogReader.parse(bytes: file, name: "run.wandb")
        #expect(history.train.count > 2000 && history.train.count < 3000)
        #expect(history.train.steps.last == 2999)
        #expect(history.notes.contains { $0.hasPrefix("1 blocks with records whose data do not agree") })
    }

    @Test func theConsoleAndTheExitSayHowItEnded() throws {
        let died = try read(
            WandbFile.losses(0..<5) + [
                WandbFile.output("Traceback (most recent call last):\n  File \"a.py\", line 3, in <mod"),
                WandbFile.output("ule>\nValueError: boom\n"), WandbFile.exit(1),
            ]
        )
        let root = died.events.first { $0.ending?.role == .root }
        #expect(root?.text == "ValueError: boom")
        #expect(root?.step == 4)
        let silent = try read(WandbFile.losses(0..<5) + [WandbFile.exit(137)])
        #expect(silent.events.map(\.text) == ["exited with exit code 137"])
        // An error behind which the run goes on ended nothing.
        let caught = try read(
            WandbFile.losses(0..<5) + [WandbFile.output("ValueError: boom\n")] + WandbFile.losses(5..<30)
        )
        #expect(!caught.events.contains { $0.ending?.role == .root })
    }

    @Test func aRunWithoutALossIsNamedAsThat() {
        let error = failure(WandbFile.file([WandbFile.history(0, [("accuracy", "0.5")]), WandbFile.exit(0)]))
        guard case .noLoss(_, "W&B run file", _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func hostileRecordsAreHarmless() throws {
        let sound = WandbFile.losses(0..<5)
        let claims: [[UInt8]] = [
            // A field of 4 GiB in a record of ten bytes, a length of 2^63, a field without an end, a group.
            [0x12, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 1, 2], [0x12] + [UInt8](repeating: 0xFF, count: 9) + [1],
            [0x12] + [UInt8](repeating: 0x80, count: 40), [0x13, 0x08, 0x01], [0], [],
            WandbFile.history(Int.max, [("loss", "1e999"), ("x", String(repeating: "{\"a\":", count: 100_000))]),
            WandbFile.history(1, [("loss", String(repeating: "[", count: 100_000)), ("_step", "1e300")]),
            // The step of a record that has none stays in range.
            WandbFile.field(2, WandbFile.field(1, WandbFile.field(1, "loss") + WandbFile.field(16, "3"))),
        ]
        for claim in claims {
            let history = try read(sound + [claim])
            #expect(history.train.count >= 5)
        }
    }

    @Test func noBytesCrashTheReader() {
        var generator = SeededGenerator(state: 7)
        let file = WandbFile.file(
            [WandbFile.configuration([("lr", "1")])] + WandbFile.losses(0..<50) + [WandbFile.exit(1)]
        )
        for _ in 0..<400 {
            // Sound checksums around damaged records, so that the damage gets to the fields.
            var record = WandbFile.history(3, [("train/loss", "1.5"), ("train", "{\"loss\": 2}")])
            for _ in 0..<3 {
                record[Int.random(in: 0..<record.count, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            let damaged = try? read(WandbFile.losses(0..<3) + [record])
            #expect(damaged?.train.steps.prefix(3) == [0, 1, 2], "sound records stand beside a damaged one")
            var bytes = file
            for _ in 0..<8 {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            let noisy = try? LogReader.parse(bytes: bytes, name: "run.wandb")
            #expect(noisy.map { $0.train.count <= 50 } ?? true, "a damaged block gives no record")
        }
    }
}
