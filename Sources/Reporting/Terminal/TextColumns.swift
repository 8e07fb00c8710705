extension StringProtocol {
    /// The columns that a text takes in a terminal: names of files may be in a script whose characters take two.
    ///
    /// Follows the classes Wide and Fullwidth of Unicode Standard Annex 11; what depends on the terminal counts as one.
    /// - Complexity: O(*n*).
    package var columns: Int {
        reduce(0) { $0 + $1.columns }
    }
}

extension Character {
    fileprivate var columns: Int {
        guard let first = unicodeScalars.first else { return 0 }
        if first.value < 0x300 { return 1 }
        if first.properties.isEmojiPresentation || unicodeScalars.contains("\u{FE0F}") { return 2 }
        return Self.wide.contains { $0.contains(first.value) } ? 2 : 1
    }

    /// Blocks whose letters are Wide or Fullwidth: Hangul, CJK with its signs and kana, Yi, their compatibility forms.
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
        0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF01...0xFF60, 0xFFE0...0xFFE6,
        0x16FE0...0x18DFF, 0x1AFF0...0x1B2FF, 0x1F200...0x1F2FF, 0x20000...0x3FFFD,
    ]
}
