import Foundation
import NIOHTTP1
import Shards
import Terms
import Testing

/// Downloads that an earlier run began, and repairs by pieces.
@Suite struct ResumeTests {
    private let scratch: Scratch
    private let pieceBytes = 1 << 16
    private let good: [UInt8]
    private let shard: ManifestEntry

    init() throws {
        scratch = try Scratch()
        var bytes = [UInt8](repeating: 0, count: 5 << 20)
        for index in bytes.indices { bytes[index] = UInt8(truncatingIfNeeded: index &* 31 &+ index >> 8) }
        good = bytes
        shard = entry("a.dat", bytes, pieceBytes: 1 << 16)
    }

    private func policy(_ source: ShardSource) -> FetchPolicy {
        var policy = FetchPolicy(source: source)
        policy.limits.pause = .milliseconds(1)
        policy.limits.longestPause = .milliseconds(5)
        return policy
    }

    private func hidden() -> [String] { scratch.names().filter { $0.hasPrefix(".") } }

    private func fetch(_ answers: [LoopbackServer.Answer]) async throws -> [LoopbackServer.Request] {
        let server = try await LoopbackServer(["/a.dat": answers])
        let source = try ShardSource(server.address, relativeTo: "/")
        let (path, shard, pieceBytes) = (scratch.path + "/a.dat", shard, pieceBytes)
        do {
            _ = try await Fetcher.with(policy(source)) {
                try await $0.fetch(shard, from: source, to: path, pieceBytes: pieceBytes)
            }
        } catch {
            try await server.stop()
            throw error
        }
        try await server.stop()
        return server.requests
    }

    /// A run that dies in the middle: the server gives 3 MiB and then breaks off, again and again.
    private func leaveAPart(tag: String = "\"1\"") async throws {
        let half = LoopbackServer.Answer.brokenFile(good, tag: tag, after: 3 << 20)
        await #expect(throws: ShardError.self) {
            try await fetch([half] + Array(repeating: .status(503, [:]), count: 9))
        }
    }

    @Test func aLaterRunGoesOnWithWhatAnEarlierOneLeft() async throws {
        try await leaveAPart()
        #expect(scratch.read("a.dat") == nil)
        #expect(hidden().count == 2)
        // The server here has another address, and so nothing is known of the tag.
        let requests = try await fetch([.file(good, tag: "\"1\"")])
        let range = try #require(requests.first?.headers.first(name: "Range"))
        let start = try #require(Int(range.dropFirst(6).dropLast()))
        // Whole pieces of what the client had taken off the connection.
        #expect(requests.count == 1 && start >= 1 << 19 && start % pieceBytes == 0)
        #expect(scratch.read("a.dat") == good)
        #expect(scratch.names() == ["a.dat"])
    }

    @Test func onlyPiecesThatAreSoundAreGoneOnWith() async throws {
        try await leaveAPart()
        let partial = try #require(hidden().first { $0.hasSuffix(".partial") })
        var bytes = try #require(scratch.read(partial))
        bytes[10 * pieceBytes + 7] ^= 1
        // In place, as a failing disk does it.
        let handle = try #require(FileHandle(forWritingAtPath: scratch.path + "/" + partial))
        handle.write(Data(bytes))
        try handle.close()
        let requests = try await fetch([.file(good, tag: "\"1\"")])
        #expect(requests.map { $0.headers.first(name: "Range") } == ["bytes=\(10 * pieceBytes)-"])
        #expect(scratch.read("a.dat") == good)
    }

    @Test func whatAnEarlierRunLeftOfOtherContentIsLeftAlone() async throws {
        try await leaveAPart()
        let note = try #require(hidden().first { $0.hasSuffix(".json") })
        var text = String(decoding: try #require(scratch.read(note)), as: UTF8.self)
        text = text.replacingOccurrences(of: shard.sha256?.description ?? "", with: String(repeating: "0", count: 64))
        try scratch.write(note, text)
        let requests = try await fetch([.file(good, tag: "\"1\"")])
        #expect(requests.map { $0.headers.first(name: "Range") } == [nil])
        #expect(scratch.read("a.dat") == good)
        #expect(hidden().count == 2)
    }

    @Test func ofAnotherMachineNothingIsTaken() async throws {
        try await leaveAPart()
        let note = try #require(hidden().first { $0.hasSuffix(".json") })
        let text = String(decoding: try #require(scratch.read(note)), as: UTF8.self)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        let host = try #require(object["host"] as? String)
        try scratch.write(note, text.replacingOccurrences(of: "\"\(host)\"", with: "\"elsewhere\""))
        let requests = try await fetch([.file(good, tag: "\"1\"")])
        #expect(requests.map { $0.headers.first(name: "Range") } == [nil])
    }

    /// Damages two places and repairs from a server.
    private func repair(
        _ answers: [LoopbackServer.Answer],
        damage: [Int] = [70_000, 70_001, 900_000]
    ) async throws -> (ShardVerification, [LoopbackServer.Request]) {
        var bytes = good
        for offset in damage { bytes[offset] ^= 1 }
        try scratch.write("a.dat", bytes)
        let server = try await LoopbackServer(["/a.dat": answers])
        let source = try ShardSource(server.address, relativeTo: "/")
        let folder = ShardFolder(path: scratch.path)
        let manifest = Manifest(path: "lock", form: .lock, pieceBytes: pieceBytes, entries: [shard])
        let before = Verifier(folder: folder, manifest: manifest, workers: 1).verify(shard)
        let repairer = Repairer(folder: folder, source: source, pieceBytes: pieceBytes)
        let entry = shard
        let result = try await Fetcher.with(policy(source)) {
            try await repairer.repair(before, entry: entry, with: $0)
        }
        try await server.stop()
        #expect(scratch.read("a.dat") == good)
        #expect(scratch.names("quarantine").count == 2)
        return (result, server.requests)
    }

    @Test func aRepairFetchesOnlyDamagedPieces() async throws {
        let (result, requests) = try await repair([.file(good, tag: "\"1\"")])
        #expect(result.status == .repaired)
        #expect(
            requests.map { $0.headers.first(name: "Range") } == ["bytes=65536-131071", "bytes=851968-917503"]
        )
        #expect(result.detail.contains("2 of 80 pieces fetched (131072 bytes) and proved"))
    }

    @Test func aServerWithoutRangesGivesTheWholeShard() async throws {
        let (result, requests) = try await repair([.body(good)])
        #expect(result.status == .repaired && result.detail.contains("replaced and proved"))
        #expect(requests.last?.headers.first(name: "Range") == nil)
    }

    @Test func piecesWithOtherBytesAreNotUsed() async throws {
        let wrong = LoopbackServer.Answer.reply(
            206,
            ["Content-Range": "bytes 65536-131071/\(good.count)"],
            [UInt8](repeating: 3, count: pieceBytes)
        )
        let (result, _) = try await repair([wrong, .file(good, tag: "\"1\"")])
        #expect(result.status == .repaired)
    }

    @Test func aShardThatIsMostlyDamagedIsFetchedAsAWhole() async throws {
        let (_, requests) = try await repair(
            [.file(good, tag: "\"1\"")],
            damage: Array(stride(from: 5, to: good.count, by: 100_000))
        )
        #expect(requests.map { $0.headers.first(name: "Range") } == [nil])
    }

    @Test func aFullDiskIsAnErrorBeforeTheFirstByte() throws {
        #expect { try FreeSpace.require(1 << 60, at: scratch.path) } throws: { "\($0)".contains("bytes are free") }
        try FreeSpace.require(1, at: scratch.path)
    }
}

