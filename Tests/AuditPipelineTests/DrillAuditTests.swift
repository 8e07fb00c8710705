import AuditPipeline
import DataOrder
import Diagnosis
import Foundation
import Reporting
import Shards
import Terms
import Testing
import TrainingLogs

private struct Truth: Decodable {
    struct Culprit: Decodable {
        var shard: String
        var tokens: [Int]
        var bytes: [Int]
        var steps: [Int]
    }
    var culprits: [Culprit]
}

private func truth(_ folder: String) throws -> Truth.Culprit {
    let data = try Data(contentsOf: URL(fileURLWithPath: folder + "/truth.json"))
    return try #require(try JSONDecoder().decode(Truth.self, from: data).culprits.first)
}

@Suite(.serialized) struct DrillAuditTests {
    @Test func theCorruptShardIsFoundTracedReplayedAndRankedFirst() async throws {
        let folder = try #require(TrainedDrills.corrupt)
        let truth = try truth(folder)
        let outcome = try await ConfigurationReader.read(path: folder + "/audit.yaml").audited()
        let document = outcome.document
        #expect(document.verdict == "anomalous")
        #expect(outcome.severity == .failure)

        let finding = try #require(document.findings.first)
        #expect(finding.hypotheses.first?.cause == "corrupt-shard")
        #expect((finding.hypotheses.first?.confidence ?? 0) > 0.8)
        #expect(finding.symptoms.contains { $0.kind == "loss-spike" && abs($0.firstStep - truth.steps[0]) <= 2 })
        #expect(finding.spans.contains { $0.shard == truth.shard && $0.confidence == "exact" })

        let damaged = document.shards.filter(\.isDamaged)
        #expect(damaged.map(\.name) == [truth.shard])
        let range = try #require(damaged.first?.damagedRanges.first)
        #expect(
            range[0] >= truth.bytes[0] && range[1] <= truth.bytes[1],
            "compared with the pristine copy, to the byte"
        )

