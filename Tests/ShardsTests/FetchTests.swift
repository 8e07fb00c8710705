import Shards
import Testing

/// Downloads from a server on this machine, friendly and hostile. A final name always means a proved file.
@Suite struct FetchTests {
    private let scratch: Scratch
    private let good = llmcShard((0..<6000).map { UInt16($0 % 251) })

    init() throws {
        scratch = try Scratch()
    }

    /// Fetches `a.bin` from a server with the given answers.
    private func fetch(_ answers: [String: [LoopbackServer.Answer]], entry wanted: ManifestEntry? = nil) async throws
        -> Fetcher.Result
    {
        let server = try await LoopbackServer(answers)
        let source = try ShardSource(server.address, relativeTo: "/")
        let shard = wanted ?? entry("a.bin", good, pieceBytes: 1024)
        let path = scratch.path + "/a.bin"
        do {
            let result = try await Fetcher.with(FetchPolicy(source: source)) {
                try await $0.fetch(shard, from: source, to: path)
            }
            try await server.stop()
            return result
        } catch {
            try await server.stop()
            throw error
        }
    }

    @Test func aGoodShardIsProvedAndNamed() async throws {
        let result = try await fetch(["/a.bin": [.body(good)]])
        #expect(result.proved && result.bytes == good.count)
        #expect(scratch.read("a.bin") == good)
        #expect(scratch.names() == ["a.bin"])
    }

    @Test func otherBytesOfTheRightLengthAreRefused() async throws {
        await #expect(throws: ShardError.self) { try await fetch(["/a.bin": [.body(Array(good.reversed()))]]) }
        #expect(scratch.names().isEmpty)
    }

    @Test func aBrokenConnectionIsTriedAgain() async throws {
        let half = Array(good.prefix(good.count / 2))
        let result = try await fetch([
            "/a.bin": [.cutShort(half, claimed: good.count), .status(503, ["Retry-After": "0"]), .body(good)]
        ])
        #expect(result.proved)
        #expect(scratch.read("a.bin") == good)
    }

    @Test func aShortBodyThatEndsCleanlyIsNotKept() async throws {
        await #expect(throws: ShardError.self) { try await fetch(["/a.bin": [.body(Array(good.dropLast(3)))]]) }
        #expect(scratch.names().isEmpty)
    }

    @Test func anEndlessBodyIsStoppedAtTheKnownSize() async throws {
        await #expect(throws: ShardError.self) { try await fetch(["/a.bin": [.endless]]) }
        #expect(scratch.names().isEmpty)
    }

    @Test func aRedirectIsFollowedAndALoopIsNot() async throws {
        let result = try await fetch(["/a.bin": [.status(302, ["Location": "/b"])], "/b": [.body(good)]])
        #expect(result.proved)
        await #expect(throws: ShardError.self) { try await fetch(["/a.bin": [.status(302, ["Location": "/a.bin"])]]) }
    }

    @Test func anErrorPageNeverBecomesAShard() async throws {
        let unknown = ManifestEntry(name: "a.bin", sha256: sha256(good))
        await #expect { try await fetch([:], entry: unknown) } throws: { "\($0)".contains("404") }
        #expect(scratch.names().isEmpty)
    }

    @Test func withoutADigestNothingGetsAFinalName() async throws {
        let unknown = ManifestEntry(name: "a.bin")
        await #expect { try await fetch(["/a.bin": [.body(good)]], entry: unknown) } throws: {
            "\($0)".contains("no digest of a.bin is known")
        }
        #expect(scratch.names().isEmpty)
    }

    @Test func aRefusedConnectionFailsFast() async throws {
        let server = try await LoopbackServer([:])
        try await server.stop()
        let shard = entry("a.bin", good, pieceBytes: 1024)
        let path = scratch.path + "/a.bin"
        for address in [server.address, "http://localhost:\(server.port)/", "http://no-such-host.invalid/"] {
            let source = try ShardSource(address, relativeTo: "/")
            await #expect {
                try await Fetcher.with(FetchPolicy(source: source)) {
                    _ = try await $0.fetch(shard, from: source, to: path)
                }
            } throws: { "\($0)".contains(", 2 times") }
        }
        #expect(scratch.names().isEmpty)
    }

    @Test func aFileThatStandsThereIsOnlyReplacedWhenWanted() async throws {
        try scratch.write("pristine/a.bin", good)
        try scratch.write("a.bin", "mine")
        let source = ShardSource.folder(scratch.path + "/pristine")
        let shard = entry("a.bin", good, pieceBytes: 1024)
        let path = scratch.path + "/a.bin"
        await #expect(throws: ShardError.self) {
            try await Fetcher.with { try await $0.fetch(shard, from: source, to: path, replacing: false) }
        }
        #expect(scratch.read("a.bin") == Array("mine".utf8))
        _ = try await Fetcher.with { try await $0.fetch(shard, from: source, to: path) }
        #expect(scratch.read("a.bin") == good)
        #expect(scratch.names() == ["a.bin", "pristine"])
    }
}
