import Foundation

/// A tiktoken rank file: a token in Base64 and its rank on each line.
enum RankFile {
    static func parse(_ bytes: [UInt8], path: String, digits: Int) throws(TokenizerError) -> Tokenizer {
        var pairs: [(bytes: [UInt8], id: Int)] = []
        for (number, line) in bytes.split(separator: 0x0A).enumerated() {
            let words = line.split(whereSeparator: \.isSpace)
            if words.isEmpty { continue }
            guard words.count == 2, let token = Data(base64Encoded: Data(words[0])),
                let id = Int(String(decoding: words[1], as: UTF8.self))
            else {
                throw TokenizerError(
                    path: path,
                    found: "line \(number + 1) is no token and rank",
                    expected: "a tiktoken rank file, a tokenizer.json or a tokenizer.pkl"
                )
            }
            pairs.append((Array(token), id))
        }
        return try Tokenizer(
            path: path,
            // nanochat's pattern of two digits is the one without the clause on final white space.
            pattern: .gpt4(digits: min(3, max(1, digits)), joinsFinalSpace: digits == 3),
            tokens: tokens(pairs, path: path),
            merges: .tokens,
            specialTokens: [:]
        )
    }

    /// The tokens by id; ids may have gaps, but not be larger than any vocabulary.
    static func tokens(_ pairs: [(bytes: [UInt8], id: Int)], path: String) throws(TokenizerError) -> [[UInt8]] {
        var largest = -1
        for pair in pairs {
            guard (0..<Tokenizer.largestVocabulary).contains(pair.id), !pair.bytes.isEmpty else {
                throw TokenizerError(
                    path: path,
                    found: "the rank \(pair.id)",
                    expected: "ranks below 2^24 of tokens with bytes"
                )
            }
            largest = max(largest, pair.id)
        }
        guard largest >= 0, largest < pairs.count * 8 + 1024 else {
            throw TokenizerError(
                path: path,
                found: "\(pairs.count) tokens up to \(largest)",
                expected: "ranks close together"
            )
        }
        var result = [[UInt8]](repeating: [], count: largest + 1)
        for pair in pairs { result[pair.id] = pair.bytes }
        return result
    }
}
