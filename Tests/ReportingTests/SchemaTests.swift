import Diagnosis
import Foundation
import Reporting
import Terms
import Testing
import TrainingLogs

/// The published schema of report.json describes what is written.
@Suite struct SchemaTests {
    static func schema() throws -> [String: Any] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let file = root.appending(path: "Documentation.docc/Schemas/audit.schema.json")
        let object = try JSONSerialization.jsonObject(with: Data(contentsOf: file))
        return try #require(object as? [String: Any])
    }

    private func json(_ report: AuditReport) throws -> Any {
        let text = try JSONOutput.encode(report, voice: report.voice)
        return try JSONSerialization.jsonObject(with: Data(text.utf8))
    }

    private func problems(_ report: AuditReport) throws -> [String] { try problems(json(report)) }

    private func problems(_ value: Any) throws -> [String] {
        let schema = try Self.schema()
        return JSONSchema(root: schema).problems(value, schema, "$")
    }

    @Test func reportsFollowTheSchemaAndHoldNoKeyItDoesNotDescribe() throws {
        for report in [
            Fixture.compared(), Fixture.healthy(), Fixture.everyField(), LeastReport.report(),
        ] {
            #expect(try problems(report) == [])
        }
    }

    @Test func everyFieldIsDescribedAndEveryDescribedKeyIsWritten() throws {
        let full = Fixture.everyField()
        var stored = StoredProperties()
        // How a report speaks is no part of its JSON.
        for child in Mirror(reflecting: full).children where child.label != "voice" {
            stored.collect(child.value, "$.\(child.label ?? "")")
        }
        let empty = stored.isFilled.filter { !$0.value }.keys.sorted()
        #expect(empty == [], "set them in Fixture.everyField()")

        var written = WrittenKeys()
        let bare = AuditReport(run: "bare", verdict: .healthy)
        for report in [full, LeastReport.report(), bare] { written.collect(try json(report), "$") }
        let described = JSONSchema(root: try Self.schema()).places()
        #expect(described.all.subtracting(written.places).sorted() == [], "described and never written")
        #expect(described.optional.subtracting(written.optional).sorted() == [], "always written")
        #expect(
            written.optional.intersection(described.all).subtracting(described.optional).sorted() == [],
            "not always written"
        )
    }

    @Test func everyPropertyHasADescription() throws {
        let schema = JSONSchema(root: try Self.schema())
        #expect(schema.places().silent.sorted() == [])
    }

    @Test func theSchemaListsTheValuesThatAreWritten() throws {
        let verdicts: [Verdict] = [.healthy, .undetermined(.fewRecords(1, needed: 2)), .anomalous]
        let scopes: [LossScope] = [.step, .microBatch, .interval, .movingAverage, .unknown]
        let events: [LogEvent.Kind] = [.traceback, .skippedUpdate, .resumed, .checkpoint, .hiddenNonFinite]
        let confidences: [MappingConfidence] = [.exact, .interval, .unknown]
        let units: [ShardUnit] = [.documents, .samples]
        let states: [BaselineOutcome.State] = [.accepts, .expired, .unused]
        let lists: [(place: String, values: [String])] = [
            ("properties/verdict", verdicts.map(\.id)),
            ("properties/notChecked/items/properties/kind", Omission.Kind.allCases.map(\.rawValue)),
            ("$defs/severity", Severity.allCases.map(\.rawValue)),
            ("$defs/finding/properties/kind", try findingKinds()),
            ("$defs/history/properties/lossScope", scopes.map(\.rawValue)),
            ("$defs/history/properties/events/items/properties/kind", events.map(\.rawValue)),
            (
                "$defs/history/properties/events/items/properties/ending/properties/kind",
                EndingKind.allCases.map(\.rawValue)
            ),
            (
                "$defs/history/properties/events/items/properties/ending/properties/role",
                LogEnding.Role.allCases.map(\.rawValue)
            ),
            ("$defs/shardStatus", ShardStatus.allCases.map(\.rawValue)),
            ("$defs/shard/properties/level", EvidenceLevel.allCases.map(\.rawValue)),
            // As in ShardDefect, Precision and WeightProblem, which this module does not see.
            (
                "$defs/defect/properties/kind",
                [
                    "undecodable", "invalid-text", "outside-vocabulary", "zero-run", "token-run", "odd-byte-shift",
                    "repeated-block", "duplicate-shard", "missing-delimiters", "entropy-outlier",
                ]
            ),
            ("$defs/defect/properties/severity", [Severity.warning, .failure].map(\.rawValue)),
            ("$defs/span/properties/confidence", confidences.map(\.rawValue)),
            ("$defs/span/properties/unit", units.map(\.rawValue)),
            ("$defs/precision", ["fp32", "bf16", "fp16"]),
            (
                "$defs/experiments/properties/weights/items/properties/problem",
                [
                    "non-finite", "all-zero", "absurd-norm", "changed-norm", "negative-moment", "impossible-moment",
                    "outlying-moment", "step-mismatch",
                ]
            ),
            ("$defs/experiments/properties/emulations/items/properties/pass", ["forward", "backward"]),
            ("$defs/change", ComparisonReport.State.allCases.map(\.rawValue)),
            ("properties/baseline/items/properties/state", states.map(\.rawValue)),
        ]
        for (place, values) in lists {
            #expect(try listed(place).sorted() == values.sorted(), "\(place)")
        }
    }

    /// What findings of every origin are written as.
    private func findingKinds() throws -> [String] {
        let origins: [Finding.Origin] = [
            .event(.lossSpike, step: 1), .shard(name: "a"), .shards(.missing), .setting(key: "a"),
            .checkpoint(.deadUnits),
        ]
        return try origins.map { origin in
            let text = try JSONOutput.encode(Finding(origin, title: "", severity: .info))
            let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
            return try #require(object?["kind"] as? String)
        }
    }

    @Test func damageIsAStatusOfTheSchema() throws {
        let damaged = ShardStatus.allCases.filter(\.isDamaged).map(\.rawValue)
        #expect(damaged.sorted() == ["long", "malformed", "mismatch", "missing", "short", "unreadable"])
        #expect(try Set(damaged).isSubset(of: listed("$defs/shardStatus")))
    }

    /// The values that the schema allows at a place of its own.
    private func listed(_ place: String) throws -> [String] {
        var here = try Self.schema()
        for name in place.split(separator: "/") {
            let next = here[String(name)] as? [String: Any]
            here = try #require(next, "\(place)")
        }
        let values = here["enum"] as? [String]
        return try #require(values, "\(place)")
    }

    @Test func theSampleReportFollowsTheSchema() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let sample = try Data(contentsOf: root.appending(path: "Reports/sample/report.json"))
        #expect(try problems(JSONSerialization.jsonObject(with: sample)) == [])
    }

    @Test func theValidatorFindsWhatIsWrong() throws {
        let object = try #require(json(Fixture.healthy()) as? [String: Any])
        for (key, value) in [
            ("verdict", "fine"), ("shards", "none"), ("schema", "trainaudit.audit/1"), ("surprise", 1),
            ("assumptions", [1]), ("shardBoundaries", [["step": 1.5, "shard": "a"]]),
            ("shardBoundaries", [["step": 1]]),
        ] as [(String, Any)] {
            var broken = object
            broken[key] = value
            #expect(try problems(broken).count == 1, "\(key)")
        }
    }
}

