import Foundation
import Shards
import Synchronization
import Terms
import Testing

@Suite struct RepairTests {
    private let scratch: Scratch
    private let good = llmcShard((0..<6000).map { UInt16($0 % 251) })
    private var bad: [UInt8] {
        var bytes = good
        for index in 5000..<5100 { bytes[index] = 0 }
        return bytes
    }

    init() throws {
        scratch = try Scratch()
    }

    private func repair(_ name: String, entry: ManifestEntry, source: String) async throws -> ShardVerification {
        let folder = ShardFolder(path: scratch.path + "/data")
        let manifest = Manifest(path: "lock", form: .lock, pieceBytes: 1024, entries: [entry])
        let before = Verifier(folder: folder, manifest: manifest, workers: 1).verify(entry)
        let repairer = Repairer(folder: folder, source: try ShardSource(source, relativeTo: scratch.path))
        return try await Fetcher.with { try await repairer.repair(before, entry: entry, with: $0) }
    }

    @Test func aDamagedShardIsReplacedAndKeptInQuarantine() async throws {
        try scratch.write("data/a.bin", bad)
        try scratch.write("pristine/a.bin", good)
        let result = try await repair("a.bin", entry: entry("a.bin", good, pieceBytes: 1024), source: "pristine")
        #expect(result.status == .repaired)
        #expect(scratch.read("data/a.bin") == good)
        let kept = scratch.names("data/quarantine")
        #expect(kept.count == 2)
        let file = try #require(kept.first { !$0.hasSuffix(".json") })
        #expect(scratch.read("data/quarantine/" + file) == bad)
        let note = try #require(scratch.read("data/quarantine/" + file + ".json"))
        #expect(String(decoding: note, as: UTF8.self).contains("\"status\" : \"mismatch\""))
        #expect(scratch.names("data") == ["a.bin", "quarantine"])
    }

    @Test func aMissingShardIsFetched() async throws {
        try scratch.write("data/other.bin", good)
        try scratch.write("pristine/a.bin", good)
        let url = "file://" + scratch.path + "/pristine"
        let result = try await repair("a.bin", entry: entry("a.bin", good, pieceBytes: 1024), source: url)
        #expect(result.status == .repaired)
        #expect(scratch.read("data/a.bin") == good)
    }

