import Foundation

/// What text costs at least, by the size of the vocabulary: the level that nobody trains through honestly.
package enum TextEntropy {
    /// Nats a byte that the best models of text need: 0.6 bits, which English costs people as well (Shannon, 1951).
    private static let perByte = 0.6 * log(2.0)

    /// Bytes in a token, at least: 1 of bytes and characters; of larger vocabularies the root of what English has (4.4 for
    /// GPT-2's 50 257 entries), because other languages, code and speech have shorter tokens.
    package static func bytesPerToken(vocabulary: Double) -> Double {
        max(1, 1 + 3.4 * log(max(1, vocabulary) / 256) / log(50_257.0 / 256)).squareRoot()
    }

    /// The least loss of honest training on text, nats a token.
    /// - Parameter chance: The loss of guessing, ln(vocabulary).
    package static func floor(chance: Double) -> Double { perByte * bytesPerToken(vocabulary: exp(min(chance, 20))) }
}
