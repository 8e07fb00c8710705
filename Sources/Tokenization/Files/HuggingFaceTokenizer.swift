import Foundation

/// A `tokenizer.json` with a byte-level BPE model and no normaliser.
///
/// Source: Hugging Face tokenizers, `tokenizers/src/models/bpe` and `pre_tokenizers/byte_level.rs`.
enum HuggingFaceTokenizer {
    static func parse(_ bytes: [UInt8], path: String) throws(TokenizerError) -> Tokenizer {
        func wrong(_ found: String, _ expected: String = "a tokenizer.json with a byte-level BPE model")
            -> TokenizerError
        {
            TokenizerError(path: path, found: found, expected: expected)
        }
        guard let root = try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any],
            let model = root["model"] as? [String: Any], let vocabulary = model["vocab"] as? [String: Any]
        else { throw wrong("no `model.vocab`") }
        if let type = model["type"] as? String, type != "BPE" { throw wrong("a \(type) model") }
        if let normalizer = root["normalizer"], !(normalizer is NSNull) {
            throw wrong("a normalizer", "none: it would change the text before it is cut")
        }
        if model["byte_fallback"] as? Bool == true { throw wrong("byte_fallback") }
        let pattern = try pattern(root["pre_tokenizer"] as? [String: Any] ?? [:], path: path)
        var pairs: [(bytes: [UInt8], id: Int)] = []
        var ids: [String: Int] = [:]
        for (name, value) in vocabulary.sorted(by: { $0.key < $1.key }) {
            guard let id = value as? Int else { throw wrong("the token \(name.prefix(40)) without a number") }
            // Tokens that are no bytes are special ones, which ordinary text does not have.
            guard let bytes = ByteAlphabet.bytes(of: name), !bytes.isEmpty else { continue }
            pairs.append((bytes, id))
            ids[name] = id
        }
        let tokens = try RankFile.tokens(pairs, path: path)
        let merges = try merges(model["merges"] as? [Any] ?? [], ids, path: path)
        var special: [String: Int] = [:]
        for token in root["added_tokens"] as? [[String: Any]] ?? [] {
            guard let name = token["content"] as? String, let id = token["id"] as? Int,
                (0..<Tokenizer.largestVocabulary).contains(id)
            else { continue }
            special[name] = id
        }
        return try Tokenizer(
            path: path,
            pattern: pattern,
            tokens: tokens,
            merges: .listed(merges),
            specialTokens: special
        )
    }

    private static func merges(
        _ list: [Any],
        _ ids: [String: Int],
        path: String
    ) throws(TokenizerError) -> [UInt64: (rank: Int32, id: Int32)] {
        var result: [UInt64: (rank: Int32, id: Int32)] = [:]
        for (rank, entry) in list.enumerated() {
            let parts = entry as? [String] ?? (entry as? String)?.split(separator: " ").map(String.init) ?? []
            guard parts.count == 2, let left = ids[parts[0]], let right = ids[parts[1]],
                let id = ids[parts[0] + parts[1]]
            else {
                throw TokenizerError(
                    path: path,
                    found: "merge \(rank) of tokens that are not in the vocabulary",
                    expected: "two tokens and their union"
                )
            }
            let key = BytePairEncoder.key(Int32(truncatingIfNeeded: left), Int32(truncatingIfNeeded: right))
            result[key] = (Int32(truncatingIfNeeded: rank), Int32(truncatingIfNeeded: id))
        }
        return result
    }

    /// How text is cut: GPT-2's pattern inside `ByteLevel`, or a `Split` before it.
    private static func pattern(_ section: [String: Any], path: String) throws(TokenizerError) -> SplitPattern {
        let parts = section["pretokenizers"] as? [[String: Any]] ?? [section]
        var found: SplitPattern?
        for part in parts {
            switch part["type"] as? String {
            case "ByteLevel":
                guard part["add_prefix_space"] as? Bool != true else {
                    throw TokenizerError(path: path, found: "add_prefix_space", expected: "none")
                }
                if part["use_regex"] as? Bool ?? true { found = found ?? .gpt2 }
            case "Split":
                let text = (part["pattern"] as? [String: Any])?["Regex"] as? String ?? ""
                guard let pattern = SplitPattern(text), part["behavior"] as? String == "Isolated",
                    part["invert"] as? Bool != true
                else { throw TokenizerError.pattern(text, path: path) }
                found = pattern
            default:
                throw TokenizerError(
                    path: path,
                    found: "the pre-tokenizer \(part["type"] as? String ?? "none")",
                    expected: "ByteLevel, alone or after Split"
                )
            }
        }
        guard let found else { throw TokenizerError(path: path, found: "no pre-tokenizer", expected: "ByteLevel") }
        return found
    }
}

/// GPT-2's alphabet, in which every byte is a visible character.
enum ByteAlphabet {
    /// The byte of each character.
    private static let byteOfScalar: [UInt32: UInt8] = {
        var result: [UInt32: UInt8] = [:]
        var next: UInt32 = 256
        for byte in UInt8.min...UInt8.max {
            let isVisible = (0x21...0x7E).contains(byte) || (0xA1...0xAC).contains(byte) || byte >= 0xAE
            result[isVisible ? UInt32(byte) : next] = byte
            if !isVisible { next += 1 }
        }
        return result
    }()

    /// The bytes a token of the vocabulary stands for; `nil` when it holds other characters.
    static func bytes(of token: String) -> [UInt8]? {
        var result: [UInt8] = []
        for scalar in token.unicodeScalars {
            guard let byte = byteOfScalar[scalar.value] else { return nil }
            result.append(byte)
        }
        return result
    }
}
