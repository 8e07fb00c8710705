import Foundation
import GRDB
import Shards
import Synchronization
import Terms
import Testing

/// What was proved is remembered, and no longer than it may be.
@Suite struct LedgerTests {
    private let scratch: Scratch
    private let ledger: Ledger
    private let good = llmcShard((0..<2000).map { UInt16($0 % 251) })
    /// The clock of the tests: long after the files were written.
    private let start = Int(Date().timeIntervalSince1970) + 1000

    init() throws {
        scratch = try Scratch()
        ledger = try Ledger(path: scratch.path + "/.trainaudit/ledger.sqlite")
        for name in ["a.bin", "b.bin", "c.bin"] { try scratch.write(name, good) }
    }

    private func run(
        at time: Int,
        age: Int = 1000,
        limit: Int? = nil,
        names: [String] = ["a.bin", "b.bin", "c.bin"],
        level: Verifier.Level = .digest,
        vocabulary: Int? = nil
    ) async throws -> IncrementalVerifier.Outcome {
        let manifest = Manifest(
            path: "lock",
            form: .lock,
            pieceBytes: 1024,
            entries: names.map { entry($0, good, pieceBytes: 1024) }
        )
        var verifier = Verifier(folder: ShardFolder(path: scratch.path), manifest: manifest, level: level, workers: 1)
        verifier.vocabulary = vocabulary
        let now = start + time
        return try await IncrementalVerifier(
            verifier,
            ledger: ledger,
            maximumAge: age,
            timeLimit: limit,
            now: { now }
        ).run()
    }

    @Test func aProofIsReliedOnUntilItIsTooOld() async throws {
        let first = try await run(at: 0)
        #expect(first.summary.previousRun == nil && first.summary.read == 3)
        let second = try await run(at: 999)
        #expect(second.summary.read == 0 && second.summary.reused == 3)
        #expect(second.summary.oldestProof == start)
        #expect(second.shards.allSatisfy { $0.status == .verified && $0.level == .digest })
        #expect(second.shards.allSatisfy { $0.detail.hasPrefix("proved 20") && $0.header?.tokens == 2000 })
        #expect(try await run(at: 1000).summary.read == 3)
        #expect(try await run(at: 1001, age: 0).summary.read == 3)
        // A clock that went back makes no proof younger.
        #expect(try await run(at: 500).summary.read == 3)
    }

    /// A proof says nothing of what the content looks like, unless it was looked at.
    @Test func whatWasDecodedOnceIsNotDecodedAgain() async throws {
        #expect(try await run(at: 0).summary.read == 3)
        let decoded = try await run(at: 1, level: .decode)
        #expect(decoded.summary.read == 3 && decoded.summary.reused == 0)
        // The same tokens in all three.
        func duplicates(_ outcome: IncrementalVerifier.Outcome) -> [Bool] {
            outcome.shards.map { $0.defects.contains { $0.kind == .duplicateShard } }
        }
        #expect(duplicates(decoded) == [false, true, true])
        let again = try await run(at: 2, level: .decode)
        #expect(again.summary.read == 0 && again.summary.reused == 3)
        #expect(again.shards.allSatisfy { $0.detail.hasPrefix("proved and decoded 20") })
        #expect(duplicates(again) == [false, true, true])
        // Other ids may be wrong under another vocabulary.
        let narrow = try await run(at: 3, level: .decode, vocabulary: 200)
        #expect(narrow.summary.read == 3)
        #expect(narrow.shards.allSatisfy { $0.defects.contains { $0.kind == .outsideVocabulary } })
        // What was found is told every time, and a look at digests alone forgets it.
        let told = try await run(at: 4, level: .decode, vocabulary: 200)
        #expect(told.summary.read == 3)
        #expect(told.shards.allSatisfy { $0.defects.contains { $0.kind == .outsideVocabulary } })
        #expect(try await run(at: 5).summary.read == 0)
    }

