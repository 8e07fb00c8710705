import Diagnosis
import Terms

/// A link into the diagnostic guide, as the documents hold it: an address, or only the id of a page.
package enum GuideLink: Equatable {
    /// A web address that is safe to link.
    case address(String)
    /// No address: the command that shows the page.
    case command(String)

    /// Reads a guide field. Only `https:` and `http:` become links; anything else names a page by its last component.
    package init(_ guide: String, id: String) {
        let text = SafeText.line(guide)
        let scheme = text.lowercased()
        let isAddress = scheme.hasPrefix("https://") || scheme.hasPrefix("http://")
        // By scalars: a mark that combines with a bracket hides it from a comparison of characters.
        let unfit = Set(" \"'<>\\^`{|}\u{FFFD}".unicodeScalars)
        if isAddress && !text.unicodeScalars.contains(where: unfit.contains) {
            self = .address(text)
        } else {
            self = .command("trainaudit explain \(Self.identifier(id))")
        }
    }

    /// The page on the symptom that leads a finding; findings without a symptom have that of their first cause, and those
    /// without either the page on the configuration.
    package init(of finding: Finding, _ voice: Voice) {
        let id = finding.lead?.kind.rawValue ?? finding.hypotheses.first?.cause.rawValue ?? "configuration"
        self.init(id: id, voice)
    }

    /// The page of an id.
    package init(id: String, _ voice: Voice) { self.init(voice.link(id: id), id: id) }

    /// The link as plain text.
    package var text: String {
        switch self {
        case .address(let text), .command(let text): text
        }
    }

    /// The id with everything but letters, digits, dots, underscores and hyphens left out: safe to paste into a shell.
    private static func identifier(_ id: String) -> String {
        let safe = id.unicodeScalars.filter { scalar in
            scalar.isASCII
                && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
                    || "-._".unicodeScalars.contains(scalar))
        }
        return String(String.UnicodeScalarView(safe.prefix(80)))
    }
}