/// The stored properties of a report and of all that it holds, by place.
struct StoredProperties {
    /// Whether it holds anything, at one place at least.
    var isFilled: [String: Bool] = [:]

    mutating func collect(_ value: Any, _ place: String) {
        let mirror = Mirror(reflecting: value)
        let isEmpty = mirror.children.isEmpty
        switch mirror.displayStyle {
        case .optional?:
            if let held = mirror.children.first?.value {
                collect(held, place)
            } else {
                isFilled[place] = isFilled[place] ?? false
            }
        case .collection?:
            isFilled[place] = isFilled[place] == true || !isEmpty
            for child in mirror.children { collect(child.value, place + "[]") }
        case .dictionary?:
            isFilled[place] = isFilled[place] == true || !isEmpty
        case .struct? where !(value is Phrase):
            isFilled[place] = true
            for child in mirror.children { collect(child.value, "\(place).\(child.label ?? "")") }
        default:
            isFilled[place] = true
        }
    }
}

/// The keys of JSON values, by place.
struct WrittenKeys {
    /// Everything that is written somewhere.
    var places: Set<String> = []
    /// Keys that are written in some objects of a place and not in others.
    var optional: Set<String> = []
    /// The keys that every object of a place has had so far.
    private var always: [String: Set<String>] = [:]

    mutating func collect(_ value: Any, _ place: String) {
        places.insert(place)
        if let members = value as? [String: Any] {
            let keys = Set(members.keys)
            let known = always[place]
            optional.formUnion((known ?? keys).symmetricDifference(keys).map { "\(place).\($0)" })
            always[place] = known?.intersection(keys) ?? keys
            for (name, member) in members { collect(member, "\(place).\(name)") }
        } else if let items = value as? [Any] {
            for item in items { collect(item, place + "[]") }
        }
    }
}

