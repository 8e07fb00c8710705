import Foundation
import Terms

/// Verification over many nights: what was proved lately and has not changed is not read again, what is new or was never
/// proved comes first, then the oldest proofs; when the time is up the rest waits.
public struct IncrementalVerifier: Sendable {
    /// The proofs of a week are trusted unless something else is said.
    public static let standardAge = 7 * 86_400

    /// How single shards are checked.
    public var verifier: Verifier
    /// What is remembered; `nil` to only respect the time limit.
    public var ledger: Ledger?
    /// A proof older than this many seconds is made again; 0 trusts none.
    public var maximumAge: Int
    /// No shard is begun after so many seconds; `nil` for no limit.
    public var timeLimit: Int?
    /// The clock, in seconds since 1970.
    public var now: @Sendable () -> Int

    /// Creates a verifier.
    public init(
        _ verifier: Verifier,
        ledger: Ledger?,
        maximumAge: Int = standardAge,
        timeLimit: Int? = nil,
        now: @escaping @Sendable () -> Int = { Int(Date().timeIntervalSince1970) }
    ) {
        self.verifier = verifier
        self.ledger = ledger
        self.maximumAge = maximumAge
        self.timeLimit = timeLimit
        self.now = now
    }

    /// What a run came to.
    public struct Outcome: Sendable {
        /// One verification an entry, in the manifest's order, then extra files.
        public var shards: [ShardVerification]
        /// What is new since the last run.
        public var summary: Summary
    }

    /// What a run did and what changed since the one before.
    public struct Summary: Sendable, Equatable {
        /// When the run before began, in seconds since 1970; `nil` when this is the first.
        public var previousRun: Int?
        /// How many shards were read now.
        public var read = 0
        /// How many earlier proofs were relied on.
        public var reused = 0
        /// How many shards the time did not suffice for.
        public var left = 0
        /// When the oldest proof that was relied on was made.
        public var oldestProof: Int?
        /// Names that no run has seen before.
        public var new: [String] = []
        /// Names of files that were written since.
        public var changed: [String] = []
        /// Damage that no run has reported before.
        public var newlyDamaged: [String] = []
        /// What was damaged and is sound now.
        public var recovered: [String] = []
    }

    /// Verifies shards.
    /// - Throws: ``ShardError`` when the ledger cannot be read or written.
    public func run(progress: @escaping @Sendable (Int) -> Void = { _ in }) async throws -> Outcome {
        let entries = verifier.part ?? verifier.manifest.entries
        let records = try ledger?.records(of: verifier.folder) ?? [:]
        let start = now()
        let run = try ledger?.beginRun(of: verifier.folder, now: start)
        var summary = Summary(previousRun: run?.previous)
        var results = [ShardVerification?](repeating: nil, count: entries.count)
        var waiting: [Int] = []
        for (index, entry) in entries.enumerated() {
            if let record = records[entry.name], let proof = proof(of: entry, record, at: start) {
                results[index] = proof
                summary.reused += proof.status == .verified ? 1 : 0
                summary.oldestProof = min(summary.oldestProof ?? record.checked, record.checked)
            } else {
                waiting.append(index)
            }
        }
        // Never checked first, then the oldest; the manifest's order among equals.
        waiting.sort { left, right in
            let (one, two) = (
                records[entries[left].name]?.checked ?? .min, records[entries[right].name]?.checked ?? .min
            )
            return (one, left) < (two, right)
        }
        let found = try await read(waiting.map { entries[$0] }, start: start, progress: progress)
        for (index, verification) in zip(waiting, found) {
            if let verification {
                results[index] = verification
                summary.read += 1
            } else {
                results[index] = unread(entries[index], records[entries[index].name])
                summary.left += 1
            }
        }
        let shards = Verifier.withDuplicates(results.compactMap { $0 })
        compare(shards, with: records, isFirst: run?.previous == nil, into: &summary)
        if let run, summary.left == 0, !Task.isCancelled { try ledger?.endRun(run.id, now: now()) }
        return Outcome(shards: shards + verifier.extras(), summary: summary)
    }

    /// Reads shards and remembers each soon after, so that an interruption loses little.
    private func read(
        _ entries: [ManifestEntry],
        start: Int,
        progress: @escaping @Sendable (Int) -> Void
    ) async throws -> [ShardVerification?] {
        let end = timeLimit.map { ContinuousClock.now + .seconds($0) }
        var pending: [Ledger.Record] = []
        var written = ContinuousClock.now
        var failure: (any Error)?
        func write() {
            guard !pending.isEmpty, failure == nil else { return }
            do { try ledger?.remember(pending, of: verifier.folder) } catch { failure = error }
            pending = []
            written = .now
        }
        let results = await verifier.verify(
            entries,
            isTimeUp: { end.map { ContinuousClock.now >= $0 } ?? false },
            finished: { index, verification in
                if let record = record(verification, entries[index], start: start) { pending.append(record) }
                if ContinuousClock.now - written > .seconds(1) { write() }
            },
            progress: progress
        )
        write()
        if let failure { throw failure }
        return results
    }

