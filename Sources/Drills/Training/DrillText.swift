import Replay
import Reporting

/// Text made from a seed and a small grammar: enough structure for a tiny model to learn, and nobody else's words.
struct DrillText {
    private static let subjects = [
        "the miller", "a sailor", "the old clock", "my neighbour", "the river", "a grey horse", "the teacher",
        "the moon",
        "a young fox", "the north wind", "the baker", "a lantern",
    ]
    private static let verbs = [
        "watches", "follows", "remembers", "carries", "answers", "paints", "finds", "loses", "mends", "guards",
    ]
    private static let objects = [
        "the wooden bridge", "a silver key", "the last letter", "the garden gate", "a quiet song", "the broken mill",
        "an open window", "the winter road", "a handful of seeds", "the harbour lights",
    ]
    private static let places = [
        "by the sea", "in the valley", "under the stairs", "at the market", "near the old well", "on the hill",
        "behind the church", "across the field",
    ]
    private static let endings = [
        "before the rain comes", "when nobody is looking", "as it did every year", "without saying a word",
        "until the evening bell", "and thinks of home",
    ]
    private static let openers = ["Today", "In spring", "Once more", "At noon", "Later", "Every night"]

    /// What the text is about: two domains that have little in common.
    enum Domain: Sendable {
        case tales
        case ledgers
    }

    private let domain: Domain
    private var random: SplitMix64

    init(seed: UInt64, domain: Domain = .tales) {
        self.domain = domain
        random = SplitMix64(seed: seed)
    }

    /// Byte tokens: documents, each with a 0 before it, cut to `count`.
    mutating func tokens(_ count: Int) -> [UInt16] {
        var result: [UInt16] = []
        result.reserveCapacity(count + 1024)
        while result.count < count {
            result.append(0)
            result += (domain == .tales ? document() : ledger()).utf8.map(UInt16.init)
        }
        return Array(result.prefix(count))
    }

    /// A document keeps to two subjects and two places, so that its beginning helps to predict its end.
    private mutating func document() -> String {
        let subjects = [pick(Self.subjects), pick(Self.subjects)]
        let places = [pick(Self.places), pick(Self.places)]
        var text = ""
        for _ in 0..<Int.random(in: 4...9, using: &random) {
            var sentence = "\(pick(subjects)) \(pick(Self.verbs)) \(pick(Self.objects))"
            if Bool.random(using: &random) { sentence += " \(pick(places))" }
            if Int.random(in: 0..<3, using: &random) == 0 { sentence += " \(pick(Self.endings))" }
            if Int.random(in: 0..<4, using: &random) == 0 {
                text += "\(pick(Self.openers)) \(sentence). "
            } else {
                text += sentence.capitalizedFirst + ". "
            }
        }
        return text + "\n"
    }

    /// A table of accounts: capitals, digits and separators.
    private mutating func ledger() -> String {
        let accounts = ["OIL", "RYE", "TAR", "TIN", "WAX", "ZINC"]
        var text = "LEDGER \(Int.random(in: 1...99, using: &random))\n"
        var balance = Int.random(in: 100...9000, using: &random)
        for _ in 0..<Int.random(in: 4...9, using: &random) {
            let sum = Int.random(in: 1...99, using: &random)
            balance += sum
            text += "\(pick(accounts));\(sum)=\(balance)\n"
        }
        return text
    }

    private mutating func pick(_ words: [String]) -> String {
        words[Int.random(in: 0..<words.count, using: &random)]
    }
}
