/// What the split patterns of tokenizers tell apart.
enum CharacterClass: UInt8 {
    /// `\p{L}`
    case letter
    /// `\p{N}`
    case number
    /// `\r` and `\n`
    case newline
    /// `\s` but line ends
    case space
    case other

    /// The class of every scalar, by value; built once.
    static let table: [UInt8] = (0..<0x11_0000).map { value in
        guard let scalar = Unicode.Scalar(UInt32(value)) else { return CharacterClass.other.rawValue }
        return of(scalar).rawValue
    }

    private static func of(_ scalar: Unicode.Scalar) -> CharacterClass {
        if scalar.value == 10 || scalar.value == 13 { return .newline }
        if scalar.properties.isWhitespace { return .space }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: return .letter
        case .decimalNumber, .letterNumber, .otherNumber: return .number
        default: return .other
        }
    }
}

extension UInt8 {
    /// Whether it is white space of ASCII.
    var isSpace: Bool { self == 0x20 || (0x09...0x0D).contains(self) }
}