    /// A ledger of the version before content was remembered.
    @Test func anOlderLedgerIsTakenOver() async throws {
        _ = try await run(at: 0)
        let path = scratch.path + "/old.sqlite"
        let old = try DatabaseQueue(path: path)
        try await old.write { database in
            try database.execute(
                sql: """
                    CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
                    INSERT INTO grdb_migrations VALUES ('1');
                    CREATE TABLE shard (
                        folder TEXT NOT NULL, name TEXT NOT NULL,
                        bytes INTEGER NOT NULL, modified INTEGER NOT NULL, changed INTEGER NOT NULL,
                        inode INTEGER NOT NULL, device INTEGER NOT NULL,
                        digest TEXT NOT NULL, status TEXT NOT NULL, level TEXT NOT NULL, checked INTEGER NOT NULL,
                        PRIMARY KEY (folder, name)
                    ) WITHOUT ROWID;
                    CREATE TABLE run (
                        id INTEGER PRIMARY KEY, folder TEXT NOT NULL, began INTEGER NOT NULL, ended INTEGER
                    );
                    """
            )
        }
        try old.close()
        let folder = ShardFolder(path: scratch.path)
        let records = try ledger.records(of: folder)
        let taken = try Ledger(path: path)
        try taken.remember(Array(records.values), of: folder)
        #expect(try taken.records(of: folder) == records)
    }

    @Test func aChangedFileIsReadAgainAndNewsAreTold() async throws {
        _ = try await run(at: 0, names: ["a.bin", "b.bin"])
        var damaged = good
        damaged[1500] ^= 1
        try scratch.write("a.bin", damaged)
        let second = try await run(at: 10)
        #expect(second.shards.map(\.status) == [.mismatch, .verified, .verified])
        #expect(second.summary.newlyDamaged == ["a.bin"])
        #expect(second.summary.changed == ["a.bin"])
        #expect(second.summary.new == ["c.bin"])
        #expect(second.summary.reused == 1)
        let third = try await run(at: 20)
        #expect(third.summary.newlyDamaged.isEmpty && third.summary.read == 1)
        try scratch.write("a.bin", good)
        let fourth = try await run(at: 30)
        #expect(fourth.summary.recovered == ["a.bin"])
        #expect(fourth.shards.map(\.status) == [.verified, .verified, .verified])
    }