/// A report that leaves out whatever may be left out, of every kind of thing at one place at least.
enum LeastReport {
    static func report() -> AuditReport {
        var report = AuditReport(
            run: "least",
            verdict: .undetermined(.noTrainingLoss(validationRecords: 0)),
            history: HistoryReport(
                format: "x",
                trainPoints: 0,
                validationPoints: 0,
                nonFinitePoints: 0,
                segments: 1,
                events: [
                    LogEventReport(kind: "resumed", step: nil, line: 1, text: ""),
                    LogEventReport(LogEvent(kind: .traceback, step: nil, line: 1, text: "")),
                ]
            ),
            shards: [
                ShardReport(name: "a", status: .unproved, level: .none),
                ShardReport(
                    name: "b",
                    status: .missing,
                    level: .size,
                    defects: [DefectReport(kind: "undecodable", severity: .failure, bytes: 0..<1, detail: "")],
                    acceptance: Acceptance(reason: "", until: "2026-12-31")
                ),
            ],
            findings: findings,
            replays: replays,
            notChecked: [Omission(.log, ""), Omission(.logPart, subject: "a.log", "")],
            shardBoundaries: [ShardBoundary(step: 1, shard: "a")],
            checkpoints: [CheckpointReport(name: "", step: 1, weightNorms: [:])]
        )
        report.mixture = MixtureReport(
            grouping: .part,
            confidence: .interval,
            unit: .samples,
            windowSteps: 1,
            mappedSteps: 0,
            sources: [.init(name: "a", shards: 1, read: 0, share: 0)],
            windows: [.init(firstStep: 1, lastStep: 1, read: nil)],
            changes: [.init(step: 1, before: [1], after: [1])],
            repetitions: [.init(shard: "a", passes: 2)]
        )
        report.comparison = ComparisonReport(shards: [.init(name: "a", state: .new, before: nil, now: nil)])
        report.baseline = [BaselineOutcome(until: "2026-12-31", reason: "", state: .unused)]
        return report
    }

    private static var findings: [Finding] {
        let span = DataSpan(shard: 0, name: "a", rank: 0, microStep: 0, tokens: 0..<1, bytes: 0..<2, confidence: .exact)
        var finding = Finding(
            .shard(name: "b"),
            title: "",
            severity: .failure,
            symptoms: [Symptom(kind: .logGap, firstStep: 1, lastStep: 2, severity: .info, summary: "")],
            spans: [TracedSpan(step: nil, span: span)],
            hypotheses: [
                Hypothesis(
                    cause: .corruptShard,
                    confidence: 0.5,
                    clues: [1, -1].map { WeighedClue(clue: "", weight: $0, statement: "") }
                )
            ]
        )
        finding.acceptance = Acceptance(reason: "", until: "2026-12-31")
        return [finding]
    }

    /// Without experiments, with experiments of nothing, and with experiments that measured as little as they can.
    private static var replays: [ReplayReport] {
        let number = JSONNumber(1)
        var replay = ReplayReport(
            step: 1,
            checkpointStep: 0,
            checkpoint: "",
            precision: "fp32",
            loss: number,
            controls: ControlsReport(mean: nil, deviation: nil, count: 0, steps: []),
            layers: [],
            rows: [],
            conclusion: ""
        )
        var bare = replay
        bare.experiments = ExperimentsReport()
        replay.firstNonFinite = NonFiniteReport(layer: nil, operation: "", row: 0, position: 0, producer: true)
        var experiments = ExperimentsReport()
        experiments.emulations = [
            .init(
                precision: "fp16",
                loss: number,
                gradientNorm: nil,
                firstNonFinite: nil,
                pass: nil,
                headroom: number,
                tightest: ""
            ),
            .init(
                precision: "fp16",
                loss: number,
                gradientNorm: nil,
                firstNonFinite: replay.firstNonFinite,
                pass: nil,
                headroom: number,
                tightest: ""
            ),
        ]
        experiments.otherCheckpoint = .init(checkpoint: "", loss: number, controlMean: nil, zScore: nil)
        experiments.optimizer = .init(file: "", updates: nil, failure: nil)
        experiments.firstNonFiniteGradient = replay.firstNonFinite
        replay.experiments = experiments
        var plain = bare
        plain.experiments = nil
        return [plain, bare, replay]
    }
}

/// As much of JSON Schema 2020-12 as the published schema uses. Unknown keys are a problem here, although the schema
/// allows them: it is our own reports that are looked at, and every key of them has to be described.
struct JSONSchema {
    let root: [String: Any]

