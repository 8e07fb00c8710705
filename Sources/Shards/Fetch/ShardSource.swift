import Foundation

/// Where pristine shards come from: a folder, or an address on the web.
public enum ShardSource: Sendable, Equatable {
    /// A folder on this machine (`file://` or a plain path).
    case folder(String)
    /// An http or https address ending in a slash.
    case web(String)
    /// The http or https address of one shard itself, whatever the shard is called here.
    case address(String)

    /// Reads `source:` of a configuration.
    /// - Parameters:
    ///   - text: A path, a `file://` address, an `https://` address, or `hf://datasets/OWNER/NAME@REV`.
    ///   - base: The folder relative paths start from.
    public init(_ text: String, relativeTo base: String) throws(ShardError) {
        let lowered = text.lowercased()
        if lowered.hasPrefix("hf://") {
            self = .web(try HubAddress(text).resolveAddress(endpoint: HubAddress.endpoint()))
        } else if lowered.hasPrefix("https://") || lowered.hasPrefix("http://") {
            self = .web(text.hasSuffix("/") ? text : text + "/")
        } else if lowered.hasPrefix("file://") {
            let path = text.dropFirst("file://".count)
            guard path.hasPrefix("/") else {
                throw .fetch(url: text, reason: "the file address names a host", remedy: "Write file:///absolute/path.")
            }
            self = .folder(path.removingPercentEncoding ?? String(path))
        } else if lowered.contains("://") {
            throw .fetch(
                url: text,
                reason: "the scheme is not supported",
                remedy: "Use https://, hf://, file:// or a path."
            )
        } else {
            self = .folder(text.hasPrefix("/") || base.isEmpty ? text : base + "/" + text)
        }
    }

    /// Reads the address of one shard itself.
    public init(file address: String, relativeTo base: String) throws(ShardError) {
        let lowered = address.lowercased()
        if lowered.hasPrefix("https://") || lowered.hasPrefix("http://") {
            self = .address(address)
        } else {
            self = try ShardSource(address, relativeTo: base)
        }
    }

    /// The address of one shard.
    public func address(of name: String) -> String {
        switch self {
        case .folder(let path): path + "/" + name
        case .address(let address): address
        case .web(let base):
            base + (name.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? name)
        }
    }
}

extension ManifestEntry {
    /// The source that the first of ``sources`` belongs to: its address without the shard's name.
    public func folderOfSource(relativeTo base: String) throws(ShardError) -> ShardSource? {
        guard let address = sources.first else { return nil }
        let escaped = name.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? name
        if address.hasSuffix("/" + name) {
            return try ShardSource(String(address.dropLast(name.count)), relativeTo: base)
        }
        if address.hasSuffix("/" + escaped) {
            return try ShardSource(String(address.dropLast(escaped.count)), relativeTo: base)
        }
        return try ShardSource(file: address, relativeTo: base)
    }
}
