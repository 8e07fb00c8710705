import AuditPipeline
import DataOrder
import Diagnosis
import Foundation
import Reporting
import Shards
import Terms
import Testing
import TrainingLogs

@Suite struct LoaderMappingTests {
    /// Shards of llm.c's form whose tokens are numbered through.
    private func scratch(_ sizes: [Int], order: String, log: String = "") throws -> Scratch {
        let scratch = try Scratch()
        try scratch.writeNumberedShards(sizes)
        if !log.isEmpty { try scratch.write("log.txt", log) }
        try scratch.write(
            "audit.yaml",
            """
            run: order
            \(log.isEmpty ? "" : "logs: [log.txt]")
            shards: {directory: data}
            order: {\(order)}
            """
        )
        return scratch
    }

    private func outcome(_ scratch: Scratch) async throws -> MappingOutcome {
        let configuration = try ConfigurationReader.read(path: scratch.path + "/audit.yaml")
        let inventory = try await VerifyStage.run(
            configuration,
            level: .structure,
            workers: 1,
            progress: SilentProgress()
        )
        let history = configuration.logs.isEmpty ? nil : try LogReader.read(paths: [scratch.path + "/log.txt"])
        return LoaderMapping.run(configuration, inventory: inventory, history: history)
    }

    private static let batch = "batch: 2, sequence: 16, accumulation: 2, worldSize: 3"

