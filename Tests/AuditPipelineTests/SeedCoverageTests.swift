import AuditPipeline
import Diagnosis
import Drills
import Foundation
import Terms
import Testing

/// The table "seed statement, rule, test" of the guide names what there is, and leaves no rule out.
@Suite struct SeedCoverageTests {
    private struct Row {
        var statement: String
        var rule: String
        var test: String
    }

    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private static let rows: [Row] = {
        let page = root.appendingPathComponent("Documentation.docc/Guides/Seed-coverage.md")
        let text = (try? String(contentsOf: page, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").filter { $0.hasPrefix("| ") && !$0.hasPrefix("| Statement") }.map { line in
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            return Row(
                statement: cells[0],
                rule: cells.count > 1 ? cells[1] : "",
                test: cells.count > 2 ? cells[2] : ""
            )
        }
    }()

    /// The words in back-quotes.
    private static func quoted(_ text: String) -> [String] {
        text.split(separator: "`", omittingEmptySubsequences: false).enumerated().filter {
            !$0.offset.isMultiple(of: 2)
        }
        .map { String($0.element) }
    }

    private static func sources(_ folder: String) -> String {
        let base = root.appendingPathComponent(folder)
        let files = FileManager.default.enumerator(atPath: base.path)?.compactMap { $0 as? String } ?? []
        return files.filter { $0.hasSuffix(".swift") }.sorted().compactMap {
            try? String(contentsOf: base.appendingPathComponent($0), encoding: .utf8)
        }.joined(separator: "\n")
    }

    @Test func everyRowHasAStatementARuleAndATest() {
        #expect(Self.rows.count > 100)
        for row in Self.rows { #expect(!row.statement.isEmpty && !row.rule.isEmpty && !row.test.isEmpty, "\(row)") }
    }

    /// A rule is a symptom, a cause, a remark, a command, or a word that the sources know.
    @Test func everyRuleExists() {
        let ids = Set(SymptomRules.kinds.map(\.rawValue) + CauseRules.kinds.map(\.rawValue))
        let sources = Self.sources("Sources")
        for row in Self.rows {
            for word in Self.quoted(row.rule) where !ids.contains(word) {
                let key = word.split(separator: " ").first.map(String.init) ?? word
                let isKnown =
                    sources.contains("\"\(key)\"") || sources.contains("\"\(key)-") || sources.contains("var \(key)")
                    || sources.contains("case \(key)") || key == "audit.yaml"
                #expect(isKnown || Self.isRemark(key, sources), "\(row.statement): \(word)")
            }
        }
    }

    /// Whether an id is one that a finding derives from a setting or from a sign in the checkpoints.
    private static func isRemark(_ id: String, _ sources: String) -> Bool {
        let parts = id.split(separator: "-", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return false }
        switch parts[0] {
        case "configuration": return sources.contains(".setting(key: \"\(parts[1])\")")
        case "checkpoint": return CheckpointSign(rawValue: parts[1]) != nil
        default: return false
        }
    }

    /// A test is a function, a suite or a target below Tests, or a drill.
    @Test func everyTestExists() {
        let sources = Self.sources("Tests")
        let drills = DrillFault.all.map(\.id)
        for row in Self.rows where row.test != "—" {
            for drill in Self.quoted(row.test) {
                let stem = drill.hasSuffix("*") ? String(drill.dropLast()) : nil
                let isKnown = stem.map { stem in drills.contains { $0.hasPrefix(stem) } } ?? drills.contains(drill)
                #expect(isKnown, "\(row.statement): drill \(drill)")
            }
            let plain = row.test.split(separator: "`", omittingEmptySubsequences: false).enumerated()
                .filter { $0.offset.isMultiple(of: 2) }.map(\.element).joined(separator: " ")
            let names = plain.split { !$0.isLetter && !$0.isNumber }.map(String.init).filter {
                !["drill", "drills", "one", "in", "each"].contains($0)
            }
            for name in names {
                let folder = Self.root.appendingPathComponent("Tests/\(name)").path
                let isKnown =
                    sources.contains("func \(name)(") || sources.contains("struct \(name)")
                    || FileManager.default.fileExists(atPath: folder)
                #expect(isKnown, "\(row.statement): test \(name)")
            }
        }
    }

    /// The texts name most rules; a rule that came later need not stand in them.
    @Test func mostSymptomsAndCausesAreInTheTable() {
        let named = Set(Self.rows.flatMap { Self.quoted($0.rule) })
        let ids = SymptomRules.kinds.map(\.rawValue) + CauseRules.kinds.map(\.rawValue)
        #expect(ids.count { named.contains($0) } >= 60)
    }
}
