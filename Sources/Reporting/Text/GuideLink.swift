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
    /// without either their own.
    package init?(of finding: FindingDocument) {
        if let lead = finding.lead {
            self.init(lead.guide, id: lead.kind)
        } else if let cause = finding.hypotheses.first {
            self.init(cause.guide, id: cause.cause)
        } else if let guide = finding.guide {
            self.init(guide, id: guide.split(separator: "/").last.map(String.init) ?? "")
        } else {
            return nil
        }
    }

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
