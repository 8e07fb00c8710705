import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

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

    /// How long to wait for the next bytes of a download before giving up.
    static let stallLimit: TimeAmount = .seconds(60)
    /// Tries a download gets in all.
    static let attempts = 4
    /// Tries it gets where no connection comes about: nothing listens, or the name of the host is unknown.
    static let connectionAttempts = 2
    /// Beyond this no shard is downloaded whose size is not known beforehand.
    static let unknownSizeCap = 64 << 30

    private let client: HTTPClient

    private init(client: HTTPClient) {
        self.client = client
    }

    /// Runs `body` with a fetcher and releases its connections afterwards.
    public static func with<Value: Sendable>(
        _ body: @Sendable (Fetcher) async throws -> Value
    ) async throws -> Value {
        // Redirects are followed by our own rule (see `send`): the client's would go from https to http.
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.timeout = .init(connect: .seconds(20), read: stallLimit)
        configuration.decompression = .disabled
        // Otherwise the client itself tries for 20 s to reach a port where nothing listens.
        configuration.connectionPool.retryConnectionEstablishment = false
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        do {
            let value = try await body(Fetcher(client: client))
            try await client.shutdown()
            return value
        } catch {
            try? await client.shutdown()
            throw error
        }
    }

    /// Fetches one shard to a path: beside it first, hashed while it streams, renamed when proved.
    /// - Parameters:
    ///   - entry: What is known of the shard; its digest or size, where known, must hold.
    ///   - replacing: Whether a file that stands at the path is replaced; otherwise it is left alone, and an error.
    ///   - allowsUnproved: Whether a shard may get its name for which no digest is known.
    ///   - progress: Called with the bytes received since the last call.
    public func fetch(
        _ entry: ManifestEntry,
        from source: ShardSource,
        to path: String,
        replacing: Bool = true,
        allowsUnproved: Bool = false,
        progress: @Sendable (Int) -> Void = { _ in }
    ) async throws -> Result {
        try Self.requireDigest(entry, from: source, unless: allowsUnproved)
        var staged = try await stage(entry, from: source, to: path, progress: progress)
        try staged.commit(replacing: replacing)
        return Result(path: path, bytes: staged.count, digest: staged.digest(), proved: entry.sha256 != nil)
    }

    /// Refuses shards that nothing could prove.
    static func requireDigest(
        _ entry: ManifestEntry,
        from source: ShardSource,
        unless allowsUnproved: Bool
    ) throws(ShardError) {
        guard entry.sha256 == nil, !allowsUnproved else { return }
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
        progress: @Sendable (Int) -> Void = { _ in }
    ) async throws -> ProvenFile {
        switch source {
        case .folder(let folder):
            let origin = try ShardFolder(path: folder).resolve(entry.name)
            return try copy(entry, from: origin, to: path, progress: progress)
        case .web:
            return try await download(entry, from: source.address(of: entry.name), to: path, progress: progress)
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
        var target = try ProvenFile(path: path)
        try target.write(file, progress: progress)
        try Task.checkCancellation()
        try prove(target, entry, origin: origin)
        return target
    }

    /// Proves what was written.
    private func prove(_ target: borrowing ProvenFile, _ entry: ManifestEntry, origin: String) throws(ShardError) {
        if let bytes = entry.bytes { try Self.check(bytes, against: target.count, origin: origin) }
        let digest = target.digest()
        if let expected = entry.sha256, expected != digest {
            throw .fetch(
                url: origin,
                reason: "its SHA-256 is \(digest) where \(expected) was expected",
                remedy: "The file was not kept; the source holds other bytes than the manifest describes."
            )
        }
    }

    private static func check(_ expected: Int, against bytes: Int, origin: String) throws(ShardError) {
        guard bytes == expected else {
            throw .fetch(
                url: origin,
                reason: "it has \(bytes) bytes where \(expected) were expected",
                remedy: "The file was not kept; check the source."
            )
        }
    }

    private func download(
        _ entry: ManifestEntry,
        from address: String,
        to path: String,
        progress: @Sendable (Int) -> Void
    ) async throws -> ProvenFile {
        var delay: Duration = .milliseconds(500)
        var attempt = 1
        while true {
            do {
                return try await downloadOnce(entry, from: address, to: path, progress: progress)
            } catch let retry as Retry {
                guard attempt < (retry.isUnreachable ? Self.connectionAttempts : Self.attempts) else {
                    throw ShardError.fetch(
                        url: address,
                        reason: "\(retry.reason), \(attempt) times",
                        remedy: "Check the address and the network, then run the command again."
                    )
                }
                try await Task.sleep(for: retry.after.map { max($0, delay) } ?? delay)
                delay *= 2
                attempt += 1
            }
        }
    }

    /// A failure that another try may mend.
    private struct Retry: Error {
        var reason: String
        var after: Duration?
        /// Whether no connection came about.
        var isUnreachable = false
    }

    private func downloadOnce(
        _ entry: ManifestEntry,
        from address: String,
        to path: String,
        progress: @Sendable (Int) -> Void
    ) async throws -> ProvenFile {
        let response = try await send(address)
        let cap = entry.bytes ?? Self.unknownSizeCap
        var target = try ProvenFile(path: path)
        do {
            for try await buffer in response.body {
                guard target.count + buffer.readableBytes <= cap else {
                    throw ShardError.fetch(
                        url: address,
                        reason: "the server sends more than the expected \(cap) bytes",
                        remedy: "The download was stopped and not kept; check the source."
                    )
                }
                try buffer.withUnsafeReadableBytes { try target.write($0) }
                progress(buffer.readableBytes)
            }
        } catch let error as ShardError {
            throw error
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw Retry(reason: "the connection broke after \(target.count) bytes (\(printable("\(error)")))")
        }
        if let bytes = entry.bytes, target.count < bytes {
            throw Retry(reason: "the server closed the connection after \(target.count) of \(bytes) bytes")
        }
        try prove(target, entry, origin: address)
        return target
    }

    /// Sends a GET and follows redirects: at most five, and never from https to anything else.
    private func send(_ address: String) async throws -> HTTPClientResponse {
        var current = address
        for _ in 0...5 {
            var request = HTTPClientRequest(url: current)
            request.headers.add(name: "User-Agent", value: "trainaudit")
            // The bytes hashed must be the bytes stored.
            request.headers.add(name: "Accept-Encoding", value: "identity")
            let response: HTTPClientResponse
            do {
                response = try await client.execute(request, deadline: .distantFuture)
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                throw Retry(
                    reason: "no answer (\(printable("\(error)")))",
                    isUnreachable: Self.isUnreachable(error)
                )
            }
            let status = Int(response.status.code)
            switch status {
            case 200: return response
            case 301, 302, 303, 307, 308:
                current = try redirect(from: current, to: response.headers.first(name: "Location"))
            case 429, 500, 502, 503, 504:
                let seconds = response.headers.first(name: "Retry-After").flatMap(Int.init)
                throw Retry(
                    reason: "the server answered \(status)",
                    after: seconds.map { .seconds(min(max($0, 0), 120)) }
                )
            default:
                throw ShardError.fetch(
                    url: address,
                    reason: "the server answered \(status)",
                    remedy: "Check the address of the source and the shard's name."
                )
            }
        }
        throw ShardError.fetch(
            url: address,
            reason: "more than five redirects",
            remedy: "Configure the final address as the source."
        )
    }

    /// Whether an error means that no connection came about. What an open connection fails with is the client's own
    /// error or a reset; everything else is of the connection: refused, no route, unknown host, a bad certificate.
    private static func isUnreachable(_ error: any Error) -> Bool {
        if let error = error as? HTTPClientError { return error == .connectTimeout }
        if let error = error as? IOError { return ![ECONNRESET, EPIPE].contains(error.errnoCode) }
        if error is ChannelError { return false }
        return true
    }

    private func redirect(from current: String, to location: String?) throws(ShardError) -> String {
        guard let location, let base = URL(string: current),
            let next = URL(string: location, relativeTo: base)?.absoluteURL
        else {
            throw .fetch(url: current, reason: "a redirect without an address", remedy: "Check the source.")
        }
        guard next.scheme == "https" || next.scheme == base.scheme else {
            throw .fetch(
                url: current,
                reason: "a redirect from https to \(printable(next.absoluteString))",
                remedy: "Refused: it would leave the encrypted connection."
            )
        }
        return next.absoluteString
    }
}