    @Test func aWrongSourceChangesNothing() async throws {
        try scratch.write("data/a.bin", bad)
        try scratch.write("pristine/a.bin", Array(good.reversed()))
        await #expect(throws: ShardError.self) {
            try await repair("a.bin", entry: entry("a.bin", good, pieceBytes: 1024), source: "pristine")
        }
        #expect(scratch.read("data/a.bin") == bad)
        #expect(scratch.names("data") == ["a.bin"])
    }

    @Test func nothingIsReplacedWithoutADigestToProveIt() async throws {
        try scratch.write("data/a.bin", bad)
        try scratch.write("pristine/a.bin", good)
        await #expect(throws: ShardError.self) {
            try await repair("a.bin", entry: ManifestEntry(name: "a.bin", bytes: 1), source: "pristine")
        }
        #expect(scratch.read("data/a.bin") == bad)
    }

    /// What looks like our files and is not one of a dead process of ours is the user's.
    @Test func filesOfTheUserAreNeverTouched() async throws {
        let mine: [UInt8] = [1, 2, 3]
        let names = [
            "a.bin.repaired", ".a.bin.repaired.partial", ".a.bin.partial", ".a.bin.trainaudit-1-x.partial",
            ".a.bin.trainaudit-\(getpid())-ab.partial", ".b.bin.trainaudit-999999999-ab.partial",
            ".a.bin.trainaudit-999999999-ab.partial.bak", ".a.bin.trainaudit-999999999-fresh.partial",
        ]
        try scratch.write("data/a.bin", bad)
        for name in names {
            let path = try scratch.write("data/" + name, mine)
            if !name.contains("fresh") { try makeOld(path) }
        }
        try scratch.write("pristine/a.bin", good)
        _ = try await repair("a.bin", entry: entry("a.bin", good, pieceBytes: 1024), source: "pristine")
        #expect(scratch.read("data/a.bin") == good)
        for name in names { #expect(scratch.read("data/" + name) == mine, "\(name)") }
        #expect(scratch.names("data").count == names.count + 2)
    }

    @Test func anOldPartialFileOfADeadProcessIsRemoved() async throws {
        try scratch.write("data/a.bin", bad)
        try makeOld(try scratch.write("data/.a.bin.trainaudit-999999999-ab12.partial", [1]))
        let fresh = ".a.bin.trainaudit-999999999-ab13.partial"
        try scratch.write("data/" + fresh, [1])
        try scratch.write("pristine/a.bin", good)
        _ = try await repair("a.bin", entry: entry("a.bin", good, pieceBytes: 1024), source: "pristine")
        #expect(scratch.names("data") == [fresh, "a.bin", "quarantine"])
    }

    private func makeOld(_ path: String) throws {
        let old = Date(timeIntervalSinceNow: -7200)
        try FileManager.default.setAttributes([.modificationDate: old], ofItemAtPath: path)
    }

    @Test func theReplacementKeepsThePermissions() async throws {
        let path = try scratch.write("data/a.bin", bad)
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
        try scratch.write("pristine/a.bin", good)
        _ = try await repair("a.bin", entry: entry("a.bin", good, pieceBytes: 1024), source: "pristine")
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o640)
    }

    @Test func twoRepairsAtOnceQuarantineOnce() async throws {
        try scratch.write("data/a.bin", bad)
        try scratch.write("pristine/a.bin", good)
        let folder = ShardFolder(path: scratch.path + "/data")
        let shard = entry("a.bin", good, pieceBytes: 1024)
        let manifest = Manifest(path: "lock", form: .lock, pieceBytes: 1024, entries: [shard])
        let before = Verifier(folder: folder, manifest: manifest, workers: 1).verify(shard)
        let repairer = Repairer(folder: folder, source: try ShardSource("pristine", relativeTo: scratch.path))
        let results = try await Fetcher.with { fetcher in
            await Concurrently.map(Array(0..<8), limit: 8) { _ in
                try await repairer.repair(before, entry: shard, with: fetcher)
            }
        }
        let done = try results.map { try $0.get() }
        #expect(done.filter { $0.status == .repaired }.count == 1)
        #expect(done.filter { $0.status == .verified && $0.detail.hasPrefix("already sound") }.count == 7)
        #expect(scratch.names("data") == ["a.bin", "quarantine"])
        #expect(scratch.names("data/quarantine").count == 2)
    }

    @Test func theNoteAndNameSayTheDigestOfTheFileAsItIs() async throws {
        try scratch.write("data/a.bin", Array(good.dropLast(100)))
        try scratch.write("pristine/a.bin", good)
        let shard = entry("a.bin", good, pieceBytes: 1024)
        let folder = ShardFolder(path: scratch.path + "/data")
        let manifest = Manifest(path: "lock", form: .lock, pieceBytes: 1024, entries: [shard])
        let before = Verifier(folder: folder, manifest: manifest, workers: 1).verify(shard)
        #expect(before.status == .short)
        // Another writer changes it between verification and repair.
        try scratch.write("data/a.bin", bad)
        let repairer = Repairer(folder: folder, source: try ShardSource("pristine", relativeTo: scratch.path))
        let result = try await Fetcher.with { try await repairer.repair(before, entry: shard, with: $0) }
        #expect(result.detail.hasPrefix("was mismatch"))
        let digest = sha256(bad).description
        let name = "\(digest.prefix(12))-a.bin"
        #expect(scratch.names("data/quarantine") == [name, name + ".json"])
        let note = String(decoding: try #require(scratch.read("data/quarantine/\(name).json")), as: UTF8.self)
        #expect(note.contains("\"actual\" : \"\(digest)\""))
    }

    @Test func aShortShardIsNamedByItsDigest() async throws {
        let short = Array(good.dropLast(100))
        try scratch.write("data/a.bin", short)
        try scratch.write("pristine/a.bin", good)
        _ = try await repair("a.bin", entry: entry("a.bin", good, pieceBytes: 1024), source: "pristine")
        let name = "\(sha256(short).description.prefix(12))-a.bin"
        #expect(scratch.names("data/quarantine") == [name, name + ".json"])
    }

    @Test func aFileInTheWayOfTheQuarantineIsAnErrorAndChangesNothing() async throws {
        try scratch.write("data/a.bin", bad)
        try scratch.write("data/quarantine", "mine")
        try scratch.write("pristine/a.bin", good)
        await #expect {
            try await repair("a.bin", entry: entry("a.bin", good, pieceBytes: 1024), source: "pristine")
        } throws: { error in
            guard case ShardError.file(_, let path, let reason) = error else { return false }
            return path.hasSuffix("data/quarantine") && reason.contains("not a folder")
        }
        #expect(scratch.read("data/a.bin") == bad)
        #expect(scratch.names("data") == ["a.bin", "quarantine"])
    }

    @Test func namesInQuarantineThatAreTakenAreLeftAlone() async throws {
        let tag = sha256(bad).description.prefix(12)
        try scratch.write("data/a.bin", bad)
        try scratch.write("data/quarantine/\(tag)-a.bin.json", "mine")
        try scratch.write("data/quarantine/\(tag)-2-a.bin", "mine")
        try scratch.write("pristine/a.bin", good)
        _ = try await repair("a.bin", entry: entry("a.bin", good, pieceBytes: 1024), source: "pristine")
        #expect(scratch.read("data/quarantine/\(tag)-3-a.bin") == bad)
        #expect(
            scratch.names("data/quarantine") == [
                "\(tag)-2-a.bin", "\(tag)-3-a.bin", "\(tag)-3-a.bin.json", "\(tag)-a.bin.json",
            ]
        )
    }

    @Test func aFolderUnderAShardsNameIsLeftAlone() async throws {
        try scratch.write("data/a.bin/inside", "mine")
        try scratch.write("pristine/a.bin", good)
        await #expect(throws: ShardError.self) {
            try await repair("a.bin", entry: entry("a.bin", good, pieceBytes: 1024), source: "pristine")
        }
        #expect(scratch.names("data") == ["a.bin"])
        #expect(scratch.names("data/a.bin") == ["inside"])
    }

    @Test func aLinkStaysAndTheFileItPointsToIsReplaced() async throws {
        try scratch.write("data/real/x.bin", bad)
        try scratch.link("data/a.bin", to: "real/x.bin")
        try scratch.write("pristine/a.bin", good)
        let result = try await repair("a.bin", entry: entry("a.bin", good, pieceBytes: 1024), source: "pristine")
        #expect(result.status == .repaired)
        #expect(scratch.target("data/a.bin") == "real/x.bin")
        #expect(scratch.target("data/real/x.bin") == nil)
        #expect(scratch.read("data/real/x.bin") == good)
        let name = "\(sha256(bad).description.prefix(12))-a.bin"
        #expect(scratch.target("data/quarantine/" + name) == nil)
        #expect(scratch.read("data/quarantine/" + name) == bad)
        let note = String(decoding: try #require(scratch.read("data/quarantine/\(name).json")), as: UTF8.self)
        #expect(note.contains("\"linkTo\" : \"real/x.bin\""))
        #expect(scratch.names("data/real") == ["x.bin"])
    }

    @Test func linksOutOfTheFolderAndIntoNothingAreRefused() async throws {
        try scratch.write("outside/a.bin", bad)
        try scratch.write("data/other.bin", bad)
        try scratch.link("data/a.bin", to: "../outside/a.bin")
        try scratch.link("data/sub", to: "../outside")
        try scratch.link("data/none.bin", to: "nowhere/none.bin")
        for name in ["a.bin", "sub/new.bin", "none.bin"] {
            try scratch.write("pristine/" + name, good)
            await #expect(throws: ShardError.self) {
                try await repair(name, entry: entry(name, good, pieceBytes: 1024), source: "pristine")
            }
        }
        #expect(scratch.read("outside/a.bin") == bad)
        #expect(scratch.names("outside") == ["a.bin"])
        #expect(scratch.names("data") == ["a.bin", "none.bin", "other.bin", "sub"])
    }

    @Test func missingSubfoldersAreMadeAndRemovedWhenTheRepairFails() async throws {
        try scratch.write("data/other.bin", good)
        try scratch.write("pristine/x/y/a.bin", good)
        let shard = entry("x/y/a.bin", good, pieceBytes: 1024)
        let wrong = entry("x/y/a.bin", bad, pieceBytes: 1024)
        await #expect(throws: ShardError.self) { try await repair(shard.name, entry: wrong, source: "pristine") }
        #expect(scratch.names("data") == ["other.bin"])
        let result = try await repair(shard.name, entry: shard, source: "pristine")
        #expect(result.status == .repaired)
        #expect(scratch.read("data/x/y/a.bin") == good)
        #expect(scratch.names("data/x/y") == ["a.bin"])
    }

    @Test func errorsNameTheShardsPath() async throws {
        try scratch.write("data/a.bin", bad)
        let path = scratch.path + "/data/a.bin"
        await #expect {
            try await repair("a.bin", entry: ManifestEntry(name: "a.bin", bytes: 1), source: "pristine")
        } throws: { "\($0)".hasPrefix(path + ": cannot repair: no digest") }
        let folder = ShardFolder(path: scratch.path + "/data")
        #expect { try folder.resolve("../x.bin") } throws: {
            "\($0)".hasPrefix(scratch.path + "/data/../x.bin: the name")
        }
    }

    @Test func aNameOfTheLargestLengthCanBeRepaired() async throws {
        let name = String(repeating: "n", count: 251) + ".bin"
        try scratch.write("data/" + name, bad)
        try scratch.write("pristine/" + name, good)
        let result = try await repair(name, entry: entry(name, good, pieceBytes: 1024), source: "pristine")
        #expect(result.status == .repaired)
        #expect(scratch.names("data") == [name, "quarantine"])
    }
}

