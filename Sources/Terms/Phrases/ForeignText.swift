/// A text from outside with control characters replaced, fit for a message.
package func printable(_ text: String) -> String {
    String(
        String.UnicodeScalarView(
            text.unicodeScalars.prefix(300).map { $0.value < 32 || $0.value == 127 ? "\u{FFFD}" : $0 }
        )
    )
}
