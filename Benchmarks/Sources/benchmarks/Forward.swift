import ArgumentParser
import Replay

/// Tokens per second at GPT-2 124M shape with random weights, a line for each setting: name, seconds, tokens per second.
/// forward.py prints the same lines for PyTorch.
struct Forward: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Time forward and backward passes at GPT-2 124M shape; see Benchmarks/forward.sh."
    )

    @Option(help: "Numbers of threads to measure with.")
    var threads: [Int]

    @Option(help: "Length of the sequences; several are measured one after the other.")
    var tokens: [Int] = [256, 1024]

    @Option(help: "Rows of a batch; each thread runs whole rows.")
    var rows = 2

    @Option(help: "Timed passes of each setting; the fastest counts.")
    var passes = 2

    private enum Pass: String, CaseIterable {
        case forward, backward
        case probed = "forward+probes"

        var name: String { self == .backward ? "forward+backward" : rawValue }
    }

    func validate() throws {
        guard tokens.allSatisfy((1...1024).contains), threads.allSatisfy({ $0 > 0 }), rows > 0, passes > 0 else {
            throw ValidationError("expected 1 to 1024 tokens, and at least one thread, row and pass")
        }
    }

    func run() throws {
        let description = try TransformerDescription(
            layers: 12,
            heads: 12,
            channels: 768,
            maximumSequence: 1024,
            vocabulary: 50257,
            paddedVocabulary: 50304
        )
        let checkpoint = try Trainer(description: description, seed: 1).checkpoint()
        for count in threads {
            let replayer = Replayer(checkpoint: checkpoint, threads: count)
            for length in tokens {
                let lengths = [Int](repeating: length, count: rows)
                let batch = RandomModel.rows(lengths: lengths, vocabulary: description.vocabulary, seed: 2)
                for pass in Pass.allCases {
                    let seconds = try best(of: passes) { try run(pass, replayer, batch) }
                    let rate = Int(Double(rows * length) / seconds)
                    print("\(pass.name)/T=\(length)/threads=\(count) \(seconds) \(rate)")
                }
            }
        }
    }

    private func run(_ pass: Pass, _ replayer: Replayer, _ rows: [TokenRow]) throws {
        _ = try replayer.evaluate(rows: rows, probes: pass == .probed, gradients: pass == .backward)
    }

    /// The first, untimed pass makes room and warms the caches.
    private func best(of passes: Int, _ body: () throws -> Void) throws -> Double {
        try body()
        let clock = ContinuousClock()
        var best = Duration.seconds(1 << 30)
        for _ in 0..<passes { best = min(best, try clock.measure(body)) }
        return best / .seconds(1)
    }
}
