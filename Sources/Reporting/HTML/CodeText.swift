/// Sentences that quote names and commands in backticks, as HTML.
enum CodeText {
    /// The text escaped, and what stands between paired backticks as code.
    static func html(_ text: String, limit: Int = 1000) -> String {
        let escape = XMLContentType()
        return Wording.parts(SafeText.line(text, limit: limit)).map { part in
            let escaped = escape.escapeText(part.text)
            return part.isCode ? "<code>\(escaped)</code>" : escaped
        }.joined()
    }

    /// The text without the backticks, where nothing can be set as code.
    static func plain(_ text: String, limit: Int = 1000) -> String {
        Wording.parts(SafeText.line(text, limit: limit)).map(\.text).joined()
    }
}