    /// State files that llm.c's own code wrote before update 27 go on as the run went on.
    @Test func llmcStatesAreRead() async throws {
        let scratch = try scratch(
            [1000, 777, 512, 1301, 903],
            order: "loader: llm.c-shuffled, state: states, \(Self.batch)"
        )
        let fixture = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Fixtures/llmc-states.json")
        let states = try JSONDecoder().decode([String].self, from: Data(contentsOf: fixture))
        try scratch.write("states/note", "")
        for (rank, text) in states.enumerated() {
            let data = try #require(Data(base64Encoded: text))
            try data.write(to: URL(fileURLWithPath: scratch.path + "/states/state_00000027_0000\(rank).bin"))
        }
        var configuration = try ConfigurationReader.read(path: scratch.path + "/audit.yaml")
        configuration.training.steps = 80
        let inventory = try await VerifyStage.run(configuration, workers: 1, progress: SilentProgress())
        let read = LoaderMapping.run(configuration, inventory: inventory, history: nil)
        let loader = try #require(read.map, "\(read.reason ?? "")").loader
        let drawn = try LlmcShuffledLoader(shards: loader.shards, geometry: loader.geometry, horizon: 80)
        for update in 0..<80 { #expect(try loader.spans(update: update) == drawn.spans(update: update)) }
        // A state of one rank too few is named.
        try FileManager.default.removeItem(atPath: scratch.path + "/states/state_00000027_00002.bin")
        let missing = LoaderMapping.run(configuration, inventory: inventory, history: nil)
        #expect(missing.map == nil && missing.reason?.contains("order.state") == true)
    }

    @Test func theVariantOfModdedNanoGPTIsReadOffItsPrintedSource() async throws {
        let log = """
            import torch
            class BOSFinder:
            step:0/20 val_loss:10.8 train_time:0ms step_avg:nanms
            step:1/20 train_time:100ms step_avg:100.00ms
            """
        let order = "loader: modded-nanogpt, documentToken: 0, longestDocument: 64, \(Self.batch)"
        let found = try await outcome(scratch([1000, 777], order: order, log: log))
        #expect(found.assumptions.contains { $0.contains("order.variant: bos") })
        let bare = try await outcome(scratch([1000, 777], order: "loader: modded-nanogpt, \(Self.batch)"))
        #expect(bare.map == nil && bare.reason?.contains("order.variant") == true)
    }

    /// The length to which documents are cut may change with the stages of the batch.
    @Test func documentsAreCutStageByStage() async throws {
        let order =
            "loader: modded-nanogpt, variant: bos, documentToken: 0, batch: 1, sequence: 64, "
            + "ramp: [{step: 0, longestDocument: 20}, {step: 2, longestDocument: 64}]"
        let scratch = try scratch([2000], order: order)
        // A document every 50 tokens.
        let path = scratch.path + "/data/x_train_000001.bin"
        var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        for token in 0..<2000 { bytes[1024 + 2 * token] = token.isMultiple(of: 50) ? 0 : 1 }
        for token in 0..<2000 { bytes[1025 + 2 * token] = 0 }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        var configuration = try ConfigurationReader.read(path: scratch.path + "/audit.yaml")
        configuration.training.steps = 5
        let inventory = try await VerifyStage.run(configuration, workers: 1, progress: SilentProgress())
        let outcome = LoaderMapping.run(configuration, inventory: inventory, history: nil)
        let map = try #require(outcome.map, "\(outcome.reason ?? "")")
        #expect(try map.microBatches(step: 0).flatMap(\.spans).map(\.tokens.count) == [20, 20, 20, 5])
        #expect(try map.microBatches(step: 2).flatMap(\.spans).map(\.tokens.count) == [50, 15])
    }

    @Test(arguments: [
        ("loader: olmo", "order.seed"), ("loader: mosaicml", "index.json"), ("loader: megatron", "order.blend"),
        ("loader: nanogpt", "shards"), ("loader: nanochat", "shards"), ("loader: llm.c, variant: bos", "order.variant"),
        ("loader: llm.c, ramp: [{step: 5, batch: 4}]", "order.ramp"),
        ("loader: llm.c-shuffled, state: none", "order.state"),
    ]) func whatIsMissingIsNamed(order: String, key: String) async throws {
        let result = try await outcome(scratch([1000, 777], order: order + ", " + Self.batch))
        #expect(result.map == nil)
        #expect(result.reason?.contains(key) == true, "\(result.reason ?? "")")
    }

    @Test func anUnknownLoaderOfPlainShardsIsAskedFor() async throws {
        let result = try await outcome(scratch([1000], order: Self.batch))
        #expect(result.map == nil && result.reason?.contains("order.loader") == true)
    }

    /// llm.c's Python trainer saves no position: after a resume the data begin again, and the note says what else could be.
    @Test func aResumedRunIsMappedProcessByProcess() async throws {
        func lines(_ steps: ClosedRange<Int>) -> String {
            steps.map {
                "step \($0)/40 | train loss 5.\($0 + 10)0000 | norm 1.0000 | lr 1.00e-03 | (9.00 ms | 3556 tok/s)\n"
            }.joined()
        }
        let log = lines(1...20) + lines(11...30)
        let order = "loader: llm.c-python, batch: 2, sequence: 16"
        let restarted = try await outcome(scratch([1000, 777], order: order, log: log))
        let map = try #require(restarted.map, "\(restarted.reason ?? "")")
        #expect(restarted.assumptions.contains { $0.contains("resumed at step 11") })
        #expect(try map.microBatches(step: 11) == map.microBatches(step: 1))
        #expect(try map.microBatches(step: 20) == map.microBatches(step: 10))
        let goesOn = try await outcome(scratch([1000, 777], order: order + ", resume: continue", log: log))
        #expect(try goesOn.map?.microBatches(step: 11).first?.spans.first?.tokens.lowerBound == 320)
    }

    /// A step belongs to the process that printed it, even where a later process went over the ones before it.
    @Test func aStepThatOnlyAnEarlierProcessPrintedIsThatProcess() async throws {
        func lines(_ steps: ClosedRange<Int>) -> String {
            steps.map {
                "step \($0)/40 | train loss 5.\($0 + 10)0000 | norm 1.0000 | lr 1.00e-03 | (9.00 ms | 3556 tok/s)\n"
            }.joined()
        }
        let order = "loader: llm.c-python, batch: 2, sequence: 16"
        // The second process began with step 11 and died after step 15.
        let outcome = try await outcome(scratch([1000, 777], order: order, log: lines(1...20) + lines(11...15)))
        let map = try #require(outcome.map, "\(outcome.reason ?? "")")
        func first(_ step: Int) throws -> Int? {
            try map.microBatches(step: step).first?.spans.first?.tokens.lowerBound
        }
        #expect(try first(10) == 9 * 32)
        #expect(try first(15) == 4 * 32)
        #expect(try first(16) == 15 * 32)
        #expect(try first(20) == 19 * 32)
        // What nobody printed is taken to be the last process's.
        #expect(try first(21) == 10 * 32)
        #expect(outcome.assumptions.contains { $0.contains("steps 11 to 15 were done more than once") })
        let name = try #require(map.loader.shards.first).name
        #expect(try map.steps(reading: 15 * 32 + 1..<15 * 32 + 2, ofShard: name, limit: 20) == [16..<17])
        #expect(try map.steps(reading: 10 * 32 + 1..<10 * 32 + 2, ofShard: name, limit: 25) == [21..<22])
    }

    /// A log whose head is gone does not show where its process began.
    @Test func aLogThatBeginsInTheMiddleIsNotTrusted() async throws {
        let log = (500...540).map {
            "step \($0)/900 | train loss 5.\($0)0 | norm 1.0000 | lr 1.00e-03 | (9.00 ms | 3556 tok/s)\n"
        }.joined()
        let order = "loader: llm.c-python, batch: 2, sequence: 16"
        let map = try #require(try await outcome(scratch([1000, 777], order: order, log: log)).map)
        let span = try #require(try map.microBatches(step: 510).first?.spans.first)
        #expect(span.confidence == .unknown)
        #expect(span.reason?.contains("does not show") == true)
    }

    @Test func traceTellsTheBoundaryAndWritesSkipLists() async throws {
        let scratch = try scratch([1000, 777], order: "loader: contiguous, batch: 2, sequence: 16, accumulation: 2")
        var configuration = try ConfigurationReader.read(path: scratch.path + "/audit.yaml")
        configuration.training.steps = 40
        let run = try await LoadedRun.load(configuration, level: .decode, workers: 1, progress: SilentProgress())
        let (map, inventory) = try run.requiredMap(configurationPath: "audit.yaml")
        let stage = StepTracer(run, map: map)
        let document = try stage.trace(steps: 17..<18)
        #expect(document.boundary?.step == 15 && document.boundary?.distance == 2)
        // Without a log nobody knows which boundaries were quiet.
        #expect(document.boundary?.quietBoundaries == nil)
        #expect(document.epoch == 1)
        #expect(try stage.trace(epoch: 2).steps == [28..<40])
        #expect(try SkipList.lightning.text(steps: [3..<5], map: map) == "[6, 7, 8, 9]\n")
        #expect(try SkipList.megatron.text(steps: [3..<5], map: map) == "--iterations-to-skip 3 4\n")
        #expect(try SkipList.tokens.text(steps: [3..<5], map: map) == "x_train_000001.bin\t192\t321\n")
        #expect(try SkipList.bytes.text(steps: [3..<4], map: map) == "x_train_000001.bin\t1408\t1538\n")
        // Lightning counts batches anew in the second pass, which begins with step 28.
        #expect(throws: AuditError.self) { try SkipList.lightning.text(steps: [30..<31], map: map) }
        #expect(throws: AuditError.self) { try SkipList.samples.text(steps: [3..<4], map: map) }
        let shown = try ShownData(configuration, inventory: inventory, map: map).rows(
            document.spans,
            rows: 1,
            tokens: 3
        )
        #expect(shown.first?.ids == [1088, 1089, 1090])
        #expect(shown.first?.omitted == 30)
        #expect(throws: AuditError.self) { try stage.trace(steps: 39..<41) }
    }

    @Test func instancesToSkipAreThoseOfTheIndexFile() async throws {
        let scratch = try scratch([1000, 777], order: "loader: olmo, state: order.npy, batch: 2, sequence: 16")
        // A raw array of 32-bit numbers: instances 99, 98, …
        var bytes: [UInt8] = []
        for instance in (0..<100).reversed() { bytes += [UInt8(instance), 0, 0, 0] }
        try Data(bytes).write(to: URL(fileURLWithPath: scratch.path + "/order.npy"))
        var configuration = try ConfigurationReader.read(path: scratch.path + "/audit.yaml")
        configuration.training.steps = 20
        let inventory = try await VerifyStage.run(configuration, workers: 1, progress: SilentProgress())
        let outcome = LoaderMapping.run(configuration, inventory: inventory, history: nil)
        let map = try #require(outcome.map, "\(outcome.reason ?? "")")
        #expect(try SkipList.samples.text(steps: [3..<5], map: map) == "90\n91\n92\n93\n")
    }

    @Test func charactersThatDoNotShowAreMadeVisible() {
        #expect(VisibleText.of("a\n\t\u{0}\u{7F}\u{200B} b\u{1B}[31m") == "a␊␉␀␡⟨U+200B⟩ b␛[31m")
    }
}