@Suite struct InstallerTests {
    private let scratch: Scratch
    private let good = llmcShard((0..<600).map { UInt16($0 % 251) })

    init() throws {
        scratch = try Scratch()
        try FileManager.default.createDirectory(atPath: scratch.path + "/data", withIntermediateDirectories: true)
    }

    private func install(_ entry: ManifestEntry, allowsUnproved: Bool = false) async throws -> ShardVerification {
        let installer = Installer(folder: ShardFolder(path: scratch.path + "/data"), allowsUnproved: allowsUnproved)
        let source = try ShardSource("pristine", relativeTo: scratch.path)
        return try await Fetcher.with { try await installer.install(entry, from: source, with: $0) }
    }

    @Test func aShardWithoutADigestIsRefusedUnlessAllowed() async throws {
        try scratch.write("pristine/sub/a.bin", good)
        let unknown = ManifestEntry(name: "sub/a.bin", bytes: good.count)
        await #expect { try await install(unknown) } throws: { "\($0)".contains("--unproved") }
        #expect(scratch.names("data").isEmpty)
        let result = try await install(unknown, allowsUnproved: true)
        #expect(result.status == .unproved && result.level == .size)
        #expect(scratch.read("data/sub/a.bin") == good)
    }

    @Test func aFileThatHasAppearedIsLeftAlone() async throws {
        try scratch.write("pristine/a.bin", good)
        try scratch.write("data/a.bin", "mine")
        await #expect(throws: ShardError.self) { try await install(entry("a.bin", good, pieceBytes: 1024)) }
        #expect(scratch.read("data/a.bin") == Array("mine".utf8))
        try scratch.write("data/a.bin", good)
        let result = try await install(entry("a.bin", good, pieceBytes: 1024))
        #expect(result.status == .verified && result.detail.hasPrefix("already sound"))
        #expect(scratch.names("data") == ["a.bin"])
    }

