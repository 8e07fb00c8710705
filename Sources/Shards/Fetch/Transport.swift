import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import Terms

/// A failure that another try may mend.
struct Retry: Error {
    var reason: String
    var after: Duration?
    /// Whether no connection came about.
    var isUnreachable = false
}

/// GET requests under our own rules for redirects, private networks and secrets.
struct Transport: Sendable {
    /// For hosts that a person has named.
    private let client: HTTPClient
    /// For all others: its connections never lead into private networks.
    private let guarded: HTTPClient
    let policy: FetchPolicy
    private let looked = Looked()

    init(client: HTTPClient, guarded: HTTPClient, policy: FetchPolicy) {
        self.client = client
        self.guarded = guarded
        self.policy = policy
    }

    /// Which hosts have been looked up, and what private address they stand for.
    private final class Looked: Sendable {
        let addresses = Mutex<[String: String?]>([:])
    }

    /// An answer with a body: 200 or 206, or 416 without one.
    struct Response {
        var status: Int
        var headers: HTTPHeaders
        var body: HTTPClientResponse.Body

        /// What a later request for the rest may name: a strong entity tag, or a date.
        var validator: String? {
            if let tag = headers.first(name: "ETag"), !tag.hasPrefix("W/"), tag.utf8.count <= 256 { return tag }
            return headers.first(name: "Last-Modified").flatMap { $0.utf8.count <= 64 ? $0 : nil }
        }
    }

    /// Sends a GET and follows redirects: at most five, and never from https to anything else.
    func get(_ address: String, headers: [(String, String)] = []) async throws -> Response {
        var current = address
        for _ in 0...5 {
            let origin = try await admit(current)
            var request = HTTPClientRequest(url: current)
            request.headers.add(name: "User-Agent", value: "trainaudit")
            // The bytes hashed must be the bytes stored.
            request.headers.add(name: "Accept-Encoding", value: "identity")
            for (name, value) in headers { request.headers.add(name: name, value: value) }
            if let token = policy.token(for: origin) {
                request.headers.add(name: "Authorization", value: "Bearer \(token)")
            }
            let response = try await execute(request, by: policy.isNamed(origin) ? client : guarded)
            let status = Int(response.status.code)
            switch status {
            case 200, 206, 416:
                try Self.requireIdentity(response.headers, address)
                return Response(status: status, headers: response.headers, body: response.body)
            case 301, 302, 303, 307, 308:
                current = try redirect(from: current, to: response.headers.first(name: "Location"))
            case 408, 425, 429, 500, 502, 503, 504:
                let wait = response.headers.first(name: "Retry-After").flatMap { Self.pause($0) }
                throw Retry(
                    reason: "the server answered \(status)",
                    after: wait.map { min($0, policy.limits.longestPause) }
                )
            default:
                throw ShardError.fetch(
                    url: address,
                    reason: "the server answered \(status)",
                    remedy: [401, 403].contains(status)
                        ? "A token is read from TRAINAUDIT_TOKEN for the host of --source, from HF_TOKEN for the Hub."
                        : "Check the address of the source and the shard's name."
                )
            }
        }
        throw ShardError.fetch(
            url: address,
            reason: "more than five redirects",
            remedy: "Configure the final address as the source."
        )
    }

    private func execute(_ request: HTTPClientRequest, by client: HTTPClient) async throws -> HTTPClientResponse {
        do {
            return try await client.execute(request, deadline: .distantFuture)
        } catch is CancellationError {
            throw CancellationError()
        } catch let refused as PrivateNetworks.Refused {
            throw Self.isPrivate(request.url, refused.address)
        } catch {
            throw Retry(reason: "no answer (\(printable("\(error)")))", isUnreachable: Self.isUnreachable(error))
        }
    }

    /// Refuses addresses of private networks that nobody has named.
    private func admit(_ address: String) async throws -> WebOrigin {
        guard let origin = WebOrigin(address) else {
            throw ShardError.fetch(url: address, reason: "it is no http address", remedy: "Check the source.")
        }
        if policy.isNamed(origin) { return origin }
        var found = looked.addresses.withLock { $0[origin.host] }
        if found == nil {
            let host = origin.host
            let result = try await NIOThreadPool.singleton.runIfActive { policy.privateAddress(host) }
            looked.addresses.withLock { $0[host] = .some(result) }
            found = .some(result)
        }
        if let text = found ?? nil { throw Self.isPrivate(address, text) }
        return origin
    }

    private static func isPrivate(_ address: String, _ host: String) -> ShardError {
        .fetch(
            url: address,
            reason: "its host is \(host), in a private network that nobody has named",
            remedy: "Refused; name it with --source, or allow such addresses with --allow-private-network."
        )
    }

    private static func requireIdentity(_ headers: HTTPHeaders, _ address: String) throws(ShardError) {
        let coding = headers["Content-Encoding"].joined(separator: ", ").lowercased()
        guard coding.isEmpty || coding == "identity" else {
            throw .fetch(
                url: address,
                reason: "the server sends it as \(printable(coding)) though identity was asked for",
                remedy: "Nothing was kept; serve the file as it is."
            )
        }
    }

    private func redirect(from current: String, to location: String?) throws(ShardError) -> String {
        guard let location, let base = URL(string: current),
            let next = URL(string: location, relativeTo: base)?.absoluteURL
        else {
            throw .fetch(url: current, reason: "a redirect without an address", remedy: "Check the source.")
        }
        let scheme = next.scheme?.lowercased()
        guard scheme == "https" || (scheme == "http" && base.scheme?.lowercased() == "http") else {
            throw .fetch(
                url: current,
                reason: "a redirect from \(base.scheme ?? "") to \(printable(next.absoluteString))",
                remedy: "Refused: it would leave the encrypted connection, or the web."
            )
        }
        return next.absoluteString
    }

    /// `Retry-After`: seconds, or a date.
    static func pause(_ text: String, now: Date = Date()) -> Duration? {
        if let seconds = Int(text.trimmed) { return .seconds(min(max(seconds, 0), 1 << 20)) }
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(identifier: "GMT")
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss zzz"
        guard let date = format.date(from: text.trimmed) else { return nil }
        return .seconds(min(max(date.timeIntervalSince(now), 0), 1e6))
    }

    /// Whether an error means that no connection came about. What an open connection fails with is the client's own
    /// error or a reset; everything else is of the connection: refused, no route, unknown host, a bad certificate.
    private static func isUnreachable(_ error: any Error) -> Bool {
        if let error = error as? HTTPClientError { return error == .connectTimeout }
        if let error = error as? IOError { return ![ECONNRESET, EPIPE].contains(error.errnoCode) }
        if error is ChannelError { return false }
        return true
    }
}

/// The bytes that an answer with status 206 says it holds: `bytes 100-199/1000`.
struct ContentRange: Equatable {
    var range: Range<Int>
    /// The size of the whole; `nil` for `*`.
    var total: Int?

    init?(_ text: String?) {
        guard let text = text?.trimmed.lowercased(), text.hasPrefix("bytes ") else { return nil }
        let halves = text.dropFirst(6).split(separator: "/", omittingEmptySubsequences: false)
        guard halves.count == 2 else { return nil }
        let ends = halves[0].split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        guard ends.count == 2, let first = ends[0], let last = ends[1], 0 <= first, first <= last, last < 1 << 60 else {
            return nil
        }
        range = first..<last + 1
        if halves[1] != "*" {
            guard let size = Int(halves[1]), size >= range.upperBound else { return nil }
            total = size
        }
    }
}