    /// A write that restores size and time still changes the inode's own time.
    @Test func aFileWhoseTimeWasSetBackIsReadAgain() async throws {
        let path = scratch.path + "/a.bin"
        let written = try FileManager.default.attributesOfItem(atPath: path)[.modificationDate]
        _ = try await run(at: 0)
        var damaged = good
        damaged[1500] ^= 1
        let handle = try #require(FileHandle(forWritingAtPath: path))
        handle.write(Data(damaged))
        try handle.close()
        try FileManager.default.setAttributes([.modificationDate: try #require(written)], ofItemAtPath: path)
        #expect(try await run(at: 10).shards[0].status == .mismatch)
    }

    @Test func anotherExpectationMakesAProofWorthless() async throws {
        _ = try await run(at: 0)
        let other = Manifest(
            path: "sums",
            form: .checksums,
            entries: [ManifestEntry(name: "a.bin", sha256: sha256([1]))]
        )
        let verifier = Verifier(folder: ShardFolder(path: scratch.path), manifest: other, workers: 1)
        let now = start + 10
        let outcome = try await IncrementalVerifier(verifier, ledger: ledger, now: { now }).run()
        #expect(outcome.shards[0].status == .mismatch)
    }

    @Test func aFileWrittenWhileItWasProvedIsNotTrusted() async throws {
        let future = Date(timeIntervalSince1970: Double(start))
        try FileManager.default.setAttributes([.modificationDate: future], ofItemAtPath: scratch.path + "/a.bin")
        _ = try await run(at: 0)
        #expect(try await run(at: 10).summary.read == 1)
    }

    @Test func whatTheTimeDoesNotSufficeForComesFirstNextTime() async throws {
        let first = try await run(at: 0, limit: 0)
        #expect(first.summary.left == 3)
        #expect(first.shards.allSatisfy { $0.status == .unproved && $0.detail.contains("never read before") })
        _ = try await run(at: 10, names: ["a.bin"])
        _ = try await run(at: 20, names: ["b.bin"])
        // All are too old: c was never read, then a, then b.
        let last = try await run(at: 5000, limit: 0)
        #expect(last.summary.left == 3)
        #expect(last.shards[0].detail.contains("last verified 20"))
    }

    @Test func sizesAreLookedAtEvenWithoutTime() async throws {
        try scratch.write("b.bin", Array(good.dropLast()))
        try FileManager.default.removeItem(atPath: scratch.path + "/c.bin")
        let outcome = try await run(at: 0, limit: 0)
        #expect(outcome.shards.map(\.status) == [.unproved, .short, .missing])
    }

    @Test func theOldestProofsAreMadeAgainFirst() async throws {
        _ = try await run(at: 0, names: ["b.bin"])
        _ = try await run(at: 10, names: ["a.bin"])
        let order = Mutex<[String]>([])
        let manifest = Manifest(
            path: "lock",
            form: .lock,
            entries: ["a.bin", "b.bin", "c.bin"].map { ManifestEntry(name: $0, sha256: sha256(good)) }
        )
        // One shard a unit, so that the order is seen.
        let verifier = Verifier(folder: ShardFolder(path: scratch.path), manifest: manifest, workers: 1)
        let now = start + 5000
        _ = try await IncrementalVerifier(verifier, ledger: ledger, maximumAge: 1, now: { now }).run()
        let records = try ledger.records(of: ShardFolder(path: scratch.path))
        #expect(records.values.allSatisfy { $0.checked == now })
        order.withLock { $0 = records.keys.sorted() }
        #expect(order.withLock { $0 } == ["a.bin", "b.bin", "c.bin"])
    }

    @Test func aDamagedLedgerIsAClearError() throws {
        let path = try scratch.write("broken.sqlite", [UInt8](repeating: 7, count: 5000))
        #expect { try Ledger(path: path) } throws: {
            "\($0)".contains("cannot open the ledger") && "\($0)".contains("never data")
        }
    }

    @Test func timeSpansAreRead() {
        #expect(ShardAge.seconds("90s") == 90)
        #expect(ShardAge.seconds("12h") == 43_200)
        #expect(ShardAge.seconds("2w") == 1_209_600)
        #expect(ShardAge.seconds("0") == 0)
        for text in ["", "d", "-1d", "7", "99999999999999999w", "1.5h"] { #expect(ShardAge.seconds(text) == nil) }
    }
}

/// Large shards are read by several workers at once.
@Suite struct ParallelVerificationTests {
    @Test func aLargeShardIsReadInPartsAndItsDamageFound() async throws {
        let scratch = try Scratch()
        let pieceBytes = 4 << 20
        var bytes = [UInt8](repeating: 0, count: 150 << 20)
        for index in stride(from: 0, to: bytes.count, by: 4093) { bytes[index] = UInt8(truncatingIfNeeded: index) }
        let whole = entry("a.dat", bytes, pieceBytes: pieceBytes)
        let manifest = Manifest(path: "lock", form: .lock, pieceBytes: pieceBytes, entries: [whole])
        let verifier = Verifier(folder: ShardFolder(path: scratch.path), manifest: manifest, workers: 2)
        let path = try scratch.write("a.dat", bytes)
        let read = Mutex(0)
        let sound = await verifier.verifyAll { count in read.withLock { $0 += count } }
        #expect(sound.map(\.status) == [.verified])
        #expect(read.withLock { $0 } == bytes.count)
        let handle = try #require(FileHandle(forWritingAtPath: path))
        for offset in [5, 70 << 20, (150 << 20) - 1] {
            try handle.seek(toOffset: UInt64(offset))
            handle.write(Data([0xff]))
        }
        try handle.close()
        let damaged = await verifier.verifyAll()
        #expect(damaged.map(\.status) == [.mismatch])
        #expect(
            damaged[0].damagedRanges == [0..<pieceBytes, 68 << 20..<72 << 20, 148 << 20..<150 << 20]
        )
    }
}
