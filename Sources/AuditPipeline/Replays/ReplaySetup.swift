import DataOrder
import Diagnosis
import Shards
import Terms
import TrainingLogs

/// What a replay of one step needs besides the step: the controls and copies that the audit would have used.
public struct ReplaySetup: Sendable {
    /// Healthy steps, in the numbering of the log.
    public var controlSteps: [Int]
    /// Shards as the run read them, by name, where they have been repaired since.
    public var former: [String: String] = [:]
    /// Pristine copies of damaged shards by name.
    public var pristine: [String: String]
    /// Damaged tokens by shard.
    public var damagedTokens: [String: [Range<Int>]]
    /// The loss that the log printed for the step, where a whole step is what it prints.
    public var loggedLoss: Double?

    /// Proves the shards that the step and its possible controls read, and fetches pristine copies of damaged ones.
    /// - Parameters:
    ///   - step: The suspect step, in the numbering of the log.
    ///   - run: The run; without a log there are no controls.
    ///   - map: The map from steps to data.
    ///   - inventory: The shards and where to fetch them from.
    ///   - workers: Shards proved at once.
    ///   - folder: Where the copies go.
    ///   - progress: Told of each shard.
    public static func prepare(
        step: Int,
        in run: LoadedRun,
        map: DataMap,
        inventory: ShardInventory,
        workers: Int,
        folder: TemporaryFolder,
        progress: any ProgressReporter
    ) async throws -> ReplaySetup {
        let analysis = run.analysis
        let event = analysis.map { Self.event(around: step, $0) }
        var candidates = [step]
        if let event, let analysis { candidates += analysis.controlSteps(of: event, count: 16) }
        let fed = Set(candidates.flatMap { ((try? map.microBatches(step: $0)) ?? []).flatMap(\.spans).map(\.name) })
        var proved = inventory
        proved.manifest.entries = inventory.manifest.entries.filter { fed.contains($0.name) }
        let verifier = Verifier(folder: proved.folder, manifest: proved.manifest, workers: workers)
        progress.begin("verifying the \(fed.count) shards in question", total: verifier.bytesOnDisk())
        proved.verifications = await verifier.verifyAll { progress.advance(by: $0) }.filter { $0.status != .extra }
        progress.end()
        proved.repaired = []
        proved.formerFiles = [:]
        proved.recallRepairs(QuarantineNote.notes(in: proved.folder))
        let copies = try await PristineStage.copies(of: proved, into: folder.path, progress: progress)
        guard let analysis, let event else {
            let first = max(map.stepBase, step - ControlSteps.count)
            return ReplaySetup(
                controlSteps: Array(first..<max(first, step)),
                former: proved.formerFiles,
                pristine: copies.paths,
                damagedTokens: [:]
            )
        }
        let damaged = DamageMap(inventory: proved, map: map, copies: copies).tokensByShard()
        let isPrinted = analysis.history.lossScope == .step
        return ReplaySetup(
            controlSteps: ControlSteps.choose(event: event, analysis: analysis, map: map, damaged: damaged),
            former: proved.formerFiles,
            pristine: copies.paths,
            damagedTokens: damaged,
            loggedLoss: isPrinted ? analysis.history.train.merged().value(atStep: step) : nil
        )
    }

    /// The event that a step belongs to, as the audit sees it; a step of its own where there is none.
    private static func event(
        around step: Int,
        _ analysis: LogAnalysis
    ) -> Event {
        let events = Diagnosis.events(from: analysis.symptoms())
        if let found = events.first(where: { analysis.suspectSteps(of: $0).contains(step) }) { return found }
        let symptom = Symptom(kind: .lossSpike, firstStep: step, lastStep: step, severity: .info, summary: "")
        return Event(symptoms: [symptom])
    }
}