        let replay = try #require(document.replays.first)
        #expect((truth.steps[0]...truth.steps[1]).contains(replay.step))
        #expect(replay.controls.count == 8)
        let repaired = try #require(replay.repairedLoss?.value)
        let controls = try #require(replay.controls.mean?.value)
        #expect(replay.loss.value > controls + 3)
        #expect(abs(repaired - controls) < 0.5)
        #expect(document.headline.contains(truth.shard))
    }

    @Test func aHealthyRunIsHealthy() async throws {
        let folder = try #require(TrainedDrills.healthy)
        let outcome = try await ConfigurationReader.read(path: folder + "/audit.yaml").audited()
        #expect(outcome.document.verdict == "healthy")
        #expect(outcome.severity.map { $0 < .warning } ?? true)
        #expect(outcome.document.shards.allSatisfy { $0.status == "verified" })
    }

    @Test func theReportIsTheSameTwiceAndReadsOnly() async throws {
        let folder = try #require(TrainedDrills.corrupt)
        let before = try folderBytes(folder)
        let configuration = try ConfigurationReader.read(path: folder + "/audit.yaml")
        let scratch = try Scratch()
        let first = try await Audit(configuration: configuration, options: .init(workers: 1)).run()
        let second = try await Audit(configuration: configuration, options: .init(workers: 2)).run()
        _ = try ReportWriter.write(first, to: scratch.path + "/one")
        _ = try ReportWriter.write(second, to: scratch.path + "/two")
        // This log prints no loss scale.
        for name in AuditReport.names where name != "loss-scale.svg" {
            #expect(scratch.data("one/" + name) != nil, "\(name) is written")
        }
        #expect(try folderBytes(scratch.path + "/one") == folderBytes(scratch.path + "/two"))
        #expect(try folderBytes(folder) == before)
    }

    /// With a digest of the whole file only, the damage is still located: by comparison with the pristine copy.
    @Test func withoutPiecesTheDamageIsLocatedByComparison() async throws {
        let folder = try #require(TrainedDrills.corrupt)
        let truth = try truth(folder)
        var configuration = try ConfigurationReader.read(path: folder + "/audit.yaml")
        let manifest = try Manifest.read(path: folder + "/shards.lock.json")
        let lines = manifest.entries.map { "\($0.sha256?.description ?? "")  \($0.name)\n" }.joined()
        let scratch = try Scratch()
        try scratch.write("SHA256SUMS", lines)
        configuration.shards.manifest = scratch.path + "/SHA256SUMS"
        let document = try await configuration.audited().document
        let range = try #require(document.shards.first(where: \.isDamaged)?.damagedRanges.first)
        #expect(range[0] >= truth.bytes[0] && range[1] <= truth.bytes[1])
        #expect(document.findings.first?.hypotheses.first?.cause == "corrupt-shard")
    }

    /// After a repair the shards are sound, and yet the run read damage: the note in quarantine says where.
    @Test func aRepairedShardStillExplainsTheSpike() async throws {
        let folder = try #require(TrainedDrills.corrupt)
        let truth = try truth(folder)
        let scratch = try Scratch()
        let copy = scratch.path + "/run"
        try FileManager.default.copyItem(atPath: folder, toPath: copy)
        let manifest = try Manifest.read(path: copy + "/shards.lock.json")
        let shards = ShardFolder(path: copy + "/data")
        let verifier = Verifier(folder: shards, manifest: manifest, workers: 2)
        let entry = try #require(manifest.entries.first { $0.name == truth.shard })
        let damage = verifier.verify(entry)
        let repairer = Repairer(folder: shards, source: .folder(copy + "/pristine"), pieceBytes: manifest.pieceBytes)
        let repaired = try await Fetcher.with { try await repairer.repair(damage, entry: entry, with: $0) }
        #expect(repaired.status == .repaired)

        let document = try await ConfigurationReader.read(path: copy + "/audit.yaml").audited().document
        #expect(document.shards.allSatisfy { !$0.isDamaged })
        let lead = try #require(document.findings.first?.hypotheses.first)
        #expect(lead.cause == "corrupt-shard" && lead.confidence > 0.9)
        #expect(lead.evidenceFor.contains { $0.contains("failed the digest check (mismatch): before its repair") })
        #expect(lead.fix.contains("has been repaired since"))
        let replay = try #require(document.replays.first)
        #expect(try replay.loss.value > #require(replay.repairedLoss?.value) + 3)

        // Without the damaged file the note alone still tells which bytes were damaged.
        for name in try FileManager.default.contentsOfDirectory(atPath: copy + "/data/quarantine")
        where !name.hasSuffix(".json") {
            try FileManager.default.removeItem(atPath: copy + "/data/quarantine/" + name)
        }
        var configuration = try ConfigurationReader.read(path: copy + "/audit.yaml")
        configuration.model.checkpoints = nil
        let bare = try await configuration.audited().document
        #expect(bare.findings.first?.hypotheses.first?.cause == "corrupt-shard")
    }

    /// Coincidence is not proof: the same spike with intact shards does not make a shard guilty.
    @Test func anIntactShardIsNotBlamed() async throws {
        let folder = try #require(TrainedDrills.corrupt)
        var configuration = try ConfigurationReader.read(path: folder + "/audit.yaml")
        configuration.shards.directory = "pristine"
        let document = try await configuration.audited().document
        #expect(document.shards.allSatisfy { !$0.isDamaged })
        let finding = try #require(document.findings.first)
        let blamed = finding.hypotheses.first { $0.cause == "corrupt-shard" }
        #expect((blamed?.confidence ?? 0) < 0.3)
    }

    @Test func damageThatNoSymptomShowsIsAFindingToo() async throws {
        let folder = try #require(TrainedDrills.healthy)
        let scratch = try Scratch()
        let copy = scratch.path + "/run"
        try FileManager.default.copyItem(atPath: folder, toPath: copy)
        let path = copy + "/data/drill_train_000003.bin"
        var bytes = try #require(FileManager.default.contents(atPath: path))
        bytes[50_000] ^= 1
        try bytes.write(to: URL(fileURLWithPath: path))
        let outcome = try await ConfigurationReader.read(path: copy + "/audit.yaml").audited()
        #expect(outcome.severity == .failure)
        let finding = try #require(outcome.document.findings.first)
        #expect(finding.id == "damaged-shard-drill_train_000003.bin")
        let read = try #require(finding.spans.first?.bytes)
        #expect(read[0] <= 50_000 && 50_000 < read[1], "the batch that read the flipped bit")
        #expect(finding.hypotheses.first?.cause == "corrupt-shard")
    }

    /// Without any digest the content has to tell, as the guide promises.
    @Test func shardsThatNothingProvesAreLookedInto() async throws {
        let folder = try #require(TrainedDrills.healthy)
        let scratch = try Scratch()
        let copy = scratch.path + "/run"
        try FileManager.default.copyItem(atPath: folder, toPath: copy)
        var configuration = try ConfigurationReader.read(path: copy + "/audit.yaml")
        configuration.shards.manifest = nil
        configuration.shards.directory = "data"
        configuration.shards.source = nil
        let sound = try await configuration.audited().document
        #expect(sound.shards.allSatisfy { $0.status == "unproved" && $0.level == "decode" })
        #expect(sound.verdict == "healthy")

        let path = copy + "/data/drill_train_000003.bin"
        var bytes = try #require(FileManager.default.contents(atPath: path))
        bytes.replaceSubrange(40_000..<60_000, with: Data(count: 20_000))
        try bytes.write(to: URL(fileURLWithPath: path))
        let document = try await configuration.audited().document
        let shard = try #require(document.shards.first { $0.name == "drill_train_000003.bin" })
        #expect(shard.status == "malformed" && shard.findings?.isEmpty == false)
        #expect(document.findings.first?.hypotheses.first?.cause == "corrupt-shard")
    }

    private func folderBytes(_ folder: String) throws -> [String: Data] {
        var result: [String: Data] = [:]
        for name in FileManager.default.enumerator(atPath: folder)?.compactMap({ $0 as? String }) ?? [] {
            if let data = FileManager.default.contents(atPath: folder + "/" + name) { result[name] = data }
        }
        return result
    }
}