/// Repositories of the Hub, played by a server on this machine.
@Suite struct HubFetchTests {
    @Test func listsAllPagesAndPinsTheCommit() async throws {
        let commit = String(repeating: "ab", count: 20)
        let content = Array("shard".utf8)
        let sha = ContentDigest.of(content, .sha256).hex
        let git = ContentDigest.of(content, .gitSHA1).hex
        let tree = "/api/datasets/o/n/tree/\(commit)"
        let first =
            "[{\"type\":\"file\",\"path\":\"a b.bin\",\"oid\":\"\(git)\",\"size\":5,\"lfs\":{\"oid\":\"\(sha)\",\"size\":5}}]"
        let second = "[{\"type\":\"file\",\"path\":\"sub/c.json\",\"oid\":\"\(git)\",\"size\":5}]"
        let server = try await LoopbackServer([
            "/api/datasets/o/n/revision/v1": [.body(Array("{\"sha\":\"\(commit)\"}".utf8))],
            "\(tree)?recursive=true&limit=1000": [
                .reply(200, ["Link": "<\(tree)?cursor=2>; rel=\"next\""], Array(first.utf8))
            ],
            "\(tree)?cursor=2": [.body(Array(second.utf8))],
            "/datasets/o/n/resolve/\(commit)/a%20b.bin": [.status(302, ["Location": "/cdn/x"])],
            "/cdn/x": [.body(content)],
            "/datasets/o/n/resolve/\(commit)/sub/c.json": [.body(content)],
        ])
        let endpoint = String(server.address.dropLast())
        let environment = ["HF_ENDPOINT": endpoint, "HF_TOKEN": "hub-secret"]
        let scratch = try Scratch()
        let policy = FetchPolicy(source: nil, environment: environment)
        let results = try await Fetcher.with(policy) { fetcher in
            let (manifest, source) = try await HubListing.manifest(
                try HubAddress("hf://datasets/o/n@v1"),
                with: fetcher,
                environment: environment
            )
            #expect(manifest.entries.map(\.name) == ["a b.bin", "sub/c.json"])
            let installer = Installer(folder: ShardFolder(path: scratch.path))
            var statuses: [ShardStatus] = []
            for entry in manifest.entries {
                statuses.append(try await installer.install(entry, from: source, with: fetcher).status)
            }
            return statuses
        }
        #expect(results == [.verified, .verified])
        #expect(scratch.read("sub/c.json") == content)
        #expect(server.requests.allSatisfy { $0.headers.first(name: "Authorization") == "Bearer hub-secret" })
        try await server.stop()
    }

    @Test func aNextPageOnAnotherHostIsRefused() async throws {
        let commit = String(repeating: "ab", count: 20)
        let server = try await LoopbackServer([
            "/api/datasets/o/n/revision/main": [.body(Array("{\"sha\":\"\(commit)\"}".utf8))],
            "/api/datasets/o/n/tree/\(commit)?recursive=true&limit=1000": [
                .reply(200, ["Link": "<https://evil.example/x>; rel=\"next\""], Array("[]".utf8))
            ],
        ])
        let environment = ["HF_ENDPOINT": server.address]
        await #expect {
            _ = try await Fetcher.with(FetchPolicy(source: nil, environment: environment)) {
                try await HubListing.manifest(try HubAddress("hf://datasets/o/n"), with: $0, environment: environment)
                    .manifest
            }
        } throws: { "\($0)".contains("on another host") }
        try await server.stop()
    }
}