    /// What is remembered of a shard; nothing of a level that proves nothing.
    private func record(_ shard: ShardVerification, _ entry: ManifestEntry, start: Int) -> Ledger.Record? {
        guard ledger != nil, verifier.level >= .digest else { return nil }
        // Of a missing file only that it was missing.
        guard shard.file != nil || shard.status == .missing else { return nil }
        let isDecoded = verifier.level >= .decode && (verifier.decodesProved || shard.status != .verified)
        return Ledger.Record(
            name: entry.name,
            // As it was when it was opened, so that a file written after it was read does not pass for proved.
            state: shard.file.map(Ledger.State.init) ?? .none,
            digest: Self.key(of: entry),
            status: shard.status,
            level: shard.level,
            checked: start,
            content: isDecoded && shard.defects.isEmpty
                ? Ledger.Content(vocabulary: verifier.vocabulary, digest: shard.contentDigest) : nil
        )
    }

    /// An earlier proof that still holds; structure and size are looked at again in any case.
    private func proof(of entry: ManifestEntry, _ record: Ledger.Record, at time: Int) -> ShardVerification? {
        // Where proved shards are to be decoded too, a proof alone does not save the reading; nor does it where something was
        // found, which would have to be told again.
        let wasDecoded = record.content != nil && record.content?.vocabulary == verifier.vocabulary
        let needsNoMore =
            verifier.level == .digest || (verifier.level == .decode && (wasDecoded || !verifier.decodesProved))
        guard record.status == .verified, record.level >= .digest, needsNoMore, entry.isProvable,
            record.digest == Self.key(of: entry), record.checked <= time, time - record.checked < maximumAge,
            // A file written in the moment it was read may have been written again in the same tick of the clock.
            record.state.modified < (record.checked - 2) * 1_000_000_000,
            let path = try? verifier.folder.resolve(entry.name), let file = FileIdentity(following: path),
            Ledger.State(file) == record.state
        else { return nil }
        var shallow = verifier
        shallow.level = .structure
        var result = shallow.verify(entry)
        guard result.status == .unproved else { return result }
        result.status = .verified
        result.level = .digest
        result.expected = entry.strongest?.description
        result.actual = result.expected
        result.contentDigest = record.content?.digest
        result.proved = record.checked
        result.detail =
            "\(verifier.level == .decode && wasDecoded ? "proved and decoded" : "proved") \(Self.text(of: record.checked)), and the file has not changed since (size, times, inode)"
        return result
    }

    /// What can be said of a shard without the time to read it.
    private func unread(_ entry: ManifestEntry, _ record: Ledger.Record?) -> ShardVerification {
        var shallow = verifier
        shallow.level = .size
        var result = shallow.verify(entry)
        guard result.status == .unproved else { return result }
        let last = record.map { "last \($0.status.rawValue) \(Self.text(of: $0.checked))" } ?? "never read before"
        result.detail = "the time was up before its turn; \(last)"
        return result
    }

    private func compare(
        _ shards: [ShardVerification],
        with records: [String: Ledger.Record],
        isFirst: Bool,
        into summary: inout Summary
    ) {
        guard ledger != nil, !isFirst else { return }
        for shard in shards {
            guard let record = records[shard.name] else {
                summary.new.append(shard.name)
                if shard.status.isDamaged { summary.newlyDamaged.append(shard.name) }
                continue
            }
            if shard.status.isDamaged, !record.status.isDamaged { summary.newlyDamaged.append(shard.name) }
            if shard.status == .verified, record.status.isDamaged { summary.recovered.append(shard.name) }
            let path = try? verifier.folder.resolve(shard.name)
            if let file = path.flatMap({ FileIdentity(following: $0) }), record.status != .missing,
                file.modified != record.state.modified || file.size != record.state.bytes
            {
                summary.changed.append(shard.name)
            }
        }
    }

    /// What a proof was against: another expectation makes it worthless.
    private static func key(of entry: ManifestEntry) -> String {
        if let whole = entry.strongest { return whole.description }
        return "pieces:" + Digest256.of(entry.pieces.flatMap(\.bytes)).description
    }

    /// A moment in UTC, as in 2026-03-01T02:00:00Z.
    public static func text(of seconds: Int) -> String {
        Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
    }
}

extension Ledger.State {
    /// The state of no file.
    static let none = Ledger.State(bytes: 0, modified: 0, changed: 0, inode: 0, device: 0)

    private init(bytes: Int, modified: Int, changed: Int, inode: Int, device: Int) {
        self.bytes = bytes
        self.modified = modified
        self.changed = changed
        self.inode = inode
        self.device = device
    }
}
