import Foundation
import Shards
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
        let manifest = Manifest(path: "lock", form: "lock", pieceBytes: 1024, entries: [entry])
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

    @Test func aStalePartialFileOfAKilledRunIsReplaced() async throws {
        try scratch.write("data/a.bin", bad)
        try scratch.write("data/.a.bin.repaired.partial", Array(repeating: 1, count: 100_000))
        try scratch.write("pristine/a.bin", good)
        _ = try await repair("a.bin", entry: entry("a.bin", good, pieceBytes: 1024), source: "pristine")
        #expect(scratch.read("data/a.bin") == good)
        #expect(!scratch.names("data").contains(".a.bin.repaired.partial"))
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
        let list = Manifest(path: "list", form: "checksums", entries: [ManifestEntry(name: "a.bin")])
        let lock = try await builder.lock(list, source: "https://example.org/d")
        #expect(lock.entries[0].tokens == 3)
        #expect(lock.entries[0].sha256 == sha256(bytes))
        #expect(lock.entries[0].pieces.count == 2)
        #expect(lock.entries[0].sources == ["https://example.org/d/a.bin"])
        let wrong = Manifest(
            path: "list",
            form: "checksums",
            entries: [ManifestEntry(name: "a.bin", sha256: sha256([1]))]
        )
        await #expect(throws: ShardError.self) { try await builder.lock(wrong) }
    }
}
