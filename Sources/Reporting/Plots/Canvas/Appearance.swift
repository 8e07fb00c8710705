/// How a plot chooses between its light and its dark colours.
public enum Appearance: String, Sendable, CaseIterable {
    /// By the reader's preference, through a media query.
    case automatic = "auto"
    /// Always light: for pages that choose the picture themselves.
    case light
    /// Always dark.
    case dark

    /// The plots' style sheet with these colours.
    package var plotStyle: String {
        let style = Resource.plotStyle
        let opening = "@media screen and (prefers-color-scheme: dark) {\n"
        guard self != .automatic, let range = style.firstRange(of: opening), let end = style.lastIndex(of: "}") else {
            return style
        }
        let base = style[..<range.lowerBound]
        return self == .light ? String(base) : String(base + style[range.upperBound..<end])
    }
}

extension Markup {
    /// A plot as a file of its own: with the XML declaration and its style sheet.
    /// - Throws: `EncodingError`; not for any known input.
    package func plotFile(_ appearance: Appearance = .automatic) throws -> String {
        var markup = self
        let style = Markup("style", text: "\n" + appearance.plotStyle)
        markup.children.insert(style, at: min(2, markup.children.count))
        return try markup.encoded(isDocument: true)
    }
}