    /// What a schema describes, by place: definitions and items followed, maps not entered.
    struct Places {
        /// Every key and every item.
        var all: Set<String> = []
        /// Keys that may be absent.
        var optional: Set<String> = []
        /// Keys without a description.
        var silent: Set<String> = []
    }

    func places() -> Places {
        var result = Places()
        collect(root, "$", into: &result)
        return result
    }

    private func collect(_ schema: [String: Any], _ place: String, into result: inout Places) {
        var schema = schema
        if let reference = schema["$ref"] as? String {
            let name = reference.replacing("#/$defs/", with: "")
            schema = (root["$defs"] as? [String: Any])?[name] as? [String: Any] ?? [:]
        }
        result.all.insert(place)
        let required = schema["required"] as? [String] ?? []
        for (name, member) in schema["properties"] as? [String: [String: Any]] ?? [:] {
            let inside = "\(place).\(name)"
            if !required.contains(name) { result.optional.insert(inside) }
            if (member["description"] as? String ?? "").isEmpty { result.silent.insert(inside) }
            collect(member, inside, into: &result)
        }
        if let item = schema["items"] as? [String: Any] { collect(item, place + "[]", into: &result) }
    }

    func problems(_ value: Any, _ schema: [String: Any], _ place: String) -> [String] {
        if let reference = schema["$ref"] as? String {
            let name = reference.replacing("#/$defs/", with: "")
            guard let target = (root["$defs"] as? [String: Any])?[name] as? [String: Any] else {
                return ["\(place): no definition \(name)"]
            }
            return problems(value, target, place)
        }
        if let choices = schema["oneOf"] as? [[String: Any]] {
            let fits = choices.filter { problems(value, $0, place).isEmpty }.count
            return fits == 1 ? [] : ["\(place): fits \(fits) of the alternatives"]
        }
        if let constant = schema["const"] as? String {
            return value as? String == constant ? [] : ["\(place): is not \(constant)"]
        }
        if let allowed = schema["enum"] as? [String] {
            return (value as? String).map(allowed.contains) == true ? [] : ["\(place): is none of \(allowed)"]
        }
        switch schema["type"] as? String {
        case "object": return object(value, schema, place)
        case "array": return array(value, schema, place)
        case "string":
            guard let text = value as? String else { return ["\(place): is no string"] }
            guard let pattern = schema["pattern"] as? String else { return [] }
            let fits = (try? Regex(pattern)).map { text.contains($0) } ?? false
            return fits ? [] : ["\(place): does not match \(pattern)"]
        case "boolean": return isBoolean(value) ? [] : ["\(place): is no boolean"]
        case "integer":
            guard let number = value as? NSNumber, !isBoolean(value), number.doubleValue.rounded() == number.doubleValue
            else { return ["\(place): is no integer"] }
            return []
        case "number":
            guard let number = value as? NSNumber, !isBoolean(value) else { return ["\(place): is no number"] }
            if let low = schema["minimum"] as? Double, number.doubleValue < low { return ["\(place): below \(low)"] }
            if let high = schema["maximum"] as? Double, number.doubleValue > high { return ["\(place): above \(high)"] }
            return []
        default: return ["\(place): the schema says nothing"]
        }
    }

    private func object(_ value: Any, _ schema: [String: Any], _ place: String) -> [String] {
        guard let members = value as? [String: Any] else { return ["\(place): is no object"] }
        let described = schema["properties"] as? [String: [String: Any]] ?? [:]
        var result: [String] = []
        for name in schema["required"] as? [String] ?? [] where members[name] == nil {
            result.append("\(place).\(name): is missing")
        }
        for (name, member) in members.sorted(by: { $0.key < $1.key }) {
            if let description = described[name] ?? schema["additionalProperties"] as? [String: Any] {
                result += problems(member, description, "\(place).\(name)")
            } else {
                result.append("\(place).\(name): is not described in audit.schema.json; add it there")
            }
        }
        return result
    }

    private func array(_ value: Any, _ schema: [String: Any], _ place: String) -> [String] {
        guard let items = value as? [Any] else { return ["\(place): is no array"] }
        if let least = schema["minItems"] as? Int, items.count < least { return ["\(place): too short"] }
        if let most = schema["maxItems"] as? Int, items.count > most { return ["\(place): too long"] }
        guard let item = schema["items"] as? [String: Any] else { return [] }
        return items.enumerated().flatMap { problems($1, item, "\(place)[\($0)]") }
    }

    private func isBoolean(_ value: Any) -> Bool {
        // A JSON boolean is a number that knows its own type.
        guard let number = value as? NSNumber else { return false }
        return ["c", "B"].contains(String(cString: number.objCType))
    }
}
