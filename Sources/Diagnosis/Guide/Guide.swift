/// The guide's pages on symptoms and causes, embedded so that `explain` needs no files beside the binary.
public enum Guide {
    /// One page.
    public struct Page: Sendable, Equatable {
        /// The id: of a symptom or a cause.
        public let id: String
        /// The page as it is published, in Markdown.
        public let markdown: String

        package init(_ id: String, _ bytes: [UInt8]) {
            self.id = id
            markdown = String(decoding: bytes, as: UTF8.self)
        }
    }

    /// All pages: symptoms, then causes, each in the order of the vocabulary.
    public static let pages: [Page] = symptoms + causes
}

extension Guide.Page {
    /// The heading.
    public var title: String {
        markdown.split(separator: "\n").first { $0.hasPrefix("# ") }.map { String($0.dropFirst(2)) } ?? id
    }

    /// The first paragraph.
    public var abstract: String {
        let lines = markdown.split(separator: "\n", omittingEmptySubsequences: false).drop { !$0.hasPrefix("# ") }
        let body = lines.dropFirst().drop { $0.isEmpty }
        return body.prefix { !$0.isEmpty }.joined(separator: " ")
    }
}