    @Test func manyAreFetchedAtOnceInOrder() async throws {
        let entries = try (0..<40).map { index in
            let bytes = llmcShard([UInt16(index)])
            try scratch.write("pristine/deep/s\(index).bin", bytes)
            return entry("deep/s\(index).bin", index == 7 ? good : bytes, pieceBytes: 1024)
        }
        let installer = Installer(folder: ShardFolder(path: scratch.path + "/data"))
        let source = try ShardSource("pristine", relativeTo: scratch.path)
        let results = try await Fetcher.with { fetcher in
            await Concurrently.map(entries, limit: 8) { try await installer.install($0, from: source, with: fetcher) }
        }
        for (index, result) in results.enumerated() {
            #expect((try? result.get())?.name == (index == 7 ? nil : entries[index].name))
        }
        #expect(scratch.names("data/deep").count == 39)
    }
}

@Suite struct ConcurrentlyTests {
    @Test func neverRunsMoreThanTheLimit() async {
        let running = Mutex((now: 0, most: 0))
        let results = await Concurrently.map(Array(0..<30), limit: 3) { item in
            running.withLock {
                $0.now += 1
                $0.most = max($0.most, $0.now)
            }
            try await Task.sleep(for: .milliseconds(2))
            running.withLock { $0.now -= 1 }
            return item * 2
        }
        #expect(results.map { try? $0.get() } == (0..<30).map { $0 * 2 })
        #expect((2...3).contains(running.withLock { $0.most }))
    }
}

