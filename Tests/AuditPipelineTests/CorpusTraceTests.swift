import AuditPipeline
import DataOrder
import Diagnosis
import Foundation
import Reporting
import Shards
import Terms
import Testing
import TrainingLogs

/// Every real run is traced as its own record of what each step read says; skipped where the folder is absent.
@Suite(.enabled(if: Corpus.isPresent, "needs ../shared/corpus")) struct CorpusTraceTests {
    private final class Keep {
        var folders: [Scratch] = []
    }

    /// A run of the corpus, laid out in one folder.
    private struct Run {
        var name: String
        var config: [String: Any]
        var batches: [[String]]
        /// Folders that a loader still reads while it is asked.
        let keep = Keep()
        var folder: String { Corpus.path + "/runs/" + name }

        init(_ name: String) throws {
            self.name = name
            func object(_ file: String) throws -> [String: Any] {
                let data = try Data(contentsOf: URL(fileURLWithPath: Corpus.path + "/runs/\(name)/\(file)"))
                return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
            }
            config = try object("config.json")
            let text = try String(contentsOfFile: Corpus.path + "/runs/\(name)/truth_batches.csv", encoding: .utf8)
            batches = text.split(separator: "\n").dropFirst().map { $0.split(separator: ",").map(String.init) }
        }

        func culprits() throws -> [[String: Any]]? {
            let data = try Data(contentsOf: URL(fileURLWithPath: folder + "/truth.json"))
            let truth = try JSONSerialization.jsonObject(with: data) as? [String: Any]
            return truth?["culprits"] as? [[String: Any]]
        }

        func files(_ key: String) -> [String] {
            ((config["data"] as? [String: Any])?[key] as? [String] ?? []).map { folder + "/" + $0 }
        }

        /// What the run's owner knows: shards, log, and what the log does not print.
        func configuration(_ extra: String = "") throws -> AuditConfiguration {
            let scratch = try Scratch()
            keep.folders.append(scratch)
            try FileManager.default.createDirectory(atPath: scratch.path + "/data", withIntermediateDirectories: true)
            for file in files("train_files_in_load_order") + files("val_files") {
                let name = URL(fileURLWithPath: file).lastPathComponent
                try FileManager.default.copyItem(atPath: file, toPath: scratch.path + "/data/" + name)
            }
            try FileManager.default.copyItem(atPath: folder + "/log.txt", toPath: scratch.path + "/log.txt")
            let batch = config["batch"] as? [String: Any] ?? [:]
            let keys = [
                "batch": "micro_batch", "sequence": "seq_len", "accumulation": "grad_accum", "worldSize": "world_size",
            ]
            let known = keys.sorted { $0.key < $1.key }.compactMap { key, name in batch[name].map { "\(key): \($0)" } }
            let order = (known + [extra]).filter { !$0.isEmpty }.joined(separator: ", ")
            try scratch.write(
                "audit.yaml",
                """
                run: \(name)
                logs: [log.txt]
                shards: {directory: data}
                order: {\(order)}
                """
            )
            return try ConfigurationReader.read(path: scratch.path + "/audit.yaml")
        }

        /// The map as the loader's arithmetic alone gives it.
        func map(_ extra: String = "") async throws -> MappingOutcome {
            let configuration = try configuration(extra)
            let inventory = try await VerifyStage.run(
                configuration,
                level: .structure,
                workers: 2,
                progress: SilentProgress()
            )
            let history = try LogReader.read(paths: [folder + "/log.txt"])
            return LoaderMapping.run(configuration, inventory: inventory, history: history)
        }

        /// The run as `audit`, `trace` and `replay` load it.
        func load(_ extra: String = "") async throws -> LoadedRun {
            try await LoadedRun.load(configuration(extra), level: .structure, workers: 2, progress: SilentProgress())
        }
    }

    /// Token shards: every micro-batch of every step, to the token. The loader is inferred from the log.
    @Test(arguments: [
        "d01", "d02", "d03", "d06", "d07", "d08", "d09", "d10", "d11", "d22", "d24", "d25", "d30", "d31", "d33", "d35",
    ])
    func everyStepReadsWhatTheRunRecorded(name: String) async throws {
        let run = try Run(name)
        let outcome = try await run.map()
        let map = try #require(outcome.map, "\(outcome.reason ?? "")")
        // That the repeated batch of d22 is the first is the trainer's default, which the log does not confirm.
        let isGuessed = name == "d22"
        var wrong = 0
        for row in run.batches {
            guard let step = Int(row[0]), let micro = Int(row[1]), let rank = Int(row[2]), let first = Int(row[4]),
                let end = Int(row[5]), map.update(ofStep: step) < map.updates
            else { continue }
            let batches = try map.microBatches(step: step)
            let batch = try #require(batches.first { $0.microStep == micro && $0.rank == rank })
            if batch.spans.map(\.name) != [row[3]] || batch.spans[0].tokens != first..<end { wrong += 1 }
            if (batch.confidence == .unknown) != (isGuessed && step > map.stepBase) { wrong += 1 }
        }
        #expect(wrong == 0)
        #expect(!outcome.assumptions.isEmpty)
    }

    /// nanoGPT: every random window, across a resume that seeds the generator anew.
    @Test(arguments: [("d23", 123), ("d32", 132)])
    func randomWindowsAreDrawnAgain(name: String, seed: Int) async throws {
        let run = try Run(name)
        let outcome = try await run.map("seed: \(seed)")
        let map = try #require(outcome.map, "\(outcome.reason ?? "")")
        // What a later process printed again holds; of d32, the process before it printed one step more than it trained.
        let segments = try LogReader.read(paths: [run.folder + "/log.txt"]).segments
        var last: [Int: String] = [:]
        var process = 0
        for (index, row) in run.batches.enumerated() {
            guard let update = Int(row[0]) else { continue }
            if index > 0, let before = Int(run.batches[index - 1][0]), update <= before { process += 1 }
            if segments[process].steps.contains(update) { last[update] = row[4] }
        }
        var compared = 0
        for (update, text) in last.sorted(by: { $0.key < $1.key }) {
            let offsets = text.split(separator: " ").compactMap { Int($0) }
            #expect(try map.loader.spans(update: update).map(\.tokens.lowerBound) == offsets, "\(name) \(update)")
            compared += 1
        }
        #expect(compared >= 150)
    }

    /// The log of d26 shows one batch fed for a hundred steps: from there on the arithmetic is not believed, and says why.
    @Test func aRepeatedBatchIsNotBelieved() async throws {
        let run = try Run("d26")
        let loaded = try await run.load()
        let map = try loaded.requiredMap(configurationPath: "audit.yaml").map
        let doubt = try #require(map.doubt)
        for row in run.batches {
            guard let step = Int(row[0]), let first = Int(row[4]) else { continue }
            let batch = try #require(try map.microBatches(step: step).first)
            if batch.confidence == .exact {
                #expect(batch.spans.first?.name == row[3] && batch.spans.first?.tokens.lowerBound == first)
            } else {
                #expect(batch.confidence == .unknown && batch.spans.first?.reason == doubt.reason)
            }
        }
        #expect(try map.microBatches(step: 400).first?.confidence == .exact)
        #expect(try map.microBatches(step: 430).first?.confidence == .unknown)
        #expect(try map.microBatches(step: 600).first?.confidence == .unknown)
        // The inverse is no surer: it says so, and no list of steps to skip is made of it.
        let stage = StepTracer(loaded, map: map)
        let document = try stage.trace(shard: "mobyspeare_train_000005.bin", tokens: nil)
        #expect(document.notes.first?.contains(doubt.reason) == true)
        let steps = document.steps ?? []
        #expect(throws: AuditError.self) { try SkipList.megatron.text(steps: steps, map: map, areTraced: true) }
        // The audit traces its events by the same map.
        let spans = try await loaded.configuration.audited().report.findings.flatMap(\.spans)
        #expect(spans.contains { $0.span.confidence == .exact } && spans.contains { $0.span.confidence == .unknown })
        for traced in spans {
            let step = try #require(traced.step)
            #expect(traced.span.confidence == (step < doubt.step ? .exact : .unknown), "step \(step)")
            #expect(try stage.trace(steps: step..<step + 1).spans.contains(traced), "step \(step)")
        }
    }

    /// A healthy run raises no such doubt.
    @Test(arguments: ["d01", "d23", "d33"]) func aHealthyRunIsBelieved(name: String) async throws {
        let loaded = try await Run(name).load(name == "d23" ? "seed: 123" : "")
        let map = try #require(loaded.order.map, "\(loaded.order.reason ?? "")")
        #expect(map.doubt == nil)
    }

    /// Every damaged shard is traced to steps, and every step that read the damage to a range that overlaps it.
    @Test(arguments: ["d06", "d07", "d08", "d09", "d10", "d11", "d30", "d35", "d36"])
    func culpritsAreTraced(name: String) async throws {
        let run = try Run(name)
        let outcome = try await run.map(name == "d36" ? "batch: 8, sequence: 192" : "")
        let map = try #require(outcome.map, "\(outcome.reason ?? "")")
        for culprit in try #require(try run.culprits()) {
            let shard = try #require(culprit["shard"] as? String)
            let rows = culprit["rows"] as? [Int]
            let first = try #require(rows?[0] ?? culprit["token_start"] as? Int)
            let end = try #require(rows?[1] ?? culprit["token_end"] as? Int)
            let steps = try map.steps(reading: first..<end, ofShard: shard)
            let begin = try #require(culprit["first_affected_log_step"] as? Int)
            #expect(steps.contains { $0.contains(begin) }, "\(steps)")
            let spans = try map.microBatches(step: begin).flatMap(\.spans)
            #expect(spans.contains { $0.name == shard && $0.tokens.overlaps(first..<end) })
        }
    }

    /// nanochat replayed with the tokenizer: the reader stands where the log says on every line, and the documents of the
    /// damaged row groups are in the steps that the record names.
    @Test func packingIsReplayedExactly() async throws {
        let run = try Run("d36")
        let tokenizer = Corpus.path + "/shards/tokenizers/bpe512.json"
        let outcome = try await run.map(
            "batch: 8, sequence: 192, tokenizer: \(tokenizer), bufferDocuments: 64, tokenizerBatch: 64"
        )
        let map = try #require(outcome.map, "\(outcome.reason ?? "")")
        #expect(outcome.assumptions.contains { $0.contains("on all") })
        // The reader is compared on every line as the replay comes by; one that is elsewhere throws.
        let culprit = try #require(try run.culprits()?.first)
        let fractions = try #require(culprit["corrupt_fraction_per_log_step"] as? [String: Double])
        for step in 100..<300 {
            let batches = try map.microBatches(step: step)
            let spans = batches.flatMap(\.spans)
            #expect(spans.allSatisfy { $0.confidence == .exact && $0.unit == .documents })
            #expect(spans.reduce(0) { $0 + ($1.documentTokens?.count ?? 0) } == 8 * 193)
            let damaged = spans.filter {
                $0.name == "shard_00001.parquet" && (512..<768).contains($0.tokens.lowerBound)
            }
            let share = Double(damaged.reduce(0) { $0 + ($1.documentTokens?.count ?? 0) }) / Double(8 * 193)
            // The record counts rows whose beginning is damaged.
            #expect(abs(share - (fractions["\(step)"] ?? 0)) < 0.2, "step \(step): \(share)")
        }
    }

    /// A tokenizer that is not the run's is found out, and not believed.
    @Test func anotherBufferIsRefused() async throws {
        let run = try Run("d36")
        let tokenizer = Corpus.path + "/shards/tokenizers/bpe512.json"
        let outcome = try await run.map("batch: 8, sequence: 192, tokenizer: \(tokenizer), bufferDocuments: 640")
        #expect(outcome.map == nil)
        #expect(outcome.reason?.contains("order.bufferDocuments") == true)
    }
}
