/// The regular expression with which a tokenizer cuts text into pieces before it merges bytes.
///
/// The patterns of GPT-2 and GPT-4 and nanochat's variant of the latter are followed by hand, an order of magnitude faster
/// than a general regular expression; others are refused.
struct SplitPattern: Sendable, Equatable {
    /// Whether `'S` counts as a contraction like `'s`.
    var ignoresCase: Bool
    /// Whether a word may begin with any one sign that is no letter, number or line end, and not with a space only.
    var takesAnySign: Bool
    /// How many digits a piece may hold; 0 for any number of them, with a space before them.
    var longestNumber: Int
    /// Whether line ends after signs belong to them, and white space ends with its last line end.
    var joinsLineEnds: Bool
    /// Whether white space at the end of the text is one piece, line ends or not: tiktoken's own form of GPT-4's pattern.
    var joinsFinalSpace = false

    static let gpt2 = SplitPattern(ignoresCase: false, takesAnySign: false, longestNumber: 0, joinsLineEnds: false)

    /// GPT-4's pattern with pieces of at most so many digits.
    static func gpt4(digits: Int, joinsFinalSpace: Bool) -> SplitPattern {
        var pattern = SplitPattern(
            ignoresCase: true,
            takesAnySign: true,
            longestNumber: digits,
            joinsLineEnds: true
        )
        pattern.joinsFinalSpace = joinsFinalSpace
        return pattern
    }

    /// Recognises a pattern by its text; possessive quantifiers and the order of contractions do not change what it matches.
    init?(_ text: String) {
        var plain = text.filter { !$0.isWhitespace || $0 == " " }
        for (from, to) in [("++", "+"), ("?+", "?"), ("*+", "*"), ("2}+", "2}"), ("3}+", "3}")] {
            plain = plain.replacing(from, with: to)
        }
        let joinsFinalSpace = plain.contains("|\\s+$")
        plain = plain.replacing("|\\s+$", with: "").replacing("[\\r\\n]+|", with: "[\\r\\n]|")
        plain = plain.replacing("(?i:'s|'t|'re|'ve|'m|'ll|'d)", with: "'(?i:[sdmt]|ll|ve|re)")
        plain = plain.replacing("'s|'t|'re|'ve|'m|'ll|'d", with: "'(?:[sdmt]|ll|ve|re)")
        if plain.hasSuffix("(?!\\S)|\\s") { plain += "+" }
        if plain == "'(?:[sdmt]|ll|ve|re)| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+" {
            self = .gpt2
            return
        }
        for digits in 1...3 {
            let number = digits == 1 ? ["\\p{N}", "\\p{N}{1}", "\\p{N}{1,1}"] : ["\\p{N}{1,\(digits)}"]
            for number in number
            where plain == "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\(number)"
                + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+"
            {
                self = .gpt4(digits: digits, joinsFinalSpace: joinsFinalSpace)
                return
            }
        }
        return nil
    }

    private init(ignoresCase: Bool, takesAnySign: Bool, longestNumber: Int, joinsLineEnds: Bool) {
        self.ignoresCase = ignoresCase
        self.takesAnySign = takesAnySign
        self.longestNumber = longestNumber
        self.joinsLineEnds = joinsLineEnds
    }

    /// Calls `body` with each piece of a text, in order; the pieces are the whole text.
    @inline(__always)
    func split(_ text: UnsafeBufferPointer<UInt8>, _ body: (Range<Int>) -> Void) {
        CharacterClass.table.withUnsafeBufferPointer { classes in
            var scanner = PieceScanner(text: text, classes: classes, pattern: self)
            while let piece = scanner.next() { body(piece) }
        }
    }
}

/// Cuts one text.
private struct PieceScanner {
    let text: UnsafeBufferPointer<UInt8>
    let classes: UnsafeBufferPointer<UInt8>
    let pattern: SplitPattern
    var position = 0

    private static let letter = CharacterClass.letter.rawValue
    private static let number = CharacterClass.number.rawValue
    private static let newline = CharacterClass.newline.rawValue
    private static let space = CharacterClass.space.rawValue
    private static let other = CharacterClass.other.rawValue
    /// The class beyond the end.
    private static let none: UInt8 = 255

    init(text: UnsafeBufferPointer<UInt8>, classes: UnsafeBufferPointer<UInt8>, pattern: SplitPattern) {
        self.text = text
        self.classes = classes
        self.pattern = pattern
    }

