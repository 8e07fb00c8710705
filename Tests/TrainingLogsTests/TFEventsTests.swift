import Testing
import TrainingLogs

/// Writes TensorBoard event files byte by byte, as the format is written down.
enum TFEventFile {
    static func frame(_ data: [UInt8]) -> [UInt8] {
        let length = (0..<8).map { UInt8(truncatingIfNeeded: UInt64(data.count) >> (8 * UInt64($0))) }
        func little(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * UInt32($0))) } }
        return length + little(length.withUnsafeBytes { CRC32C.masked($0) }) + data
            + little(data.withUnsafeBytes { CRC32C.masked($0) })
    }

    static func varint(_ value: Int) -> [UInt8] {
        value < 128 ? [UInt8(value)] : [UInt8(value & 127 | 128)] + varint(value >> 7)
    }

    static func little<Word: FixedWidthInteger>(_ word: Word) -> [UInt8] {
        withUnsafeBytes(of: word.littleEndian) { Array($0) }
    }

    /// An event with one value, given by the bytes behind its tag.
    static func event(_ tag: String, step: Int, value: [UInt8]) -> [UInt8] {
        let item: [UInt8] = [0x0A, UInt8(tag.utf8.count)] + Array(tag.utf8) + value
        let summary: [UInt8] = [0x0A] + varint(item.count) + item
        let head: [UInt8] = [0x09, 0, 0, 0, 0, 0, 0, 0, 0] + (step == 0 ? [] : [0x10] + varint(step))
        return frame(head + [0x2A] + varint(summary.count) + summary)
    }

    static func scalar(_ tag: String, step: Int, _ value: Float) -> [UInt8] {
        event(tag, step: step, value: [0x15] + little(value.bitPattern))
    }

    /// A tensor of a type, given by the bytes of its fields.
    static func tensor(_ tag: String, step: Int, type: UInt8, _ fields: [UInt8]) -> [UInt8] {
        event(tag, step: step, value: [0x42] + varint(fields.count + 2) + [0x08, type] + fields)
    }
}

struct TFEventsTests {
    /// The checksum vectors every TFRecord implementation agrees on.
    @Test func checksumVectors() {
        let digits = Array("123456789".utf8)
        #expect(digits.withUnsafeBytes { CRC32C.checksum($0) } == 0xE306_9283)
        #expect(digits.withUnsafeBytes { CRC32C.masked($0) } == 0xC78A_B0E5)
        let length: [UInt8] = [24, 0, 0, 0, 0, 0, 0, 0]
        #expect(length.withUnsafeBytes { CRC32C.masked($0) } == 0x224B_7FA3)
    }

    private func read(_ bytes: [UInt8]) throws(LogError) -> TrainingHistory {
        try LogReader.parse(bytes: bytes, name: "events", trainer: nil)
    }

    private static let version = TFEventFile.frame([0x1A, 13] + Array("brain.Event:2".utf8))

    @Test func scalarsTensorsAndATruncatedEnd() throws {
        var file = Self.version
        file += TFEventFile.scalar("train/loss", step: 0, 3.5)
        file += TFEventFile.tensor(
            "train/loss",
            step: 5,
            type: 1,
            [0x22, 4] + TFEventFile.little(Float.nan.bitPattern)
        )
        file += TFEventFile.scalar("train/learning_rate", step: 5, 0.25)
        file += TFEventFile.scalar("eval/loss", step: 5, 3.25)
        file += TFEventFile.scalar("images", step: 5, 9)
        file += TFEventFile.scalar("train/loss", step: 6, 1).dropLast(7)
        let history = try read(file)
        #expect(history.format == "tfevents")
        #expect(history.train.steps == [0, 5])
        #expect(history.train.values[0] == 3.5)
        #expect(history.train.values[1].isNaN)
        #expect(history.learningRate == Series(steps: [5], values: [0.25]))
        #expect(history.validation == Series(steps: [5], values: [3.25]))
        #expect(history.notes.isEmpty, "a live file ends anywhere")
    }

    @Test func everyFormOfATensorOfOneNumber() throws {
        let forms: [[UInt8]] = [
            TFEventFile.tensor("loss", step: 1, type: 1, [0x2A, 4] + TFEventFile.little(Float(2.5).bitPattern)),
            TFEventFile.tensor("loss", step: 2, type: 1, [0x2D] + TFEventFile.little(Float(2.5).bitPattern)),
            TFEventFile.tensor("loss", step: 3, type: 2, [0x22, 8] + TFEventFile.little(2.5.bitPattern)),
            TFEventFile.tensor("loss", step: 4, type: 2, [0x32, 8] + TFEventFile.little(2.5.bitPattern)),
            TFEventFile.tensor("loss", step: 5, type: 3, [0x3A, 1, 2]),
            TFEventFile.tensor("loss", step: 6, type: 9, [0x22, 8] + TFEventFile.little(Int64(2))),
        ]
        let history = try read(Self.version + forms.joined())
        #expect(history.train == Series(steps: Array(1...6), values: [2.5, 2.5, 2.5, 2.5, 2, 2]))
        // More than one number is a histogram or a picture, not a curve.
        let two = TFEventFile.tensor(
            "loss",
            step: 7,
            type: 1,
            [0x2A, 8] + TFEventFile.little(UInt64(0))
        )
        #expect(try read(Self.version + forms[0] + two).train.steps == [1])
    }

    @Test func aRecordWithWrongDataIsLeftOutAndNoted() throws {
        var file = Self.version
        for step in 1...9 {
            var record = TFEventFile.scalar("train/loss", step: step, 2)
            if step == 4 { record[record.count - 5] ^= 0x40 }  // The last byte of the value.
            file += record
        }
        let history = try read(file)
        #expect(history.train.steps == [1, 2, 3, 5, 6, 7, 8, 9])
        #expect(history.notes.count == 1)
        #expect(history.notes.first?.hasPrefix("1 records whose data") == true)
    }

    @Test func aWrongLengthEndsTheFileAndIsNoted() throws {
        var file = Self.version
        for step in 1...9 {
            var record = TFEventFile.scalar("train/loss", step: step, 2)
            if step == 4 { record[1] ^= 1 }
            file += record
        }
        let history = try read(file)
        #expect(history.train.steps == [1, 2, 3])
        #expect(history.notes.first?.contains("length of the record at byte") == true)
    }
}
