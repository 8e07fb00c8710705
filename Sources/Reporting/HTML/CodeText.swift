/// Sentences that quote names and commands in backticks, as HTML.
enum CodeText {
    /// The text escaped, and what stands between paired backticks as code; a backtick without a partner stays.
    static func html(_ text: String, limit: Int = 1000) -> String {
        let line = SafeText.line(text, limit: limit)
        let parts = line.unicodeScalars.split(separator: "`", omittingEmptySubsequences: false)
        let escape = XMLContentType()
        // An even number of parts means an odd number of backticks: the last one has no partner.
        let pairs = parts.count % 2 == 0 ? parts.count - 1 : parts.count
        var result = ""
        for (index, part) in parts.enumerated() {
            let escaped = escape.escapeText(String(part))
            if index >= pairs {
                result += "`" + escaped
            } else {
                result += index % 2 == 1 ? "<code>\(escaped)</code>" : escaped
            }
        }
        return result
    }
}
