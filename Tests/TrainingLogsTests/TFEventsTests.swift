import Testing
import TrainingLogs

struct TFEventsTests {
    /// The checksum vectors every TFRecord implementation agrees on.
    @Test func checksumVectors() {
        let digits = Array("123456789".utf8)
        #expect(digits.withUnsafeBytes { CRC32C.checksum($0) } == 0xE306_9283)
        #expect(digits.withUnsafeBytes { CRC32C.masked($0) } == 0xC78A_B0E5)
        let length: [UInt8] = [24, 0, 0, 0, 0, 0, 0, 0]
        #expect(length.withUnsafeBytes { CRC32C.masked($0) } == 0x224B_7FA3)
    }

    private func frame(_ data: [UInt8]) -> [UInt8] {
        let length = (0..<8).map { UInt8(truncatingIfNeeded: UInt64(data.count) >> (8 * UInt64($0))) }
        func little(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * UInt32($0))) } }
        return length + little(length.withUnsafeBytes { CRC32C.masked($0) }) + data
            + little(data.withUnsafeBytes { CRC32C.masked($0) })
    }

    private func scalar(_ tag: String, step: UInt8, _ value: Float, asTensor: Bool = false) -> [UInt8] {
        let bits = (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * UInt32($0))) }
        var item: [UInt8] = [0x0A, UInt8(tag.utf8.count)] + Array(tag.utf8)
        item += asTensor ? [0x42, 8, 0x08, 1, 0x2A, 4] + bits : [0x15] + bits
        let summary: [UInt8] = [0x0A, UInt8(item.count)] + item
        let head: [UInt8] = [0x09, 0, 0, 0, 0, 0, 0, 0, 0] + (step == 0 ? [] : [0x10, step])
        return frame(head + [0x2A, UInt8(summary.count)] + summary)
    }

    @Test func scalarsTensorsAndATruncatedEnd() throws {
        let version: [UInt8] = [0x1A, 13] + Array("brain.Event:2".utf8)
        var file = frame(version)
        file += scalar("train/loss", step: 0, 3.5)
        file += scalar("train/loss", step: 5, .nan, asTensor: true)
        file += scalar("train/learning_rate", step: 5, 0.25)
        file += scalar("eval/loss", step: 5, 3.25)
        file += scalar("images", step: 5, 9)
        file += scalar("train/loss", step: 6, 1).dropLast(7)
        let history = try LogReader.parse(bytes: file, name: "events", trainer: nil)
        #expect(history.format == "tfevents")
        #expect(history.train.steps == [0, 5])
        #expect(history.train.values[0] == 3.5)
        #expect(history.train.values[1].isNaN)
        #expect(history.learningRate == Series(steps: [5], values: [0.25]))
        #expect(history.validation == Series(steps: [5], values: [3.25]))
    }
}
