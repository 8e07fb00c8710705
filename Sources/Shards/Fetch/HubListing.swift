import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Terms

/// Lists a repository of the Hugging Face Hub: a manifest with the digest of every file, without downloading any.
public enum HubListing {
    static let largestPage = 64 << 20
    static let mostPages = 10_000

    private struct Revision: Decodable {
        var sha: String
    }

    /// Asks the Hub for the files of a repository.
    /// - Returns: The manifest, pinned to the commit that the revision names when asked, and the source of its files.
    public static func manifest(
        _ address: HubAddress,
        with fetcher: Fetcher,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) async throws -> (manifest: Manifest, source: ShardSource) {
        let endpoint = try HubAddress.endpoint(environment)
        var pinned = address
        let described = address.revisionAddress(endpoint: endpoint)
        let (text, _) = try await fetcher.document(described, cap: largestPage)
        pinned.revision = try JSONManifests.decode(Revision.self, text, path: described, as: "a revision of the Hub")
            .sha
        guard pinned.revision.utf8.count == 40, hexBytes(pinned.revision.utf8) != nil else {
            throw ShardError.manifest(
                path: described,
                place: "sha",
                found: printable(pinned.revision),
                expected: "a commit in 40 hexadecimal digits"
            )
        }
        let base = pinned.resolveAddress(endpoint: endpoint)
        var next: String? = pinned.treeAddress(endpoint: endpoint)
        var entries: [ManifestEntry] = []
        var pages = 0
        while let page = next {
            pages += 1
            guard pages <= mostPages else {
                throw ShardError.fetch(url: page, reason: "more than \(mostPages) pages", remedy: "Check the endpoint.")
            }
            let (bytes, link) = try await fetcher.document(page, cap: largestPage)
            let nodes = try JSONManifests.decode(
                [HubTree.Node].self,
                bytes,
                path: page,
                as: "a tree listing of the Hub"
            )
            entries += try HubTree.entries(nodes, path: page)
            next = try followingPage(link, of: page)
        }
        for index in entries.indices {
            let name = entries[index].name
            entries[index].sources = [
                base + (name.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? name)
            ]
        }
        let name = "hf://\(pinned.kind)/\(pinned.repository)@\(pinned.revision)"
        var manifest = Manifest(path: name, form: .hubTree, entries: entries)
        try manifest.check()
        return (manifest, .web(base))
    }

    /// The address in `Link: <…>; rel="next"`; it must be of the same host.
    static func followingPage(_ link: String?, of page: String) throws(ShardError) -> String? {
        for part in link?.split(separator: ",") ?? [] where part.contains("rel=\"next\"") {
            guard let open = part.firstIndex(of: "<"), let close = part.firstIndex(of: ">"), open < close,
                let next = URL(string: String(part[part.index(after: open)..<close]), relativeTo: URL(string: page))
            else { continue }
            let address = next.absoluteURL.absoluteString
            guard WebOrigin(address) == WebOrigin(page) else {
                throw .fetch(
                    url: page,
                    reason: "its next page, \(printable(address)), is on another host",
                    remedy: "Refused; check HF_ENDPOINT."
                )
            }
            return address
        }
        return nil
    }
}

extension Fetcher {
    /// The body of a small document, and its `Link`.
    func document(_ address: String, cap: Int) async throws -> (bytes: [UInt8], link: String?) {
        let limits = transport.policy.limits
        var pause = limits.pause
        var attempt = 1
        while true {
            do {
                let response = try await transport.get(address)
                guard response.status == 200 else { throw Retry(reason: "the server answered \(response.status)") }
                let body = try await collect(response, address, cap: cap)
                return (body, response.headers.first(name: "Link"))
            } catch let retry as Retry {
                guard attempt < (retry.isUnreachable ? limits.connectionAttempts : limits.attempts) else {
                    throw ShardError.fetch(
                        url: address,
                        reason: "\(retry.reason), \(attempt) times",
                        remedy: "Check the address and the network, then run the command again."
                    )
                }
                try await Task.sleep(for: min(max(retry.after ?? .zero, pause), limits.longestPause))
                pause *= 2
                attempt += 1
            }
        }
    }

    private func collect(_ response: Transport.Response, _ address: String, cap: Int) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        do {
            for try await buffer in response.body {
                guard bytes.count + buffer.readableBytes <= cap else {
                    throw ShardError.fetch(
                        url: address,
                        reason: "it is larger than \(cap) bytes",
                        remedy: "Check the address."
                    )
                }
                bytes.append(contentsOf: buffer.readableBytesView)
            }
        } catch let error as ShardError {
            throw error
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw Retry(reason: "the connection broke (\(printable("\(error)")))")
        }
        return bytes
    }
}
