import ArgumentParser
import Foundation
import Tokenization

/// Tokenises a text on one thread: tokens, megabytes a second. tokenizer.py prints the same for tiktoken.
struct Tokenize: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Time the tokenizer; see Benchmarks/tokenizer.sh.")

    @Argument(help: "A tokenizer.pkl, tokenizer.json or tiktoken rank file.")
    var tokenizer: String

    @Argument(help: "A text file.")
    var text: String

    @Option(help: "Timed passes; the fastest counts.")
    var passes = 3

    func run() throws {
        let tokenizer = try Tokenizer.read(path: tokenizer)
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: text)))
        var best = Double.infinity
        var count = 0
        for _ in 0..<max(1, passes) {
            let start = ContinuousClock.now
            count = tokenizer.encode(bytes).count
            let time = (ContinuousClock.now - start).components
            best = min(best, Double(time.seconds) + Double(time.attoseconds) * 1e-18)
        }
        print(count, Double(bytes.count) / 1e6 / best)
    }
}
