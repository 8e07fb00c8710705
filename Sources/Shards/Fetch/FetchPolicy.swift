import Foundation

/// What a fetcher may do on the network, and how patient it is.
public struct FetchPolicy: Sendable {
    /// A secret for one host, and for no other.
    struct Credential: Sendable, Equatable {
        var origin: WebOrigin
        var token: String
    }

    /// The origins that a person has named; only these may be on this machine or in a private network.
    var configured: Set<WebOrigin> = []
    /// Whether addresses of private networks may be used that nobody has named.
    public var allowsPrivateNetworks = false
    /// The private address that a host name stands for; `nil` when all of them are public or the name is unknown.
    package var privateAddress: @Sendable (String) -> String? = { PrivateNetworks.address(of: $0) }
    /// Secrets by origin.
    var credentials: [Credential] = []
    /// How patient it is.
    package var limits = Limits()

    /// Bounds of time and tries.
    package struct Limits: Sendable {
        /// Seconds to wait for the next bytes.
        package var stall = 60
        /// Tries without progress that a download gets.
        package var attempts = 4
        /// Tries it gets where no connection comes about: nothing listens, or the name of the host is unknown.
        package var connectionAttempts = 2
        /// The first pause between two tries, doubled each time.
        package var pause: Duration = .milliseconds(500)
        /// The longest pause, whatever a server asks for.
        package var longestPause: Duration = .seconds(120)
        /// A download slower than this many bytes in ``slowWindow`` seconds is broken off and tried again.
        package var slowBytes = 32 << 10
        /// Over how long the rate is measured, in seconds.
        package var slowWindow = 60
        /// From this size on a download that breaks off can be resumed by a later run.
        package var resumableBytes = 1 << 20

        package init() {}
    }

    /// A policy without named sources.
    public init() {}

    /// A policy for sources that a person has named, with the tokens of the environment.
    ///
    /// `TRAINAUDIT_TOKEN` goes to the host of `source` and to no other; `HF_TOKEN` to the Hub's.
    public init(
        source: ShardSource?,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) {
        if let origin = source?.webOrigin {
            configured.insert(origin)
            if let token = Self.token("TRAINAUDIT_TOKEN", environment) {
                credentials.append(Credential(origin: origin, token: token))
            }
        }
        if let endpoint = try? HubAddress.endpoint(environment), let origin = WebOrigin(endpoint) {
            // Without the variable it is a public address, which needs no leave.
            if environment["HF_ENDPOINT"]?.isEmpty == false { configured.insert(origin) }
            if let token = Self.token("HF_TOKEN", environment) {
                credentials.append(Credential(origin: origin, token: token))
            }
        }
    }

    /// Whether an origin may be in a private network.
    func isNamed(_ origin: WebOrigin) -> Bool { allowsPrivateNetworks || configured.contains(origin) }

    /// The secret for an origin. Never in the clear, but for this machine.
    func token(for origin: WebOrigin) -> String? {
        guard origin.scheme == "https" || origin.isLoopback else { return nil }
        return credentials.first { $0.origin == origin }?.token
    }

    private static func token(_ name: String, _ environment: [String: String]) -> String? {
        guard let text = environment[name]?.trimmed, !text.isEmpty, text.utf8.allSatisfy({ $0 > 32 && $0 < 127 }) else {
            return nil
        }
        return text
    }
}

/// Scheme, host and port: what a credential belongs to.
struct WebOrigin: Hashable, Sendable {
    var scheme: String
    var host: String
    var port: Int

    /// The origin of an http or https address; `nil` for others.
    init?(_ address: String) {
        guard let url = URL(string: address), let scheme = url.scheme?.lowercased(),
            ["http", "https"].contains(scheme),
            let host = url.host?.lowercased(), !host.isEmpty
        else { return nil }
        self.scheme = scheme
        self.host = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        port = url.port ?? (scheme == "https" ? 443 : 80)
    }

    /// Whether it is this machine by its address itself.
    var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }
}

extension ShardSource {
    /// The origin of a source on the web.
    var webOrigin: WebOrigin? {
        switch self {
        case .folder: nil
        case .web(let address), .address(let address): WebOrigin(address)
        }
    }
}
