/// The guide's pages on symptoms and causes, embedded so that `explain` needs no files beside the binary.
public enum Guide {
    /// One page.
    public struct Page: Sendable, Equatable {
        /// The id: of a symptom or a cause, or the name of an article.
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

    /// Other pages that a finding can lead to: what `audit.yaml` may hold, where a log contradicts it.
    public static let articles: [Page] = [Page("configuration", PackageResources.Configuration_md)]

    /// The page of an id, in any case of letters; `nil` for an unknown one.
    public static func page(id: String) -> Page? {
        let id = id.lowercased()
        return pages.first { $0.id == id } ?? articles.first { $0.id == id }
    }
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
