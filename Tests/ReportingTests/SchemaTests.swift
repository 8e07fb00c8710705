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

    private func problems(_ document: AuditDocument) throws -> [String] {
        let text = try JSONOutput.encode(document)
        return try problems(JSONSerialization.jsonObject(with: Data(text.utf8)))
    }

    private func problems(_ value: Any) throws -> [String] {
        let schema = try Self.schema()
        return JSONSchema(root: schema).problems(value, schema, "$")
    }

    @Test func reportsFollowTheSchemaAndHoldNoKeyItDoesNotDescribe() throws {
        var full = Fixture.compared()
        full.checkpoints = MorePlotTests.everything().0.checkpoints
        Baseline(entries: [.init(subject: .shard("absent.bin"), until: "2026-12-31", reason: "x")])
            .apply(to: &full, today: "2026-12-31")
        full.findings[0].accepted = AcceptanceDocument(reason: "known", until: "2026-12-31")
        full.replays[0].loss = JSONNumber(.nan)
        full.replays[0].firstNonFinite = .init(layer: 1, operation: "x", row: 0, position: 0, producer: true)
        full.history?.events = [LogEventDocument(kind: "traceback", step: 3, line: 4, text: "")]
        full.history?.segmentSteps = [[1, 400]]
        full.history?.points = ["train": 400]
        for document in [full, Fixture.healthy()] { #expect(try problems(document) == []) }
    }

    @Test func everyFieldIsDescribedAndEveryDescribedKeyIsWritten() throws {
        let document = Fixture.everyField()
        #expect(try problems(document) == [])
        var stored = StoredProperties()
        stored.collect(document, "$")
        let empty = stored.isFilled.filter { !$0.value }.keys.sorted()
        #expect(empty == [], "set them in Fixture.everyField()")
        let schema = JSONSchema(root: try Self.schema())
        let text = try JSONOutput.encode(document)
        let written = JSONSchema.places(in: try JSONSerialization.jsonObject(with: Data(text.utf8)))
        let described = schema.places()
        #expect(described.all.subtracting(written).sorted() == [], "described and never written")
        // A key may be absent where its property is optional, and nowhere else.
        #expect(described.optional.subtracting(stored.optional).sorted() == [], "always written")
        #expect(stored.optional.subtracting(described.optional).sorted() == [], "not always written")
        #expect(try JSONOutput.decode(AuditDocument.self, from: Data(text.utf8)) == document)
    }

    @Test func everyPropertyHasADescription() throws {
        let schema = JSONSchema(root: try Self.schema())
        #expect(schema.places().silent.sorted() == [])
    }

    @Test func theSchemaListsTheValuesThatAreWritten() throws {
        let spike = Symptom(kind: .lossSpike, firstStep: 1, lastStep: 1, severity: .warning, summary: "")
        let verdicts = [Diagnosis.verdict([]), Diagnosis.verdict([Event(symptoms: [spike])])]
        let scopes: [LossScope] = [.step, .microBatch, .interval, .movingAverage, .unknown]
        let events: [LogEvent.Kind] = [.traceback, .skippedUpdate, .resumed, .checkpoint, .hiddenNonFinite]
        let lists: [(place: String, values: [String])] = [
            ("properties/verdict", verdicts),
            ("$defs/severity", Severity.allCases.map(\.rawValue)),
            ("$defs/history/properties/lossScope", scopes.map(\.rawValue)),
            ("$defs/history/properties/events/items/properties/kind", events.map(\.rawValue)),
            ("$defs/shardStatus", Wording.shardStates),
            // As in EvidenceLevel, ShardDefect, MappingConfidence, ShardUnit, Precision and WeightProblem.
            ("$defs/shard/properties/level", ["none", "size", "structure", "decode", "digest"]),
            (
                "$defs/contentFinding/properties/kind",
                [
                    "undecodable", "invalid-text", "outside-vocabulary", "zero-run", "token-run", "odd-byte-shift",
                    "repeated-block", "duplicate-shard", "missing-delimiters", "entropy-outlier",
                ]
            ),
            ("$defs/contentFinding/properties/severity", ["warning", "failure"]),
            ("$defs/span/properties/confidence", ["exact", "interval", "unknown"]),
            ("$defs/span/properties/unit", ["documents", "samples"]),
            ("$defs/precision", ["fp32", "bf16", "fp16"]),
            (
                "$defs/experiments/properties/weights/items/properties/problem",
                [
                    "non-finite", "all-zero", "absurd-norm", "changed-norm", "negative-moment", "impossible-moment",
                    "outlying-moment", "step-mismatch",
                ]
            ),
            ("$defs/experiments/properties/emulations/items/properties/pass", ["forward", "backward"]),
            ("$defs/change", ["new", "still-there", "gone"]),
            ("properties/baseline/items/properties/state", ["accepts", "expired", "unused"]),
        ]
        for (place, values) in lists {
            #expect(try listed(place).sorted() == values.sorted(), "\(place)")
        }
    }

    @Test func damageIsAStatusOfTheSchema() throws {
        let damaged = try listed("$defs/shardStatus").filter(ShardDocument.isDamaged)
        #expect(damaged.sorted() == ["long", "malformed", "mismatch", "missing", "short", "unreadable"])
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
        let text = try JSONOutput.encode(Fixture.healthy())
        let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        for (key, value) in [
            ("verdict", "fine"), ("shards", "none"), ("schema", "trainaudit.audit/2"), ("surprise", 1),
            ("assumptions", [1]), ("shardBoundaries", [["step": 1.5, "shard": "a"]]),
            ("shardBoundaries", [["step": 1]]),
        ] as [(String, Any)] {
            var broken = object
            broken[key] = value
            #expect(try problems(broken).count == 1, "\(key)")
        }
    }
}

/// The stored properties of a document and of all that it holds, by place.
struct StoredProperties {
    /// Whether it holds anything, at one place at least.
    var isFilled: [String: Bool] = [:]
    /// Those that may be absent.
    var optional: Set<String> = []

    mutating func collect(_ value: Any, _ place: String) {
        let mirror = Mirror(reflecting: value)
        let isEmpty = mirror.children.isEmpty
        switch mirror.displayStyle {
        case .optional?:
            optional.insert(place)
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
        case .struct?:
            isFilled[place] = true
            for child in mirror.children { collect(child.value, "\(place).\(child.label ?? "")") }
        default:
            isFilled[place] = true
        }
    }
}

/// As much of JSON Schema 2020-12 as the published schema uses. Unknown keys are a problem here, although the schema
/// allows them: it is our own documents that are looked at, and every key of them has to be described.
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

    /// The places that a document fills.
    static func places(in value: Any, _ place: String = "$") -> Set<String> {
        var result: Set<String> = [place]
        if let members = value as? [String: Any] {
            for (name, member) in members { result.formUnion(places(in: member, "\(place).\(name)")) }
        } else if let items = value as? [Any] {
            for item in items { result.formUnion(places(in: item, place + "[]")) }
        }
        return result
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
