import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Terms

/// Brings shards from their source. What does not prove itself never gets a final name.
public struct Fetcher: Sendable {
    /// What was fetched.
    public struct Result: Sendable, Equatable {
        /// Where it lies.
        public var path: String
        /// Its size.
        public var bytes: Int
        /// Its digest.
        public var digest: Digest256
        /// Whether an expected digest was known and met.
        public var proved: Bool
    }

    /// Beyond this no shard is downloaded whose size is not known beforehand.
    static let unknownSizeCap = 64 << 30

    let transport: Transport

    /// Runs `body` with a fetcher and releases its connections afterwards.
    /// - Parameters:
    ///   - policy: Which hosts a person has named, and secrets for them.
    ///   - body: What is done with the fetcher.
    public static func with<Value: Sendable>(
        _ policy: FetchPolicy = FetchPolicy(),
        _ body: @Sendable (Fetcher) async throws -> Value
    ) async throws -> Value {
        // Redirects are followed by our own rule (see `Transport`): the client's would go from https to http.
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.timeout = .init(connect: .seconds(20), read: .seconds(Int64(policy.limits.stall)))
        configuration.decompression = .disabled
        // One connection a download: they do not share one congestion window.
        configuration.httpVersion = .http1Only
        // Otherwise the client itself tries for 20 s to reach a port where nothing listens.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.http1_1ConnectionDebugInitializer = { Self.prepare($0) }
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        configuration.http1_1ConnectionDebugInitializer = { connection in
            PrivateNetworks.refuse(connection).flatMap { Self.prepare(connection) }
        }
        let guarded = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let transport = Transport(client: client, guarded: guarded, policy: policy)
        do {
            let value = try await body(Fetcher(transport: transport))
            try await client.shutdown()
            try await guarded.shutdown()
            return value
        } catch {
            try? await client.shutdown()
            try? await guarded.shutdown()
            throw error
        }
    }

    /// Reads much at a time: between any two reads two threads wait for each other.
    private static func prepare(_ connection: any Channel) -> EventLoopFuture<Void> {
        connection.setOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 256 << 10))
    }

    /// Fetches one shard to a path: beside it first, hashed while it streams, renamed when proved.
    /// - Parameters:
    ///   - entry: What is known of the shard; its digest or size, where known, must hold.
    ///   - source: Where the bytes come from.
    ///   - path: Where the file shall stand.
    ///   - pieceBytes: The size of its pieces; by them a partial download of an earlier run is judged.
    ///   - replacing: Whether a file that stands at the path is replaced; otherwise it is left alone, and an error.
    ///   - allowsUnproved: Whether a shard may get its name for which no digest is known.
    ///   - progress: Called with the bytes received since the last call.
    public func fetch(
        _ entry: ManifestEntry,
        from source: ShardSource,
        to path: String,
        pieceBytes: Int = Manifest.standardPieceBytes,
        replacing: Bool = true,
        allowsUnproved: Bool = false,
        progress: @Sendable (Int) -> Void = { _ in }
    ) async throws -> Result {
        try Self.requireDigest(entry, from: source, unless: allowsUnproved)
        let staged = try await stage(entry, from: source, to: path, pieceBytes: pieceBytes, progress: progress)
        try staged.commit(replacing: replacing)
        return Result(path: path, bytes: staged.count, digest: staged.digest(), proved: entry.strongest != nil)
    }

    /// Refuses shards that nothing could prove.
    static func requireDigest(
        _ entry: ManifestEntry,
        from source: ShardSource,
        unless allowsUnproved: Bool
    ) throws(ShardError) {
        guard entry.strongest == nil, !allowsUnproved else { return }
        throw .fetch(
            url: source.address(of: entry.name),
            reason: "no digest of \(printable(entry.name)) is known, so nothing could prove what comes",
            remedy: "Use a manifest with digests, or allow unproved shards with --unproved."
        )
    }

    /// Brings a shard beside a path and proves it, as far as anything is known of it. The final name is the caller's to
    /// give; without it the file is removed.
    func stage(
        _ entry: ManifestEntry,
        from source: ShardSource,
        to path: String,
        pieceBytes: Int = Manifest.standardPieceBytes,
        progress: @Sendable (Int) -> Void = { _ in }
    ) async throws -> ProvenFile {
        switch source {
        case .folder(let folder):
            let origin = try ShardFolder(path: folder).resolve(entry.name)
            return try copy(entry, from: origin, to: path, progress: progress)
        case .web, .address:
            let download = Download(
                transport: transport,
                entry: entry,
                pieceBytes: pieceBytes,
                address: source.address(of: entry.name),
                path: path
            )
            return try await download.run(progress: progress)
        }
    }

    private func copy(
        _ entry: ManifestEntry,
        from origin: String,
        to path: String,
        progress: (Int) -> Void
    ) throws -> ProvenFile {
        let file = try FileReader(path: origin)
        // Before, and not after, a terabyte of something else was copied.
        if let bytes = entry.bytes { try Self.check(bytes, against: file.size, origin: origin) }
        try FreeSpace.require(file.size, at: splitPath(path).folder)
        let target = try ProvenFile(path: path, other: Self.otherAlgorithm(of: entry), size: file.size)
        try target.write(file, progress: progress)
        try Task.checkCancellation()
        try Self.prove(target, entry, origin: origin)
        return target
    }

    /// The algorithm that has to be computed besides SHA-256 to prove an entry.
    static func otherAlgorithm(of entry: ManifestEntry) -> DigestAlgorithm? {
        entry.strongest.flatMap { $0.algorithm == .sha256 ? nil : $0.algorithm }
    }

    /// Proves what was written.
    static func prove(_ target: ProvenFile, _ entry: ManifestEntry, origin: String) throws(ShardError) {
        if let bytes = entry.bytes { try Self.check(bytes, against: target.count, origin: origin) }
        guard let expected = entry.strongest else { return }
        let digest = target.digest(expected.algorithm)
        guard digest == expected else {
            throw .fetch(
                url: origin,
                reason:
                    "its \(expected.algorithm.title) is \(digest?.hex ?? "unknown") where \(expected.hex) was expected",
                remedy: "The file was not kept; the source holds other bytes than the manifest describes."
            )
        }
    }

    static func check(_ expected: Int, against bytes: Int, origin: String) throws(ShardError) {
        guard bytes == expected else {
            throw .fetch(
                url: origin,
                reason: "it has \(bytes) bytes where \(expected) were expected",
                remedy: "The file was not kept; check the source."
            )
        }
    }
}
