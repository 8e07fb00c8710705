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

/// Whether a report names what it did not check, and a name or number from the run in it.
private func omits(_ report: AuditReport, _ kind: Omission.Kind, _ word: String) -> Bool {
    report.notChecked.contains { $0.kind == kind && report.voice.text($0.text).contains(word) }
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
        let document = outcome.report
        #expect(document.verdict == .anomalous)
        #expect(outcome.report.gravest == .failure)

        let finding = try #require(document.findings.first)
        #expect(finding.hypotheses.first?.cause == .corruptShard)
        #expect((finding.hypotheses.first?.confidence ?? 0) > 0.8)
        #expect(finding.symptoms.contains { $0.kind == .lossSpike && abs($0.firstStep - truth.steps[0]) <= 2 })
        #expect(finding.spans.contains { $0.span.name == truth.shard && $0.span.confidence == .exact })

        let damaged = document.shards.filter(\.isDamaged)
        #expect(damaged.map(\.name) == [truth.shard])
        let range = try #require(damaged.first?.damagedRanges.first)
        #expect(
            range.lowerBound >= truth.bytes[0] && range.upperBound <= truth.bytes[1],
            "compared with the pristine copy, to the byte"
        )

        let replay = try #require(document.replays.first)
        #expect((truth.steps[0]...truth.steps[1]).contains(replay.step))
        #expect(replay.controls.count == 8)
        let repaired = try #require(replay.repairedLoss?.value)
        let controls = try #require(replay.controls.mean?.value)
        #expect(replay.loss.value > controls + 3)
        #expect(abs(repaired - controls) < 0.5)
        let fed = document.headline.parts.contains { part in
            if case .fedBy(let damage) = part { damage.shard == truth.shard } else { false }
        }
        #expect(fed, "\(document.headline)")
    }

    @Test func aHealthyRunIsHealthy() async throws {
        let folder = try #require(TrainedDrills.healthy)
        let outcome = try await ConfigurationReader.read(path: folder + "/audit.yaml").audited()
        #expect(outcome.report.verdict == .healthy)
        #expect(outcome.report.gravest.map { $0 < .warning } ?? true)
        #expect(outcome.report.shards.allSatisfy { $0.status == .verified })
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
        for name in ReportFiles.names where name != "loss-scale.svg" {
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
        let document = try await configuration.audited().report
        let range = try #require(document.shards.first(where: \.isDamaged)?.damagedRanges.first)
        #expect(range.lowerBound >= truth.bytes[0] && range.upperBound <= truth.bytes[1])
        #expect(document.findings.first?.hypotheses.first?.cause == .corruptShard)
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

        let document = try await ConfigurationReader.read(path: copy + "/audit.yaml").audited().report
        #expect(document.shards.allSatisfy { !$0.isDamaged })
        let lead = try #require(document.findings.first?.hypotheses.first)
        #expect(lead.cause == .corruptShard && lead.confidence > 0.9)
        #expect(
            lead.evidenceFor.contains { $0.clue == "damage-read" && $0.statement.parts.contains(.quoted(truth.shard)) }
        )
        // There is nothing left to replace.
        #expect(lead.fix.kind == .change && !lead.fix.action.commands.contains(.repair))
        let fed = document.headline.parts.contains { part in
            if case .fedBy(let damage) = part { damage.isRepaired && damage.level == .digest } else { false }
        }
        #expect(fed, "\(document.headline)")
        let replay = try #require(document.replays.first)
        #expect(try replay.loss.value > #require(replay.repairedLoss?.value) + 3)

        // Without the damaged file the note alone still tells which bytes were damaged.
        for name in try FileManager.default.contentsOfDirectory(atPath: copy + "/data/quarantine")
        where !name.hasSuffix(".json") {
            try FileManager.default.removeItem(atPath: copy + "/data/quarantine/" + name)
        }
        var configuration = try ConfigurationReader.read(path: copy + "/audit.yaml")
        configuration.model.checkpoints = nil
        let bare = try await configuration.audited().report
        #expect(bare.findings.first?.hypotheses.first?.cause == .corruptShard)
    }

    /// Coincidence is not proof: the same spike with intact shards does not make a shard guilty.
    @Test func anIntactShardIsNotBlamed() async throws {
        let folder = try #require(TrainedDrills.corrupt)
        var configuration = try ConfigurationReader.read(path: folder + "/audit.yaml")
        configuration.shards.directory = "pristine"
        let document = try await configuration.audited().report
        #expect(document.shards.allSatisfy { !$0.isDamaged })
        let finding = try #require(document.findings.first)
        let blamed = finding.hypotheses.first { $0.cause == .corruptShard }
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
        #expect(outcome.report.gravest == .failure)
        let finding = try #require(outcome.report.findings.first)
        #expect(finding.origin == .shard(name: "drill_train_000003.bin"))
        let read = try #require(finding.spans.first?.span.bytes)
        #expect(read.contains(50_000), "the batch that read the flipped bit")
        #expect(finding.hypotheses.first?.cause == .corruptShard)
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
        let sound = try await configuration.audited().report
        #expect(sound.shards.allSatisfy { $0.status == .unproved && $0.level == .decode })
        #expect(sound.verdict == .healthy)

        let path = copy + "/data/drill_train_000003.bin"
        var bytes = try #require(FileManager.default.contents(atPath: path))
        bytes.replaceSubrange(40_000..<60_000, with: Data(count: 20_000))
        try bytes.write(to: URL(fileURLWithPath: path))
        let document = try await configuration.audited().report
        let shard = try #require(document.shards.first { $0.name == "drill_train_000003.bin" })
        #expect(shard.status == .malformed && shard.defects?.isEmpty == false)
        #expect(document.findings.first?.hypotheses.first?.cause == .corruptShard)
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

    private func audit(_ change: (inout AuditConfiguration) throws -> Void = { _ in }) async throws -> AuditReport {
        var configuration = try ConfigurationReader.read(path: run + "/audit.yaml")
        try change(&configuration)
        return try await configuration.audited().report
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
        #expect(document.shards.first { $0.name == "drill_train_000002.bin" }?.status == .missing)
        #expect(document.findings.contains { $0.origin == .shard(name: "drill_train_000002.bin") })
        #expect(document.findings.first?.hypotheses.first?.cause == .corruptShard)
    }

    @Test func aLinkThatLeavesTheFolderIsAFindingAndIsNotRead() async throws {
        let path = run + "/data/drill_train_000002.bin"
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/etc/passwd")
        let shard = try await audit().shards.first { $0.name == "drill_train_000002.bin" }
        #expect(shard?.status == .unreadable)
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
            #expect(document.findings.first?.hypotheses.first?.cause == .corruptShard)
        }
    }

    @Test func missingCheckpointsAndAMissingSourceAreNamed() async throws {
        let noFolder = try await audit { $0.model.checkpoints = "absent" }
        #expect(omits(noFolder, .replay, "absent"))
        let noSource = try await audit { $0.shards.source = "absent" }
        #expect(noSource.notChecked.contains { $0.kind == .pristineCopy })
        #expect(noSource.replays.first?.repairedLoss == nil)
        #expect(noSource.findings.first?.hypotheses.first?.cause == .corruptShard)
    }

    @Test func aGeometryThatContradictsTheLogIsNotUsedToNameAShard() async throws {
        let document = try await audit { $0.order.batch = 16 }
        #expect(omits(document, .tracing, "1,024") && omits(document, .tracing, "512"))
        #expect(document.findings.allSatisfy { $0.spans.isEmpty || $0.origin.isDamage })
    }

    @Test func aLoaderThatCannotBeMappedIsSaidSo() async throws {
        let document = try await audit { $0.order.loader = "nanochat" }
        #expect(omits(document, .tracing, "nanochat"))
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
            #expect(outcome.report.gravest == .failure)
            #expect(outcome.report.verdict == .anomalous)
            #expect(outcome.report.findings.first?.severity == .failure)
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
        let document = try await configuration.audited().report
        #expect(document.shardBoundaries.count < 100)
    }

    @Test func withoutAReadableCheckpointTheRestStands() async throws {
        let corrupt = scratch.path + "/corrupt"
        try FileManager.default.copyItem(atPath: try #require(TrainedDrills.corrupt), toPath: corrupt)
        for updates in [250, 300, 350] {
            let path = corrupt + "/checkpoints/model_00000\(updates).bin"
            try Data(count: 100).write(to: URL(fileURLWithPath: path))
        }
        let document = try await ConfigurationReader.read(path: corrupt + "/audit.yaml").audited().report
        #expect(document.replays.isEmpty)
        #expect(omits(document, .replay, "model_00000350.bin"))
        #expect(document.findings.first?.hypotheses.first?.cause == .corruptShard)
    }

    /// The command that the report proposes shows the numbers of the report.
    @Test func aReplayOnItsOwnAgreesWithTheAudit() async throws {
        let folder = try #require(TrainedDrills.corrupt)
        let configuration = try ConfigurationReader.read(path: folder + "/audit.yaml")
        let reported = try #require(try await configuration.audited().report.replays.first)
        let run = try await LoadedRun.load(configuration, level: .structure, workers: 2, progress: SilentProgress())
        let (map, inventory) = try run.requiredMap(configurationPath: "audit.yaml")
        let copies = TemporaryFolder()
        defer { copies.remove() }
        let setup = try await ReplaySetup.prepare(
            step: reported.step,
            in: run,
            map: map,
            inventory: inventory,
            workers: 2,
            folder: copies,
            progress: SilentProgress()
        )
        let stage = StepReplayer(
            map: map,
            folder: inventory.folder,
            overrides: StepReplayer.overrides(configuration),
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
        let document = ReportBuilder().replay(replay)
        #expect(document.loss == reported.loss)
        #expect(document.controls == reported.controls)
        #expect(document.repairedLoss == reported.repairedLoss)
    }
}
