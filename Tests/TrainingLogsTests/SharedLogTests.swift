import Foundation
import Testing
import TrainingLogs

/// Real logs with counts made by another program: every one of them must be read exactly.
@Suite(.enabled(if: Shared.exists(Shared.logs)))
struct SharedLogTests {
    private struct Row {
        var values: [String: String]
        subscript(_ name: String) -> String { values[name] ?? "" }
        func number(_ name: String) -> Double? { Double(self[name]) }
    }

    /// The rows of a CSV file with quoted fields.
    private static func rows(_ url: URL) throws -> [Row] {
        var lines: [[String]] = [[]]
        var field = ""
        var isQuoted = false
        for character in try String(contentsOf: url, encoding: .utf8).replacing("\r\n", with: "\n") {
            switch character {
            case "\"": isQuoted.toggle()
            case "," where !isQuoted:
                lines[lines.count - 1].append(field)
                field = ""
            case "\n" where !isQuoted:
                lines[lines.count - 1].append(field)
                lines.append([])
                field = ""
            default: field.append(character)
            }
        }
        let header = lines.removeFirst()
        return lines.filter { $0.count == header.count }.map {
            Row(values: Dictionary(zip(header, $0), uniquingKeysWith: { first, _ in first }))
        }
    }

    private func same(_ expected: Double?, _ found: Double?) -> Bool {
        guard let expected else { return true }
        guard let found else { return false }
        if expected.isNaN || found.isNaN { return expected.isNaN && found.isNaN }
        return expected == found || abs(expected - found) <= 1e-6 * max(1, abs(expected))
    }

    @Test func everyPublicLogIsReadExactly() throws {
        let rows = try Self.rows(Shared.logs.appending(path: "index.csv"))
        #expect(rows.count > 50)
        for row in rows {
            let path = Shared.logs.appending(path: row["file"]).path
            if row["verdict"] == "no_training_data" {
                #expect(throws: LogError.self, "\(row["id"])") { try LogReader.read(path: path) }
                continue
            }
            let history = try LogReader.read(path: path)
            #expect(history.train.count == Int(row["n_train"]), "\(row["id"])")
            #expect(history.validation.count == Int(row["n_val"]), "\(row["id"])")
            guard !history.train.isEmpty else { continue }
            #expect(history.train.nonFiniteCount == Int(row["n_train_nonfinite"]), "\(row["id"])")
            #expect(same(row.number("first_train"), history.train.values.first), "\(row["id"])")
            #expect(same(row.number("last_train"), history.train.values.last), "\(row["id"])")
            #expect(same(row.number("min_train"), history.train.minimum), "\(row["id"])")
            #expect(same(row.number("train_step_min"), history.train.steps.min().map(Double.init)), "\(row["id"])")
            #expect(same(row.number("train_step_max"), history.train.steps.max().map(Double.init)), "\(row["id"])")
            #expect(same(row.number("first_val"), history.validation.values.first), "\(row["id"])")
            #expect(same(row.number("last_val"), history.validation.values.last), "\(row["id"])")
        }
    }

    @Test(.enabled(if: Shared.exists(Shared.corpus)))
    func everyCorpusLogIsReadExactlyAndAgreesWithItsSecondLog() throws {
        let rows = try Self.rows(Shared.corpus.appending(path: "truth_index.csv"))
        #expect(rows.count > 30)
        for row in rows {
            let folder = Shared.corpus.appending(path: "runs").appending(path: row["run"])
            let output = folder.appending(path: "log.txt").path
            let history = try LogReader.read(path: output)
            #expect(history.train.count == Int(row["logged_steps"]), "\(row["run"])")
            #expect(history.format.hasPrefix(row["trainer"].prefix { $0 != "/" }.lowercased()), "\(row["run"])")
            for second in ["main.log", "log_dir_log.txt"] {
                let path = folder.appending(path: second).path
                guard FileManager.default.fileExists(atPath: path) else { continue }
                let merged = try LogReader.read(paths: [output, path])
                #expect(merged.train.matches(history.train), "\(row["run"])")
                #expect(merged.segments == history.segments, "\(row["run"])")
                let alone = try LogReader.read(path: path)
                #expect(alone.validation.steps == history.validation.steps, "\(row["run"]): the two sinks number alike")
                let shift = history.stepBase - alone.stepBase
                #expect(alone.train.steps.map { $0 + shift } == history.train.steps, "\(row["run"])")
            }
        }
    }
}
