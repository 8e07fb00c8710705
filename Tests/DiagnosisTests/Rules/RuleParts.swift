import Diagnosis
import Foundation
import Guide
import Terms

/// What a rule consists of outside its own code. Symptoms and causes differ in folder and suffix only.
struct RuleParts {
    /// `Symptoms` or `Causes`: the folder of the rule and that of its page.
    var folder: String
    /// The type's name without its suffix, `LossSpike`: the name of its file.
    var name: String
    /// The id of its kind, `loss-spike`.
    var id: String
    /// What the rule says about itself.
    var head: RuleHead

    init(_ rule: any SymptomRule.Type) {
        self.init(folder: "Symptoms", type: "\(rule)", suffix: "Rule", id: rule.kind.rawValue, head: rule.head)
    }

    init(_ rule: any CauseRule.Type) {
        self.init(folder: "Causes", type: "\(rule)", suffix: "Cause", id: rule.kind.rawValue, head: rule.head)
    }

    private init(folder: String, type: String, suffix: String, id: String, head: RuleHead) {
        self.folder = folder
        name = type.hasSuffix(suffix) ? String(type.dropLast(suffix.count)) : type
        self.id = id
        self.head = head
    }

    /// The name of its kind in code, `lossSpike`.
    var member: Substring { name.prefix(1).lowercased() + name.dropFirst() }
    /// Where the rule stands.
    var file: String { "Sources/Diagnosis/\(folder)/\(name).swift" }
    /// Where its page of the guide stands.
    var page: String { "Documentation.docc/\(folder)/\(id).md" }

    /// What is missing, a sentence each with the file to mend.
    var missing: [String] {
        var missing: [String] = []
        func require(_ isThere: Bool, _ problem: String) {
            if !isThere { missing.append(problem) }
        }
        require(id.isKebabCase, "the id \(id) is not in kebab-case: change it in \(file)")
        require(head.id == id, "its head has the id \(head.id), not \(id): begin it with RuleHead(kind, …) in \(file)")
        require(!head.title.isEmpty, "it has no title: add one to the head in \(file)")
        require(head.summary.count > 30, "its summary says too little: write a sentence into the head in \(file)")
        for threshold in head.thresholds {
            let isComplete = !threshold.source.isEmpty && !threshold.unit.isEmpty && threshold.value.isFinite
            require(isComplete, "the threshold \"\(threshold.name)\" lacks its unit or source: add it in \(file)")
        }
        require(PackageFiles.text(file) != nil, "it does not stand in a file of its name: move it to \(file)")
        if let text = PackageFiles.text(page) {
            let heading = "# \(head.title)"
            let isHeaded = text.split(separator: "\n").contains { $0 == heading }
            require(isHeaded, "its page has another heading: write \"\(heading)\" into \(page), or change the title")
            let isEmbedded = Guide.page(id: id)?.markdown == text
            let place = "the links in Sources/Guide/Pages"
            require(isEmbedded, "its page is not the one in the binary: embed \(page) (\(place)), build again")
        } else {
            missing.append("it has no page in the guide: write \(page)")
        }
        let isTested = Self.tested.contains(member)
        require(isTested, "no test names .\(member): write one in Tests/DiagnosisTests/\(folder)/\(name)Tests.swift")
        return missing
    }

    /// The members that tests name, kinds among them. The corpus lies beside few checkouts: what is named only in its
    /// tests is not tested.
    private static let tested: Set<Substring> = {
        let tests = PackageFiles.files(below: "Tests/DiagnosisTests", ending: "Tests.swift")
        let others = tests.filter { $0.path != "Tests/DiagnosisTests/CorpusTests.swift" }
        return Set(others.flatMap { $0.text.matches(of: #/\.(\w+)/#).map(\.1) })
    }()
}