@Suite struct SourceTests {
    @Test func readsPathsFilesAndWebAddresses() throws {
        #expect(try ShardSource("pristine", relativeTo: "/runs/a") == .folder("/runs/a/pristine"))
        #expect(try ShardSource("/mnt/x", relativeTo: "/runs/a") == .folder("/mnt/x"))
        #expect(try ShardSource("file:///mnt/my%20x", relativeTo: "/") == .folder("/mnt/my x"))
        #expect(
            try ShardSource("https://example.org/d", relativeTo: "/").address(of: "a b.bin")
                == "https://example.org/d/a%20b.bin"
        )
        #expect(throws: ShardError.self) { try ShardSource("ftp://example.org/d", relativeTo: "/") }
        #expect(throws: ShardError.self) { try ShardSource("file://host/d", relativeTo: "/") }
    }
}

@Suite struct LockBuilderTests {
    @Test func locksAFolderAndRefusesWhatDoesNotMatch() async throws {
        let scratch = try Scratch()
        let bytes = llmcShard([1, 2, 3])
        try scratch.write("a.bin", bytes)
        let builder = LockBuilder(folder: ShardFolder(path: scratch.path), pieceBytes: 1024, workers: 2)
        let list = Manifest(path: "list", form: .checksums, entries: [ManifestEntry(name: "a.bin")])
        let lock = try await builder.lock(list, source: "https://example.org/d")
        #expect(lock.entries[0].tokens == 3)
        #expect(lock.entries[0].sha256 == sha256(bytes))
        #expect(lock.entries[0].pieces.count == 2)
        #expect(lock.entries[0].sources == ["https://example.org/d/a.bin"])
        let wrong = Manifest(
            path: "list",
            form: .checksums,
            entries: [ManifestEntry(name: "a.bin", sha256: sha256([1]))]
        )
        await #expect(throws: ShardError.self) { try await builder.lock(wrong) }
    }

    @Test func subfoldersAreLockedWithProgress() async throws {
        let scratch = try Scratch()
        let bytes = llmcShard([1, 2, 3])
        for name in ["b.bin", "a/y.bin", "a/deep/x.bin", ".hidden/h.bin", "quarantine/q.bin", "a/quarantine/q.bin"] {
            try scratch.write(name, bytes)
        }
        try scratch.link("a/deep/again", to: "../../a")
        let folder = ShardFolder(path: scratch.path)
        #expect(try Manifest(listing: folder).entries.map(\.name) == ["b.bin"])
        let list = try Manifest(listing: folder, isRecursive: true)
        #expect(list.entries.map(\.name) == ["a/deep/x.bin", "a/y.bin", "b.bin"])
        let read = Mutex(0)
        let lock = try await LockBuilder(folder: folder, workers: 2).lock(list) { count in
            read.withLock { $0 += count }
        }
        #expect(lock.entries.map(\.name) == list.entries.map(\.name))
        #expect(read.withLock { $0 } == 3 * bytes.count)
        #expect(Verifier(folder: folder, manifest: list, workers: 1).bytesOnDisk() == 3 * bytes.count)
    }
}