    /// The class of the character at a place, and the place after it. A broken sequence is a sign of one byte.
    @inline(__always)
    private func look(_ at: Int) -> (kind: UInt8, next: Int) {
        guard at < text.count else { return (Self.none, at) }
        let first = text[at]
        if first < 0x80 { return (classes[Int(first)], at + 1) }
        return lookWide(at, first)
    }

    private func lookWide(_ at: Int, _ first: UInt8) -> (kind: UInt8, next: Int) {
        let count = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
        guard first >= 0xC2, first < 0xF5, at + count <= text.count else { return (Self.other, at + 1) }
        var value = Int(first) & (0xFF >> (count + 1))
        for index in 1..<count {
            guard text[at + index] & 0xC0 == 0x80 else { return (Self.other, at + 1) }
            value = value << 6 | Int(text[at + index] & 0x3F)
        }
        return value < classes.count ? (classes[value], at + count) : (Self.other, at + 1)
    }

    /// The place after a run of one class.
    @inline(__always)
    private func end(of kind: UInt8, from start: Int) -> Int {
        var at = start
        while true {
            let (next, after) = look(at)
            guard next == kind else { return at }
            at = after
        }
    }

    mutating func next() -> Range<Int>? {
        let start = position
        let (kind, after) = look(start)
        guard kind != Self.none else { return nil }
        position = pieceEnd(start, kind, after)
        return start..<position
    }

    @inline(__always)
    private func pieceEnd(_ start: Int, _ kind: UInt8, _ after: Int) -> Int {
        if kind == Self.letter { return end(of: Self.letter, from: after) }
        if kind == Self.other, text[start] == 0x27, let end = contraction(after) { return end }
        let isSpace = kind == Self.space
        let isPlainSpace = text[start] == 0x20
        let (second, afterSecond) = look(after)
        // One sign, or one space, before a word.
        if second == Self.letter,
            pattern.takesAnySign ? (isSpace || kind == Self.other) : isPlainSpace
        {
            return end(of: Self.letter, from: afterSecond)
        }
        if kind == Self.number { return numberEnd(from: after) }
        if pattern.longestNumber == 0, isPlainSpace, second == Self.number {
            return end(of: Self.number, from: afterSecond)
        }
        if kind == Self.other { return signsEnd(from: after) }
        if isPlainSpace, second == Self.other { return signsEnd(from: afterSecond) }
        return whiteEnd(start)
    }

    private func numberEnd(from after: Int) -> Int {
        guard pattern.longestNumber > 0 else { return end(of: Self.number, from: after) }
        var at = after
        for _ in 1..<max(2, pattern.longestNumber) where pattern.longestNumber > 1 {
            let (kind, next) = look(at)
            guard kind == Self.number else { break }
            at = next
        }
        return at
    }

    private func signsEnd(from after: Int) -> Int {
        let at = end(of: Self.other, from: after)
        return pattern.joinsLineEnds ? end(of: Self.newline, from: at) : at
    }

    /// White space: through its last line end, else all but the last when a word follows, else all.
    private func whiteEnd(_ start: Int) -> Int {
        var at = start
        var last = start
        var lineEnd: Int?
        while true {
            let (kind, next) = look(at)
            guard kind == Self.space || kind == Self.newline else { break }
            last = at
            at = next
            if kind == Self.newline { lineEnd = next }
        }
        if pattern.joinsFinalSpace, at == text.count { return at }
        if pattern.joinsLineEnds, let lineEnd { return lineEnd }
        return at < text.count && last > start ? last : at
    }

    /// `'s`, `'d`, `'m`, `'t`, `'ll`, `'ve`, `'re`.
    private func contraction(_ at: Int) -> Int? {
        guard at < text.count else { return nil }
        func letter(_ index: Int) -> UInt8 {
            guard index < text.count else { return 0 }
            let byte = text[index]
            // The long s folds to s in a pattern that ignores case.
            return pattern.ignoresCase && byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
        }
        let first = letter(at)
        switch first {
        case UInt8(ascii: "s"), UInt8(ascii: "d"), UInt8(ascii: "m"), UInt8(ascii: "t"): return at + 1
        case 0xC5 where pattern.ignoresCase && letter(at + 1) == 0xBF: return at + 2
        case UInt8(ascii: "l"): return letter(at + 1) == UInt8(ascii: "l") ? at + 2 : nil
        case UInt8(ascii: "v"), UInt8(ascii: "r"): return letter(at + 1) == UInt8(ascii: "e") ? at + 2 : nil
        default: return nil
        }
    }
}
