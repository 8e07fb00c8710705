/// Words and typed numbers of which a sentence is made where it is printed.
///
/// A rule writes `"The rate jumps to \(rate: new) at step \(step)."`; what it gets is a value whose parts are kept apart.
/// How a number looks, which path a command names and how foreign text is made safe is decided by `Reporting` alone, and
/// no code can search the result for a word: a phrase has no text until it is printed. A plain `String` cannot be
/// interpolated: `quoted:` and `text:` mark what came from outside.
public struct Phrase: Sendable, Hashable {
    /// One part of a phrase.
    public enum Part: Sendable, Hashable {
        /// Words of ours.
        case words(String)
        /// A number and how it is written.
        case number(Double, NumberStyle)
        /// A whole number, as it is.
        case integer(Int)
        /// A large whole number, in groups of three.
        case grouped(Int)
        /// How many of something: the number, and the noun in the singular.
        case count(Int, String)
        /// One step, or the first and the last of several.
        case steps(ClosedRange<Int>)
        /// Some of many numbers, steps mostly, and how many are left out.
        case numbers([Int], more: Int)
        /// A name from outside that is set like code: a shard, a parameter, a key.
        case quoted(String)
        /// Foreign text: a message of the trainer, an error.
        case text(String)
        /// The title of a symptom, in the middle of a sentence.
        case symptom(SymptomKind)
        /// The title of a cause, in the middle of a sentence.
        case cause(CauseKind)
        /// A command, with the run's own paths.
        case command(Command)
    }

    /// The parts in order.
    public private(set) var parts: [Part]

    /// Takes parts.
    public init(_ parts: [Part] = []) { self.parts = parts }

    /// Whether there is nothing to print.
    public var isEmpty: Bool { parts.isEmpty }

    /// The commands that are proposed, in order.
    public var commands: [Command] {
        parts.compactMap { part in
            if case .command(let command) = part { command } else { nil }
        }
    }

    /// One phrase behind another.
    public static func + (left: Phrase, right: Phrase) -> Phrase { Phrase(left.parts + right.parts) }

    /// The phrase with its first word in another case; numbers, names and commands stay as they are.
    private func first(_ change: (Substring) -> String) -> Phrase {
        guard case .words(let words) = parts.first else { return self }
        return Phrase([.words(change(words.prefix(1)) + words.dropFirst())] + parts.dropFirst())
    }

    /// The phrase for the middle of a sentence.
    public var lowercasedFirst: Phrase { first { $0.lowercased() } }

    /// The phrase for the beginning of a sentence.
    public var capitalizedFirst: Phrase { first { $0.uppercased() } }
}

/// How a number is written.
public enum NumberStyle: Sendable, Hashable {
    /// A loss in nats: three decimals.
    case loss
    /// A learning rate: mantissa and exponent.
    case rate
    /// A ratio, or a count of standard deviations.
    case ratio
    /// A share, as per cent.
    case share
    /// A setting as a person writes it.
    case setting
    /// A fixed number of decimals.
    case fixed(Int)
}

extension Phrase: ExpressibleByStringInterpolation {
    public init(stringLiteral value: String) { parts = value.isEmpty ? [] : [.words(value)] }

    public init(stringInterpolation: StringInterpolation) { parts = stringInterpolation.parts }

    /// Collects the parts of an interpolated literal.
    public struct StringInterpolation: StringInterpolationProtocol, Sendable {
        fileprivate var parts: [Part] = []

        public init(literalCapacity: Int, interpolationCount: Int) { parts.reserveCapacity(2 * interpolationCount + 1) }

        public mutating func appendLiteral(_ literal: String) {
            if !literal.isEmpty { parts.append(.words(literal)) }
        }

        /// A loss in nats.
        public mutating func appendInterpolation(loss value: Double) { parts.append(.number(value, .loss)) }
        /// A learning rate, a loss scale.
        public mutating func appendInterpolation(rate value: Double) { parts.append(.number(value, .rate)) }
        /// A ratio, or a count of standard deviations.
        public mutating func appendInterpolation(ratio value: Double) { parts.append(.number(value, .ratio)) }
        /// A share, as per cent.
        public mutating func appendInterpolation(share value: Double) { parts.append(.number(value, .share)) }
        /// A setting as a person writes it.
        public mutating func appendInterpolation(setting value: Double) { parts.append(.number(value, .setting)) }
        /// A number with a fixed number of decimals.
        public mutating func appendInterpolation(_ value: Double, decimals: Int) {
            parts.append(.number(value, .fixed(decimals)))
        }
        /// A whole number: a step, a line.
        public mutating func appendInterpolation(_ value: Int) { parts.append(.integer(value)) }
        /// A large whole number in groups of three.
        public mutating func appendInterpolation(grouped value: Int) { parts.append(.grouped(value)) }
        /// How many of something; the noun in the singular.
        public mutating func appendInterpolation(count value: Int, _ noun: String) {
            parts.append(.count(value, noun))
        }
        /// "step 3", or "steps 3 to 9".
        public mutating func appendInterpolation(steps range: ClosedRange<Int>) { parts.append(.steps(range)) }
        /// "3, 7, 9 and 4 more".
        public mutating func appendInterpolation(_ numbers: [Int], atMost limit: Int) {
            parts.append(.numbers(Array(numbers.prefix(limit)), more: max(0, numbers.count - limit)))
        }
        /// A name from outside that is set like code.
        public mutating func appendInterpolation(quoted name: String) { parts.append(.quoted(name)) }
        /// Foreign text.
        public mutating func appendInterpolation(text: String) { parts.append(.text(text)) }
        /// The title of a symptom.
        public mutating func appendInterpolation(_ kind: SymptomKind) { parts.append(.symptom(kind)) }
        /// The title of a cause.
        public mutating func appendInterpolation(_ kind: CauseKind) { parts.append(.cause(kind)) }
        /// A command, with the run's own paths.
        public mutating func appendInterpolation(_ command: Command) { parts.append(.command(command)) }
        /// A phrase within a phrase.
        public mutating func appendInterpolation(_ phrase: Phrase) { parts += phrase.parts }
    }
}

extension [Phrase] {
    /// The phrases one behind another.
    public func joined(separator: Phrase) -> Phrase {
        dropFirst().reduce(first ?? Phrase()) { $0 + separator + $1 }
    }
}
