import Diagnosis

/// The guide's pages on symptoms and causes, embedded so that `explain` needs no files beside the binary.
///
/// The folder `Pages` links to pages of the catalogue; the plugin `EmbedGuide` makes `files` of them.
package enum Guide {
    /// One page.
    package struct Page: Sendable, Equatable {
        /// The id: of a symptom or a cause, or the name of an article.
        package let id: String
        /// The page as it is published, in Markdown.
        package let markdown: String

        package init(_ id: String, markdown: String) {
            self.id = id
            self.markdown = markdown
        }
    }

    /// The pages of the rules: symptoms, then causes, each in the order of its list.
    package static let pages = pages(in: "Symptoms", of: SymptomRules.heads) + pages(in: "Causes", of: CauseRules.heads)

    /// Other pages that a finding can lead to: what `audit.yaml` may hold, where a log contradicts it.
    package static let articles = files.filter { !$0.path.contains("/") }.map {
        Page($0.path.dropLast(".md".count).lowercased(), markdown: $0.markdown)
    }

    /// The page of an id, in any case of letters; `nil` for an unknown one.
    package static func page(id: String) -> Page? {
        let id = id.lowercased()
        return (pages + articles).first { $0.id == id }
    }

    private static func pages(in folder: String, of rules: [RuleHead]) -> [Page] {
        rules.compactMap { rule in
            files.first { $0.path == "\(folder)/\(rule.id).md" }.map { Page(rule.id, markdown: $0.markdown) }
        }
    }
}

extension Guide.Page {
    /// The heading.
    package var title: String {
        markdown.split(separator: "\n").first { $0.hasPrefix("# ") }.map { String($0.dropFirst(2)) } ?? id
    }

    /// The first paragraph.
    package var abstract: String {
        let lines = markdown.split(separator: "\n", omittingEmptySubsequences: false).drop { !$0.hasPrefix("# ") }
        let body = lines.dropFirst().drop { $0.isEmpty }
        return body.prefix { !$0.isEmpty }.joined(separator: " ")
    }
}