/// Bad input at the pipeline's door: one clear error, or a finding where the audit can go on.
@Suite(.serialized) struct BadInputTests {
    private let scratch: Scratch
    private let run: String

    init() throws {
        scratch = try Scratch()
        run = scratch.path + "/run"
        try FileManager.default.copyItem(atPath: try #require(TrainedDrills.corrupt), toPath: run)
    }

    private func audit(_ change: (inout AuditConfiguration) throws -> Void = { _ in }) async throws -> AuditDocument {
        var configuration = try ConfigurationReader.read(path: run + "/audit.yaml")
        try change(&configuration)
        return try await configuration.audited().document
    }

    @Test(arguments: ["absent.log", "data"])
    func aMissingLogEndsTheAudit(log: String) async {
        await #expect(throws: (any Error).self) { try await audit { $0.logs = [log] } }
    }

    @Test func anEmptyLogAndALogWithoutLossEndTheAudit() async throws {
        try scratch.write("run/empty.log", "")
        try scratch.write("run/prose.log", "hello\nworld\n")
        for log in ["empty.log", "prose.log"] {
            await #expect(throws: (any Error).self) { try await audit { $0.logs = [log] } }
        }
    }

    @Test func aMissingOrHostileLockFileEndsTheAudit() async throws {
        await #expect(throws: ShardError.self) { try await audit { $0.shards.manifest = "absent.json" } }
        let text = String(decoding: try #require(scratch.data("run/shards.lock.json")), as: UTF8.self)
        for name in ["../../etc/passwd", "/etc/passwd"] {
            try scratch.write("run/hostile.json", text.replacingOccurrences(of: "drill_val_000000.bin", with: name))
            await #expect(throws: ShardError.self) { try await audit { $0.shards.manifest = "hostile.json" } }
        }
    }

    @Test func aMissingShardIsAFinding() async throws {
        try FileManager.default.removeItem(atPath: run + "/data/drill_train_000002.bin")
        let document = try await audit()
        #expect(document.shards.first { $0.name == "drill_train_000002.bin" }?.status == "missing")
        #expect(document.findings.contains { $0.id == "damaged-shard-drill_train_000002.bin" })
        #expect(document.findings.first?.hypotheses.first?.cause == "corrupt-shard")
    }

    @Test func aLinkThatLeavesTheFolderIsAFindingAndIsNotRead() async throws {
        let path = run + "/data/drill_train_000002.bin"
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/etc/passwd")
        let shard = try await audit().shards.first { $0.name == "drill_train_000002.bin" }
        #expect(shard?.status == "unreadable")
        #expect(shard?.detail.contains("leaves the folder") == true)
    }

    @Test func aTruncatedOrAbsurdCheckpointLeavesTheRestStanding() async throws {
        let good = try #require(scratch.data("run/checkpoints/model_00000350.bin"))
        var absurd = good
        for index in 8..<32 { absurd[index] = 0x7f }
        for bytes in [good.prefix(good.count / 2), good.prefix(700), absurd, Data()] {
            try Data(bytes).write(to: URL(fileURLWithPath: run + "/checkpoints/model_00000350.bin"))
            let document = try await audit()
            let replay = try #require(document.replays.first)
            #expect(replay.checkpoint == "model_00000300.bin")
            #expect(replay.conclusion.contains("model_00000350.bin"))
            #expect(document.findings.first?.hypotheses.first?.cause == "corrupt-shard")
        }
    }

    @Test func missingCheckpointsAndAMissingSourceAreNamed() async throws {
        let noFolder = try await audit { $0.model.checkpoints = "absent" }
        #expect(noFolder.notChecked.contains { $0.contains("absent") })
        let noSource = try await audit { $0.shards.source = "absent" }
        #expect(noSource.notChecked.contains { $0.contains("No pristine copy") })
        #expect(noSource.replays.first?.repairedLoss == nil)
        #expect(noSource.findings.first?.hypotheses.first?.cause == "corrupt-shard")
    }

    @Test func aGeometryThatContradictsTheLogIsNotUsedToNameAShard() async throws {
        let document = try await audit { $0.order.batch = 16 }
        #expect(document.notChecked.contains { $0.contains("1024 tokens a step and the log prints 512") })
        #expect(document.findings.allSatisfy { $0.spans.isEmpty || $0.id.hasPrefix("damaged-shard") })
    }

    @Test func aLoaderThatCannotBeMappedIsSaidSo() async throws {
        let document = try await audit { $0.order.loader = "nanochat" }
        #expect(document.notChecked.contains { $0.contains("nanochat") })
    }
}

/// What reviewers found, kept found.
@Suite(.serialized) struct HonestyTests {
    private let scratch: Scratch
    private let run: String

    init() throws {
        scratch = try Scratch()
        run = scratch.path + "/run"
        try FileManager.default.copyItem(atPath: try #require(TrainedDrills.healthy), toPath: run)
    }

    /// A flipped bit in the data of a harmless outlier must not be swallowed by it.
    @Test func damageIsAFailureEvenWhereAnInfoEventReadIt() async throws {
        let path = run + "/data/drill_train_000001.bin"
        var bytes = try #require(FileManager.default.contents(atPath: path))
        for position in stride(from: 1024, to: bytes.count, by: 2048) { bytes[position] ^= 1 }
        try bytes.write(to: URL(fileURLWithPath: path))
        let configuration = try ConfigurationReader.read(path: run + "/audit.yaml")
        for source in [configuration.shards.source, nil] {
            var changed = configuration
            changed.shards.source = source
            let outcome = try await changed.audited()
            #expect(outcome.severity == .failure)
            #expect(outcome.document.verdict == "anomalous")
            #expect(outcome.document.findings.first?.severity == "failure")
        }
    }

    @Test func absurdStepsAndPlansNeitherTrapNorGrow() async throws {
        let log = String(decoding: try #require(scratch.data("run/train.log")), as: UTF8.self)
        try scratch.write(
            "run/absurd.log",
            log + "step 9223372036854775807/600 | train loss 1.0 | norm 1.0 | lr 1.00e-04 | (1.00 ms | 1 tok/s)\n"
        )
        var configuration = try ConfigurationReader.read(path: run + "/audit.yaml")
        configuration.logs = ["absurd.log"]
        _ = try await configuration.audited()
        configuration.logs = ["train.log"]
        configuration.training.steps = 1_000_000_000
        let document = try await configuration.audited().document
        #expect(document.shardBoundaries.count < 100)
    }

    @Test func withoutAReadableCheckpointTheRestStands() async throws {
        let corrupt = scratch.path + "/corrupt"
        try FileManager.default.copyItem(atPath: try #require(TrainedDrills.corrupt), toPath: corrupt)
        for updates in [250, 300, 350] {
            let path = corrupt + "/checkpoints/model_00000\(updates).bin"
            try Data(count: 100).write(to: URL(fileURLWithPath: path))
        }
        let document = try await ConfigurationReader.read(path: corrupt + "/audit.yaml").audited().document
        #expect(document.replays.isEmpty)
        #expect(document.notChecked.contains { $0.contains("model_00000350.bin") })
        #expect(document.findings.first?.hypotheses.first?.cause == "corrupt-shard")
    }

    /// The command that the report proposes shows the numbers of the report.
    @Test func aReplayOnItsOwnAgreesWithTheAudit() async throws {
        let folder = try #require(TrainedDrills.corrupt)
        let configuration = try ConfigurationReader.read(path: folder + "/audit.yaml")
        let reported = try #require(try await configuration.audited().document.replays.first)
        let inventory = try #require(
            try await ShardStage.run(configuration, level: .structure, workers: 2, progress: SilentProgress())
        )
        let history = try LogReader.read(paths: configuration.logs.map(configuration.resolve))
        let order = OrderStage.run(configuration, inventory: inventory, history: history)
        let copies = TemporaryFolder()
        defer { copies.remove() }
        let setup = try await ReplaySetup.prepare(
            step: reported.step,
            inventory: inventory,
            history: history,
            order: order,
            training: configuration.training,
            workers: 2,
            folder: copies,
            progress: SilentProgress()
        )
        let stage = ReplayStage(
            map: try #require(order.map),
            folder: inventory.folder,
            overrides: ReplayStage.overrides(configuration),
            checkpoints: .folder(configuration.resolve("checkpoints")),
            options: .init(threads: 2)
        )
        let replay = try stage.replay(
            step: reported.step,
            controlSteps: setup.controlSteps,
            pristine: setup.pristine,
            damagedTokens: setup.damagedTokens,
            loggedLoss: setup.loggedLoss
        )
        let document = DocumentBuilder().replay(replay)
        #expect(document.loss == reported.loss)
        #expect(document.controls == reported.controls)
        #expect(document.repairedLoss == reported.repairedLoss)
    }
}
