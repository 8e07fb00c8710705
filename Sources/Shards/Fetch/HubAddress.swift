import Foundation

/// `hf://datasets/OWNER/NAME@REV`: a repository of the Hugging Face Hub at a revision.
public struct HubAddress: Sendable, Equatable {
    /// `datasets`, `models` or `spaces`.
    public var kind: String
    /// `OWNER/NAME`.
    public var repository: String
    /// A branch, tag or commit.
    public var revision: String

    /// Reads an address; without a revision it means `main`.
    public init(_ text: String) throws(ShardError) {
        func refused(_ reason: String) -> ShardError {
            .fetch(url: text, reason: reason, remedy: "Write hf://datasets/OWNER/NAME@REVISION.")
        }
        guard text.lowercased().hasPrefix("hf://") else { throw refused("it is no hf:// address") }
        let body = text.dropFirst(5)
        let halves = body.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        var parts = halves[0].split(separator: "/", omittingEmptySubsequences: true).map(String.init)
        kind = "models"
        if let first = parts.first, ["datasets", "models", "spaces"].contains(first), parts.count == 3 {
            kind = first
            parts.removeFirst()
        }
        guard parts.count == 2, parts.allSatisfy(Self.isName), !["datasets", "models", "spaces"].contains(parts[0])
        else { throw refused("the repository is not OWNER/NAME") }
        repository = parts.joined(separator: "/")
        revision = halves.count == 2 ? String(halves[1]) : "main"
        guard !revision.isEmpty, revision.utf8.allSatisfy({ $0 > 32 && $0 < 127 }), !revision.contains("..") else {
            throw refused("the revision is empty or no name")
        }
    }

    /// The Hub's address: `HF_ENDPOINT`, or huggingface.co.
    public static func endpoint(
        _ environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(ShardError) -> String {
        let text = environment["HF_ENDPOINT"].flatMap { $0.isEmpty ? nil : $0 } ?? "https://huggingface.co"
        guard text.hasPrefix("https://") || text.hasPrefix("http://") else {
            throw .fetch(url: text, reason: "HF_ENDPOINT is no address", remedy: "Set it to https://HOST.")
        }
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    /// Where the files of the repository are, ending in a slash.
    public func resolveAddress(endpoint: String) -> String {
        let prefix = kind == "models" ? "" : kind + "/"
        return "\(endpoint)/\(prefix)\(repository)/resolve/\(escapedRevision)/"
    }

    /// What describes the revision; its `sha` is the commit.
    func revisionAddress(endpoint: String) -> String {
        "\(endpoint)/api/\(kind)/\(repository)/revision/\(escapedRevision)"
    }

    /// The first page of the listing of all files.
    func treeAddress(endpoint: String) -> String {
        "\(endpoint)/api/\(kind)/\(repository)/tree/\(escapedRevision)?recursive=true&limit=1000"
    }

    // A slash of the revision is no slash of the path.
    private var escapedRevision: String {
        revision.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed.subtracting(["/"])) ?? revision
    }

    private static func isName(_ text: String) -> Bool {
        text != "." && text != ".."
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                    true
                default: false
                }
            }
    }
}
