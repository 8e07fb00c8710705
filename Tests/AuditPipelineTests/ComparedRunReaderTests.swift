import AuditPipeline
import Diagnosis
import Foundation
import Testing
import TrainingLogs

/// What may stand for a run on the command line of `compare`.
@Suite struct ComparedRunReaderTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "compare-\(UUID().uuidString)")

    private func write(_ text: String, _ name: String) throws -> String {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let file = folder.appending(path: name)
        try Data(text.utf8).write(to: file)
        return file.path
    }

    private func log(_ steps: ClosedRange<Int>) -> String {
        steps.map { "step: \($0)  loss: \(3 + 1 / Double($0))  grad_norm: 0.2500  tps: 2,579\n" }.joined()
    }

    @Test func aRunIsALogSeveralLogsOrAConfiguration() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let one = try write(log(1...50), "one.log")
        let two = try write(log(51...90), "two.log")
        let odd = try write(log(1...20), "a,b.log")
        let configuration = try write(
            "run: r\nlogs: [one.log]\ntraining:\n  precision: bf16\norder:\n  batch: 4\n",
            "audit.yaml"
        )
        func records(_ name: String) throws -> Int {
            try ComparedRunReader.read(name, trainer: nil).run.history.train.count
        }
        #expect(try records(one) == 50)
        #expect(try records("\(one),\(two)") == 90)
        #expect(try records(odd) == 20, "a file of that name is one file")
        #expect(try records(configuration) == 50)
        let side = try ComparedRunReader.read(folder.path, trainer: nil)
        #expect(side.run.configuration.precision == .bf16)
        #expect(side.run.configuration.order.batch == 4)
        #expect(side.run.history.speed.tokensPerSecond == 2579)
        #expect(throws: (any Error).self) { try records("/nowhere.log") }
        try FileManager.default.removeItem(atPath: configuration)
        #expect(try records(folder.path) == 50, "the newest log of a folder, and the one that prints the same")
    }
}
