import NIOHTTP1
import Shards
import Testing

/// What servers do wrong on purpose or by accident. Nothing of it may reach a final name or hang.
@Suite struct HostileServerTests {
    private let scratch: Scratch
    private let good = llmcShard((0..<6000).map { UInt16($0 % 251) })

    init() throws {
        scratch = try Scratch()
    }

    /// Fetches `a.bin` under a policy that is quick to try again.
    private func fetch(
        _ answers: [String: [LoopbackServer.Answer]],
        entry wanted: ManifestEntry? = nil,
        _ change: (inout FetchPolicy) -> Void = { _ in }
    ) async throws -> (Fetcher.Result, [LoopbackServer.Request]) {
        let server = try await LoopbackServer(answers)
        let source = try ShardSource(server.address, relativeTo: "/")
        var policy = FetchPolicy(source: source, environment: ["TRAINAUDIT_TOKEN": "secret"])
        policy.limits.pause = .milliseconds(1)
        policy.limits.longestPause = .milliseconds(5)
        change(&policy)
        let (final, shard) = (scratch.path + "/a.bin", wanted ?? entry("a.bin", good, pieceBytes: 1024))
        do {
            let result = try await Fetcher.with(policy) {
                try await $0.fetch(shard, from: source, to: final, pieceBytes: 1024)
            }
            try await server.stop()
            return (result, server.requests)
        } catch {
            try await server.stop()
            throw error
        }
    }

