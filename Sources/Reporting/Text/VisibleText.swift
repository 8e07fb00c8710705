/// Text of data, with every character that does not show made visible.
public enum VisibleText {
    /// Control characters become their pictures (`␊` for a line feed), other characters that act and do not show become
    /// `⟨U+200B⟩`.
    public static func of(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x00...0x1F: result.append(Unicode.Scalar(0x2400 + scalar.value) ?? scalar)
            case 0x7F: result.append("\u{2421}")
            default:
                if SafeText.isUnsafe(scalar) || (scalar != " " && scalar.properties.isWhitespace) {
                    let digits = String(scalar.value, radix: 16, uppercase: true)
                    let padded = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
                    result.append(contentsOf: "\u{27E8}U+\(padded)\u{27E9}".unicodeScalars)
                } else {
                    result.append(scalar)
                }
            }
        }
        return String(result)
    }
}
