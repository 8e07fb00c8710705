/// The phrases that make a line more than noise, found in one pass.
///
/// A class: a copy of its tables for every line would cost more than the search.
final class EndingWords: Sendable {
    /// What a phrase other than that of an ending says.
    struct Signs: OptionSet, Sendable {
        let rawValue: Int
        /// A traceback begins.
        static let traceback = Signs(rawValue: 1)
        /// The next traceback is part of the same story as the one before.
        static let chained = Signs(rawValue: 2)
        /// The exception that follows ends nothing: an object or an exit handler was cleaned up.
        static let ignored = Signs(rawValue: 4)
        /// The launcher's account of the first failure begins.
        static let firstFailure = Signs(rawValue: 8)
        /// An update was skipped.
        static let skipped = Signs(rawValue: 16)
        /// The loss scale was changed.
        static let scale = Signs(rawValue: 32)
        /// Training is done.
        static let done = Signs(rawValue: 64)
        /// NCCL talks about its work.
        static let collectives = Signs(rawValue: 128)
    }

    /// What a line says.
    struct Found {
        var signs: Signs = []
        /// The number of the first rule that fits, in ``EndingRules/all``.
        var rule: Int?
        /// Where the words that name an exit status end.
        var status: Int?

        var isEmpty: Bool { signs.isEmpty && rule == nil }
    }

    /// The one table of all phrases.
    static let all = EndingWords()

    private let scanner: WordScanner
    private let rules: [Int?]
    private let signs: [Signs]
    private let lengths: [Int]

    private init() {
        var phrases: [StaticString] = []
        var rules: [Int?] = []
        var signs: [Signs] = []
        for (number, rule) in EndingRules.all.enumerated() {
            for phrase in rule.phrases {
                phrases.append(phrase)
                rules.append(number)
                signs.append([])
            }
        }
        for (phrase, sign) in Self.phrases {
            phrases.append(phrase)
            rules.append(nil)
            signs.append(sign)
        }
        scanner = WordScanner(phrases)
        lengths = phrases.map(\.utf8CodeUnitCount)
        self.rules = rules
        self.signs = signs
    }

    /// What a line says, from its first byte to its last.
    @inline(__always) func find(in line: ByteCursor) -> Found {
        var found = Found()
        scanner.find(in: line) { phrase, place in add(phrase, place, line, &found) }
        return found
    }

    @inline(never)
    private func add(_ phrase: Int, _ place: Int, _ line: ByteCursor, _ found: inout Found) {
        found.signs.formUnion(signs[phrase])
        guard let number = rules[phrase], number < found.rule ?? .max else { return }
        let rule = EndingRules.all[number]
        guard rule.isConfirmed(in: line) else { return }
        found.rule = number
        found.status = rule.traits.contains(.status) ? place + lengths[phrase] : nil
    }

    private static let phrases: [(StaticString, Signs)] = [
        ("Traceback (most recent call last)", .traceback),
        ("During handling of the above exception", .chained),
        ("was the direct cause of the following", .chained),
        ("Exception ignored in", .ignored),
        ("Error in atexit._run_exitfuncs", .ignored),
        ("Root Cause (first observed failure)", .firstFailure),
        ("OVERFLOW!", .skipped), ("overflow detected, setting loss scale", .skipped),
        ("reducing to ", .scale), ("reducing loss scale to ", .scale), ("setting loss scale to: ", .scale),
        ("[after training is done]", .done), ("Training completed", .done), ("training completed", .done),
        ("Training complete", .done), ("Training finished", .done), ("training finished", .done),
        ("Finished training", .done), ("finished training", .done), ("Training is complete", .done),
        ("Training done", .done), ("done training", .done), ("Total training time", .done),
        ("'train_runtime':", .done), ("\"train_runtime\":", .done), ("stopped: `max_steps", .done),
        ("stopped: `max_epochs", .done), ("Training took", .done), ("peak memory consumption", .done),
        ("exiting program at iteration", .done), ("exiting program after", .done), ("End of training", .done),
        ("NCCL INFO ", .collectives), ("NCCL WARN ", .collectives),
    ]
}