    private func expectRefusal(
        _ answers: [String: [LoopbackServer.Answer]],
        containing text: String,
        _ change: (inout FetchPolicy) -> Void = { _ in },
        location: SourceLocation = #_sourceLocation
    ) async {
        await #expect(sourceLocation: location) { try await fetch(answers, change) } throws: {
            "\($0)".contains(text)
        }
        #expect(scratch.names().isEmpty, sourceLocation: location)
    }

    private func fetch(
        _ answers: [String: [LoopbackServer.Answer]],
        _ change: (inout FetchPolicy) -> Void
    ) async throws -> (Fetcher.Result, [LoopbackServer.Request]) {
        try await fetch(answers, entry: nil, change)
    }

    @Test func aBrokenDownloadGoesOnWhereItStopped() async throws {
        let (result, requests) = try await fetch([
            "/a.bin": [
                .brokenFile(good, tag: "\"1\"", after: 5000), .brokenFile(good, tag: "\"1\"", after: 4000),
                .file(good, tag: "\"1\""),
            ]
        ])
        #expect(result.proved)
        #expect(scratch.read("a.bin") == good)
        #expect(requests.map { $0.headers.first(name: "Range") } == [nil, "bytes=5000-", "bytes=9000-"])
        #expect(requests[1].headers.first(name: "If-Range") == "\"1\"")
        #expect(requests.allSatisfy { $0.headers.first(name: "Accept-Encoding") == "identity" })
    }

    @Test func aFileThatChangedMeanwhileIsTakenFromItsBeginning() async throws {
        let other = [UInt8](repeating: 1, count: good.count)
        let (result, _) = try await fetch([
            "/a.bin": [.brokenFile(other, tag: "\"old\"", after: 6000), .file(good, tag: "\"new\"")]
        ])
        #expect(result.proved)
        #expect(scratch.read("a.bin") == good)
    }

    @Test func aPartWithOtherBytesIsFoundOutAndMadeGood() async throws {
        let wrong = Array(good.dropFirst(5000)).map { $0 ^ 1 }
        let range = ["Content-Range": "bytes 5000-\(good.count - 1)/\(good.count)"]
        let (result, requests) = try await fetch([
            "/a.bin": [
                .brokenFile(good, tag: "\"1\"", after: 5000), .reply(206, range, wrong), .file(good, tag: "\"1\""),
            ]
        ])
        #expect(result.proved)
        #expect(requests.last?.headers.first(name: "Range") == nil)
    }

    @Test func aPartFromAnotherPlaceIsNotTaken() async throws {
        let range = ["Content-Range": "bytes 0-\(good.count - 1)/\(good.count)"]
        let (result, _) = try await fetch([
            "/a.bin": [
                .brokenFile(good, tag: "\"1\"", after: 5000), .reply(206, range, good), .file(good, tag: "\"1\""),
            ]
        ])
        #expect(result.proved)
        #expect(scratch.read("a.bin") == good)
    }

    @Test func theWholeFileInAnswerToARangeIsTakenAsTheWhole() async throws {
        let (result, _) = try await fetch([
            "/a.bin": [.brokenFile(good, tag: "\"1\"", after: 5000), .body(good)]
        ])
        #expect(result.proved)
    }

    @Test func aRangeThatTheServerDoesNotHaveBeginsAgain() async throws {
        let (result, _) = try await fetch([
            "/a.bin": [.brokenFile(good, tag: "\"1\"", after: 5000), .status(416, [:]), .file(good, tag: "\"1\"")]
        ])
        #expect(result.proved)
    }

    @Test func aPartInAnswerToARequestForTheWholeIsRefused() async {
        await expectRefusal(["/a.bin": [.reply(206, ["Content-Range": "bytes 0-9/10"], good)]], containing: "206")
    }

    @Test func aWrongLengthIsRefused() async {
        await expectRefusal(["/a.bin": [.body(good + [1])]], containing: "bytes where \(good.count) were expected")
        await expectRefusal(["/a.bin": [.body(Array(good.dropLast(3)))]], containing: "closed the connection after")
    }

    @Test func aPackedBodyIsRefused() async {
        let headers = ["Content-Encoding": "gzip"]
        await expectRefusal(["/a.bin": [.reply(200, headers, good)]], containing: "gzip")
    }

    @Test func aSlowDripIsBrokenOff() async {
        await expectRefusal(
            ["/a.bin": [.drip(good, each: 1, milliseconds: 40)]],
            containing: "bytes in 1 s"
        ) {
            $0.limits.slowWindow = 1
            $0.limits.slowBytes = 4096
            $0.limits.attempts = 2
        }
    }

    @Test func aSilentServerIsLeft() async {
        await expectRefusal(["/a.bin": [.drip(good, each: 10, milliseconds: 60_000)]], containing: "connection broke") {
            $0.limits.stall = 1
            $0.limits.attempts = 2
        }
    }

    @Test(arguments: [429, 503, 500])
    func aBusyServerIsAskedAgain(status: Int) async throws {
        for headers in [[:], ["Retry-After": "0"], ["Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"]] {
            let (result, requests) = try await fetch(["/a.bin": [.status(status, headers), .body(good)]])
            #expect(result.proved && requests.count == 2)
        }
    }

    @Test func aServerThatStaysBusyIsAnError() async {
        await expectRefusal(["/a.bin": [.status(503, ["Retry-After": "3600"])]], containing: "answered 503, 4 times")
    }

    @Test func aRedirectLoopEnds() async {
        let there = LoopbackServer.Answer.status(302, ["Location": "/b"])
        let back = LoopbackServer.Answer.status(307, ["Location": "/a.bin"])
        await expectRefusal(["/a.bin": [there], "/b": [back]], containing: "more than five redirects")
    }

    @Test(arguments: [
        "http://169.254.169.254/latest/meta-data/", "http://[fe80::1]/", "http://10.1.2.3/x", "http://0x7f000001/x",
        "http://[::ffff:192.168.1.1]/x", "http://localhost:1/x",
    ])
    func aRedirectIntoAPrivateNetworkIsRefused(address: String) async {
        await expectRefusal(
            ["/a.bin": [.status(302, ["Location": address])]],
            containing: "in a private network that nobody has named"
        )
    }

    /// The owner of a name may answer with a public address when it is looked up, and with a private one a moment later.
    @Test func aNameThatTurnsPrivateIsRefusedWhenConnected() async throws {
        let inside = try await LoopbackServer(["/secret": [.body(good)]])
        let port = inside.address.split(separator: ":").last ?? ""
        for host in ["localhost", "127.0.0.1"] {
            await expectRefusal(
                ["/a.bin": [.status(302, ["Location": "http://\(host):\(port)secret"])]],
                containing: "its host is 127.0.0.1, in a private network that nobody has named"
            ) { $0.privateAddress = { _ in nil } }
        }
        #expect(inside.requests.isEmpty)
        try await inside.stop()
    }

    @Test(arguments: ["file:///etc/passwd", "ftp://example.org/x", "gopher://example.org/"])
    func aRedirectOutOfTheWebIsRefused(address: String) async {
        await expectRefusal(["/a.bin": [.status(302, ["Location": address])]], containing: "Refused")
    }

    @Test func aHostThatNobodyNamedIsRefusedAtOnce() async throws {
        let server = try await LoopbackServer(["/a.bin": [.body(good)]])
        let source = try ShardSource(server.address, relativeTo: "/")
        let (final, shard) = (scratch.path + "/a.bin", entry("a.bin", good, pieceBytes: 1024))
        await #expect { try await Fetcher.with { try await $0.fetch(shard, from: source, to: final) } } throws: {
            "\($0)".contains("--allow-private-network")
        }
        #expect(server.requests.isEmpty)
        var policy = FetchPolicy()
        policy.allowsPrivateNetworks = true
        let result = try await Fetcher.with(policy) { try await $0.fetch(shard, from: source, to: final) }
        #expect(result.proved)
        try await server.stop()
    }

    @Test func aTokenGoesToTheNamedHostAndToNoOther() async throws {
        let second = try await LoopbackServer(["/b": [.body(good)]])
        let (result, requests) = try await fetch([
            "/a.bin": [.status(302, ["Location": "\(second.address)b"])]
        ]) { $0.allowsPrivateNetworks = true }
        #expect(result.proved)
        #expect(requests.map { $0.headers.first(name: "Authorization") } == ["Bearer secret"])
        #expect(second.requests.map { $0.headers.first(name: "Authorization") } == [nil])
        try await second.stop()
    }
}

