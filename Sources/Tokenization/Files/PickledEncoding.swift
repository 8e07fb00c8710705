import Pickle

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
