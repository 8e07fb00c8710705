import Foundation
import Pickle

extension Tokenizer {
    /// Reads a tokenizer file, recognised by its content: a pickled tiktoken `Encoding`, a Hugging Face `tokenizer.json`, or
    /// a tiktoken rank file, whose pattern and special tokens are not in it.
    /// - Parameters:
    ///   - path: The file.
    ///   - digits: For a rank file: the most digits in a piece of the GPT-4 pattern; nanochat's is 2.
    public static func read(path: String, digits: Int = 3) throws(TokenizerError) -> Tokenizer {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw TokenizerError(path: path, found: "the file is missing or not readable", expected: "a tokenizer file")
        }
        return try parse(Array(data), path: path, digits: digits)
    }

    /// Reads a tokenizer from memory.
    public static func parse(_ bytes: [UInt8], path: String, digits: Int = 3) throws(TokenizerError) -> Tokenizer {
        guard bytes.count <= 1 << 28 else {
            throw TokenizerError(path: path, found: "\(bytes.count) bytes", expected: "a tokenizer of at most 256 MiB")
        }
        if bytes.first == 0x80 { return try PickledEncoding.parse(bytes, path: path) }
        if bytes.first(where: { !$0.isSpace }) == UInt8(ascii: "{") {
            return try HuggingFaceTokenizer.parse(bytes, path: path)
        }
        return try RankFile.parse(bytes, path: path, digits: digits)
    }

    /// The largest number of tokens any vocabulary may claim.
    static let largestVocabulary = 1 << 24
}

extension UInt8 {
    fileprivate var isSpace: Bool { self == 0x20 || (0x09...0x0D).contains(self) }
}

/// A tiktoken `Encoding` as nanochat pickles it: name, pattern, mergeable ranks and special tokens. The pickle is read as
/// data; nothing in it is run.
enum PickledEncoding {
    static func parse(_ bytes: [UInt8], path: String) throws(TokenizerError) -> Tokenizer {
        func wrong(_ found: String) -> TokenizerError {
            TokenizerError(path: path, found: found, expected: "a pickled tiktoken Encoding (nanochat's tokenizer.pkl)")
        }
        let graph: PickleGraph
        do throws(PickleError) {
            graph = try Unpickler.read(bytes)
        } catch {
            throw wrong("a pickle that \(error.detail) at byte \(error.byte)")
        }
        guard case .object(let type, _, _) = graph[graph.root], type.hasPrefix("tiktoken.") else {
            throw wrong("a pickle of something else")
        }
        guard let text = graph.value(graph.root, "pat_str").flatMap(graph.text),
            let ranks = graph.value(graph.root, "mergeable_ranks").flatMap(graph.pairs)
        else { throw wrong("an object without pat_str or mergeable_ranks") }
        guard let pattern = SplitPattern(text) else { throw TokenizerError.pattern(text, path: path) }
        var pairs: [(bytes: [UInt8], id: Int)] = []
        for pair in ranks {
            guard let key = graph.bytes(pair.key), let id = graph.int(pair.value) else {
                throw wrong("a rank that is no pair of bytes and number")
            }
            pairs.append((key, id))
        }
        var special: [String: Int] = [:]
        for pair in graph.value(graph.root, "special_tokens").flatMap(graph.pairs) ?? [] {
            guard let name = graph.text(pair.key), let id = graph.int(pair.value),
                (0...Tokenizer.largestVocabulary).contains(id)
            else { throw wrong("a special token without a number") }
            special[name] = id
        }
        return try Tokenizer(
            path: path,
            pattern: pattern,
            tokens: RankFile.tokens(pairs, path: path),
            merges: .tokens,
            specialTokens: special
        )
    }
}

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

extension TokenizerError {
    /// A pattern that is not followed.
    static func pattern(_ text: String, path: String) -> TokenizerError {
        TokenizerError(
            path: path,
            found: "the split pattern \(text.prefix(120))",
            expected: "that of GPT-2, of GPT-4 or of nanochat"
        )
    }
}