@Suite struct NetworkRuleTests {
    @Test(
        arguments: [
            ([10, 0, 0, 1], true), ([172, 16, 0, 1], true), ([172, 32, 0, 1], false), ([192, 168, 9, 9], true),
            ([169, 254, 169, 254], true), ([127, 0, 0, 1], true), ([100, 64, 0, 1], true), ([8, 8, 8, 8], false),
            ([224, 0, 0, 1], true), ([0, 0, 0, 0], true), ([1, 2, 3], true),
        ] as [([UInt8], Bool)]
    )
    func knowsPrivateAddresses(bytes: [UInt8], isPrivate: Bool) {
        #expect(PrivateNetworks.isPrivate(bytes) == isPrivate)
        guard bytes.count == 4 else { return }
        #expect(PrivateNetworks.isPrivate([UInt8](repeating: 0, count: 10) + [255, 255] + bytes) == isPrivate)
    }

    @Test func knowsPrivateAddressesOfVersion6() {
        func address(_ head: [UInt8]) -> [UInt8] { head + [UInt8](repeating: 0, count: 15 - head.count) + [1] }
        #expect(PrivateNetworks.isPrivate(address([])))
        #expect(PrivateNetworks.isPrivate(address([0xfe, 0x80])))
        #expect(PrivateNetworks.isPrivate(address([0xfd, 0])))
        #expect(!PrivateNetworks.isPrivate(address([0x26, 0x06, 0x47])))
        #expect(PrivateNetworks.isPrivate([UInt8](repeating: 0, count: 16)))
        #expect(PrivateNetworks.isPrivate([UInt8](repeating: 0, count: 12) + [127, 0, 0, 1]))
        #expect(!PrivateNetworks.isPrivate([UInt8](repeating: 0, count: 12) + [8, 8, 8, 8]))
        #expect(PrivateNetworks.isPrivate(address([0x20, 0x02, 192, 168, 1, 1])))
        #expect(!PrivateNetworks.isPrivate(address([0x20, 0x02, 8, 8, 8, 8])))
    }

    @Test func addressesOfTheHubAreRead() throws {
        let hub = try HubAddress("hf://datasets/karpathy/climbmix-400b-shuffle@refs/convert")
        #expect(
            hub.resolveAddress(endpoint: "https://h")
                == "https://h/datasets/karpathy/climbmix-400b-shuffle/resolve/refs%2Fconvert/"
        )
        #expect(try HubAddress("hf://openai/gpt2").revision == "main")
        for text in ["hf://datasets/x", "hf://a/b/c/d", "hf://datasets/a/..@main", "hf://a/b@", "hf://a/b@../x"] {
            #expect(throws: ShardError.self) { try HubAddress(text) }
        }
    }
}
