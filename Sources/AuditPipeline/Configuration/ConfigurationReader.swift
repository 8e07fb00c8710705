import Diagnosis
import Foundation
import Replay
import Shards
import Yams

/// Reads `audit.yaml`. Unknown keys, wrong types and impossible values are errors that name file, line and key.
public enum ConfigurationReader {
    /// Reads a configuration file.
    public static func read(path: String) throws(ConfigurationError) -> AuditConfiguration {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ConfigurationError(
                path: path,
                found: "the file is missing or not readable",
                expected: "an audit configuration; `trainaudit audit --help` shows one"
            )
        }
        guard data.count <= 1 << 20 else {
            throw ConfigurationError(path: path, found: "\(data.count) bytes", expected: "at most 1 MiB")
        }
        // As it was typed, so that messages and reports do not depend on where the folder stands.
        let folder = path.lastIndex(of: "/").map { path[...$0] == "/" ? "/" : String(path[..<$0]) } ?? ""
        return try parse(text: String(decoding: data, as: UTF8.self), path: path, base: folder)
    }

    /// Reads a configuration from text.
    public static func parse(text: String, path: String, base: String) throws(ConfigurationError) -> AuditConfiguration
    {
        let root = YAMLSection(path: path, key: nil, node: try compose(text, path: path))
        try root.allow(["run", "logs", "trainer", "runs", "shards", "order", "model", "training", "report"])
        var configuration = AuditConfiguration(
            run: try root.required("run", root.string("run")),
            logs: try root.strings("logs") ?? [],
            base: base
        )
        try checkRun(configuration.run, in: root)
        configuration.trainer = try root.string("trainer")
        configuration.chosenRun = try root.integer("runs", 1...1 << 20)
        if let section = try root.section("shards") { configuration.shards = try shards(section) }
        if let section = try root.section("order") { configuration.order = try .init(section) }
        if let section = try root.section("model") { configuration.model = try model(section) }
        if let section = try root.section("training") { configuration.training = try training(section) }
        if let section = try root.section("report") { configuration.report = try report(section) }
        if configuration.logs.isEmpty, configuration.shards.manifest == nil, configuration.shards.directory == nil {
            throw ConfigurationError(
                path: path,
                found: "neither logs nor shards",
                expected: "`logs:` with at least one file, or `shards:` with a manifest or a directory"
            )
        }
        configuration.training.vocabulary = configuration.model.vocabulary
        return configuration
    }

    static func compose(_ text: String, path: String) throws(ConfigurationError) -> Node {
        do {
            guard let node = try Yams.compose(yaml: text) else {
                throw ConfigurationError(path: path, found: "the file is empty", expected: "`run:`, `logs:`, `shards:`")
            }
            return node
        } catch let error as ConfigurationError {
            throw error
        } catch YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
            YamlError.composer(_, let problem, let mark, _)
        {
            throw ConfigurationError(path: path, line: mark.line, found: problem, expected: "YAML")
        } catch YamlError.duplicatedKeysInMapping(let keys, _) {
            throw ConfigurationError(
                path: path,
                key: keys.map(\.description).sorted().joined(separator: ", "),
                found: "the key stands twice",
                expected: "each key once"
            )
        } catch {
            throw ConfigurationError(path: path, found: "it cannot be parsed", expected: "YAML")
        }
    }

    /// The run's name becomes a folder.
    private static func checkRun(_ run: String, in root: YAMLSection) throws(ConfigurationError) {
        let allowed = run.unicodeScalars.allSatisfy { $0.value >= 32 && $0 != "/" && $0 != "\\" && $0.value != 127 }
        guard allowed, !run.isEmpty, run.count <= 120, !run.hasPrefix(".") else {
            throw root.error(
                "run",
                found: "the name cannot be a folder",
                expected: "1 to 120 characters without / or \\"
            )
        }
    }

    private static func shards(_ section: YAMLSection) throws(ConfigurationError) -> AuditConfiguration.ShardsSection {
        try section.allow(["manifest", "directory", "source", "ledger", "maxAge"])
        var result = AuditConfiguration.ShardsSection()
        result.manifest = try section.string("manifest")
        result.directory = try section.string("directory")
        result.source = try section.string("source")
        result.ledger = try section.string("ledger")
        if let text = try section.string("maxAge") {
            guard let seconds = ShardAge.seconds(text) else {
                throw section.error("maxAge", found: "\"\(text)\"", expected: "a time span as 12h, 7d or 2w, or 0")
            }
            guard result.ledger != nil else {
                throw section.error("maxAge", found: "no `ledger:` beside it", expected: "the ledger that keeps proofs")
            }
            result.maximumAge = seconds
        }
        return result
    }

    private static func model(_ section: YAMLSection) throws(ConfigurationError) -> AuditConfiguration.ModelSection {
        try section.allow([
            "checkpoints", "architecture", "heads", "vocabulary", "activation", "version", "softcap", "queryKeyGain",
            "ropeBase", "shortWindow", "normEpsilon", "ignore",
        ])
        var result = AuditConfiguration.ModelSection()
        result.checkpoints = try section.string("checkpoints")
        let architectures = ModelArchitecture.all.map(\.id)
        result.architecture = try section.choice("architecture", architectures).flatMap(ModelArchitecture.named)
        result.heads = try section.integer("heads", 1...1 << 16)
        result.vocabulary = try section.integer("vocabulary", 1...1 << 30)
        let activations = Activation.allCases.map(\.rawValue)
        result.activation = try section.choice("activation", activations).flatMap(Activation.init)
        result.version = try section.string("version")
        result.softcap = try section.number("softcap")
        result.queryKeyGain = try section.number("queryKeyGain")
        result.ropeBase = try section.number("ropeBase")
        result.normEpsilon = try section.number("normEpsilon")
        result.ignore = try section.strings("ignore") ?? []
        result.shortWindow = try section.integer("shortWindow", 1...1 << 30)
        return result
    }

    private static func training(_ section: YAMLSection) throws(ConfigurationError) -> TrainingConfiguration {
        try section.allow([
            "steps", "precision", "optimizer", "gradientClip", "weightDecay", "schedule", "peakLearningRate",
            "floorLearningRate", "warmupSteps",
        ])
        var result = TrainingConfiguration()
        result.steps = try section.integer("steps", 1...1_000_000_000)
        let precisions = TrainingConfiguration.Precision.allCases.map(\.rawValue)
        result.precision = try section.choice("precision", precisions).flatMap(TrainingConfiguration.Precision.init)
        result.optimizer = try section.string("optimizer")?.lowercased()
        result.gradientClip = try section.number("gradientClip")
        result.weightDecay = try section.number("weightDecay")
        let schedules = TrainingConfiguration.Schedule.allCases.map(\.rawValue)
        result.schedule = try section.choice("schedule", schedules).flatMap(TrainingConfiguration.Schedule.init)
        result.peakLearningRate = try section.number("peakLearningRate")
        result.floorLearningRate = try section.number("floorLearningRate")
        result.warmupSteps = try section.integer("warmupSteps", 0...1_000_000_000)
        return result
    }

    private static func report(_ section: YAMLSection) throws(ConfigurationError) -> AuditConfiguration.ReportSection {
        try section.allow(["directory", "guide"])
        var result = AuditConfiguration.ReportSection()
        result.directory = try section.string("directory")
        if let guide = try section.string("guide") {
            guard guide.hasPrefix("https://") || guide.hasPrefix("http://") else {
                throw section.error("guide", found: "\"\(guide)\"", expected: "an https:// address")
            }
            result.guide = guide
        }
        return result
    }
}
