import Foundation
import Testing
import TrainingLogs

/// Logs larger than what is held of them at once.
struct StreamingTests {
    private static let lines = (0..<30_000).map { "s:\($0) trl:\(9 - Double($0) / 10_000) lr:0.1 norm:1" }

    /// The lines with enough noise between them to fill more than a head.
    private static func padded(_ end: String, noise: Int = 900) -> String {
        let noise = "INFO " + String(repeating: "x", count: noise)
        return lines.map { $0 + end + noise + end }.joined()
    }

    @Test(arguments: ["\n", "\r\n", "\r"]) func piecesJoinWithoutLossOrRepeat(end: String) throws {
        let scratch = try Scratch()
        let text = Self.padded(end) + "Killed\ns:30000 trl:1.0 lr:0.1 norm:1\ns:30001 tr"
        #expect(text.utf8.count > 24 << 20)
        let streamed = try LogReader.read(path: try scratch.write(text, as: "log"))
        #expect(streamed.train.steps == Array(0...30_000))
        #expect(streamed.train.values.last == 1)
        #expect(streamed.events.map(\.line) == [end == "\r" ? 1 : 60_001], "lines are counted across pieces")
        let whole = try LogReader.parse(bytes: Array(text.utf8), name: "log")
        #expect(streamed.train == whole.train)
        #expect(streamed.gradientNorm == whole.gradientNorm)
        #expect(streamed.events == whole.events)
    }

    @Test func aRunThatBeginsBehindALongPreludeIsRecognised() throws {
        let scratch = try Scratch()
        let prelude = String(repeating: "downloading the data set, please wait\n", count: 600_000)
        let path = try scratch.write(prelude + Self.lines.joined(separator: "\n"), as: "log")
        #expect(try LogReader.read(path: path).train.count == 30_000)
    }

    @Test func aLineOfManyMegabytesIsPassedOver() throws {
        let scratch = try Scratch()
        let long = String(repeating: "y", count: 40 << 20)
        let head = Self.lines[..<10].joined(separator: "\n") + "\n"
        let path = try scratch.write(head + long + "\n" + Self.lines[10..<20].joined(separator: "\n"), as: "log")
        let history = try LogReader.read(path: path)
        #expect(history.train.steps == Array(0..<20))
    }

    @Test func utf16IsReadInPiecesToo() throws {
        let scratch = try Scratch()
        let text = Self.padded("\r\n", noise: 300).replacing("xx", with: "\u{1F642}")
        let url = scratch.folder.appending(path: "log")
        try #require(text.data(using: .utf16LittleEndian)).write(to: url)
        #expect(try LogReader.read(path: url.path).train.steps == Array(0..<30_000))
    }

    @Test func eventFilesAreReadInPieces() throws {
        let scratch = try Scratch()
        var file: [UInt8] = []
        let image = TFEventFile.frame([0x0A, 0xFF, 0xFF, 0x03] + [UInt8](repeating: 0, count: 0xFFFF))
        for step in 0..<400 {
            file += image
            file += TFEventFile.scalar("train/loss", step: step, Float(step))
        }
        #expect(file.count > 24 << 20)
        let url = scratch.folder.appending(path: "events.out.tfevents.1")
        try Data(file).write(to: url)
        #expect(
            try LogReader.read(path: url.path).train
                == Series(steps: Array(0..<400), values: (0..<400).map(Double.init))
        )
    }
}
