import Diagnosis
import Foundation
import Terms
import TrainingLogs

/// A run of the incident corpus, read just well enough to test the rules on real curves.
struct CorpusRun {
    var name: String
    var history: TrainingHistory
    var configuration: TrainingConfiguration
    var symptom: String
    var cause: String
    var category: String
    var onset: Int?
    var culprits: [Culprit] = []

    struct Culprit {
        var shard: String
        var steps: [Int]
        var firstStep: Int
        var lastStep: Int
        var bytes: Range<Int>
    }

    /// The folder with the runs, two levels above the package's Tests; absent on most machines.
    static var folder: URL {
        URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appending(path: "shared/corpus")
    }

    static var isPresent: Bool { FileManager.default.fileExists(atPath: folder.appending(path: "runs").path) }

    static func all(in folder: URL = folder) -> [CorpusRun] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.appending(path: "runs").path)) ?? []
        return names.sorted().compactMap { CorpusRun(named: $0, in: folder) }
    }

    init?(named name: String, in folder: URL = folder) {
        let directory = folder.appending(path: "runs").appending(path: name)
        guard let log = try? Data(contentsOf: directory.appending(path: "log.txt")),
            let truth = Self.object(directory.appending(path: "truth.json")),
            let config = Self.object(directory.appending(path: "config.json"))
        else { return nil }
        self.name = name
        symptom = truth["symptom"] as? String ?? ""
        cause = truth["cause"] as? String ?? ""
        category = truth["cause_category"] as? String ?? ""
        onset = truth["onset_log_step"] as? Int
        history = PlainLog.read(String(decoding: log, as: UTF8.self))
        configuration = Self.configuration(config)
        for item in truth["culprits"] as? [[String: Any]] ?? [] {
            let first = item["first_affected_log_step"] as? Int ?? 0
            let last = item["last_affected_log_step"] as? Int ?? first
            let start = item["byte_start"] as? Int ?? 0
            culprits.append(
                Culprit(
                    shard: item["shard"] as? String ?? "",
                    steps: (item["affected_log_steps"] as? [Any])?.compactMap { $0 as? Int } ?? [],
                    firstStep: first,
                    lastStep: last,
                    bytes: start..<max(start, item["byte_end"] as? Int ?? start)
                )
            )
        }
    }

    private static func object(_ url: URL) -> [String: Any]? {
        guard let data = try? Data(contentsOf: url) else { return nil }
        return try? JSONSerialization.jsonObject(with: data) as? [String: Any]
    }

    private static func configuration(_ config: [String: Any]) -> TrainingConfiguration {
        var result = TrainingConfiguration()
        let model = config["model"] as? [String: Any] ?? [:]
        let batch = config["batch"] as? [String: Any] ?? [:]
        let schedule = config["lr_schedule_as_configured"] as? [String: Any] ?? [:]
        let optimizer = config["optimizer"] as? [String: Any] ?? [:]
        result.steps = config["num_updates"] as? Int
        let precisions: [String: TrainingConfiguration.Precision] = [
            "float32": .fp32, "float16": .fp16, "bfloat16": .bf16,
        ]
        result.precision = (config["dtype"] as? String)?.split(separator: " ").first.flatMap { precisions[String($0)] }
        result.optimizer = optimizer["kind"] as? String
        result.gradientClip = optimizer["grad_clip"] as? Double
        result.weightDecay = optimizer["weight_decay"] as? Double
        result.peakLearningRate = schedule["max_lr"] as? Double
        result.floorLearningRate = schedule["min_lr"] as? Double
        result.warmupSteps = schedule["warmup"] as? Int
        let kinds: [String: TrainingConfiguration.Schedule] = [
            "warmup_cosine": .warmupCosine, "constant": .constant, "wsd": .warmupStableDecay,
        ]
        result.schedule = (schedule["kind"] as? String).flatMap { kinds[$0] }
        result.vocabulary = model["vocab_size"] as? Int
        result.layers = model["n_layer"] as? Int
        result.tokensPerStep = batch["tokens_per_update"] as? Int
        return result
    }
}

/// A reader of the plainest step lines; the real ones live in `TrainingLogs`.
enum PlainLog {
    static func read(_ text: String) -> TrainingHistory {
        var history = TrainingHistory(format: "plain", stepBase: 0, lossScope: .step)
        var pending: [Double] = []
        var number = 0
        for line in text.split(whereSeparator: \.isNewline) {
            number += 1
            let words = line.split(whereSeparator: { " |,:/".contains($0) }).map(String.init)
            func value(after key: String) -> Double? {
                guard let index = words.firstIndex(of: key), index + 1 < words.count else { return nil }
                return Double(words[index + 1])
            }
            if line.hasPrefix("Traceback") {
                let step = history.train.steps.last
                history.events.append(LogEvent(kind: .traceback, step: step, line: number, text: String(line)))
            }
            if line.contains("decayed parameter tensors"), let index = words.firstIndex(of: "with") {
                let count = words[(index + 1)...].prefix { Int($0) != nil }.joined()
                history.hyperparameters.parameters = (history.hyperparameters.parameters ?? 0) + (Int(count) ?? 0)
            }
            if line.hasPrefix("DataLoader: total number of tokens"), history.hyperparameters.trainTokens == nil {
                let digits = words.drop { Int($0) == nil }.prefix { Int($0) != nil }.joined()
                history.hyperparameters.trainTokens = Int(digits)
            }
            if words.first == "val" || words.first == "validation", let loss = words.last.flatMap(Double.init) {
                pending.append(loss)
                continue
            }
            if words.first == "Step", words.contains("bpb"), let bits = words.last.flatMap(Double.init) {
                history.validationUnit = .bitsPerByte
                if let step = Int(words[1]) { history.validation.append(step: step, value: bits) }
                continue
            }
            if words.first == "step" || words.first == "iter", words.count > 3, let step = Int(words[1]) {
                if words.contains("val"), let loss = words.last.flatMap(Double.init) {
                    history.validation.append(step: step, value: loss)
                    continue
                }
                guard let loss = value(after: "loss") ?? value(after: "train_loss") else { continue }
                if line.hasPrefix("step    1/") { history.stepBase = 1 }
                if line.contains("lrm:") {
                    history.lossScope = .movingAverage
                    history.learningRateIsMultiplier = true
                }
                if words[0] == "iter" { history.lossScope = .microBatch }
                for loss in pending { history.validation.append(step: step, value: loss) }
                pending = []
                history.train.append(step: step, value: loss)
                if let rate = value(after: "lr") ?? value(after: "lrm") {
                    history.learningRate.append(step: step, value: rate)
                }
                if let norm = value(after: "norm") { history.gradientNorm.append(step: step, value: norm) }
                if line.contains("/"), words.count > 2, history.hyperparameters.totalSteps == nil {
                    history.hyperparameters.totalSteps = Int(words[2])
                }
            }
            if words.count == 3, words[1] == "train", let step = Int(words[0]), let loss = Double(words[2]) {
                history.train.append(step: step, value: loss)
            }
            if words.first == "s", words.count >= 4, words[2] == "trl", let step = Int(words[1]) {
                if let loss = Double(words[3]) { history.train.append(step: step, value: loss) }
                if let norm = value(after: "norm") { history.gradientNorm.append(step: step, value: norm) }
            }
        }
        if let last = history.train.steps.last {
            for loss in pending { history.validation.append(step: last, value: loss) }
        }
        return history
    }
}
