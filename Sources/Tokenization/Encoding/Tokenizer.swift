/// A byte-level byte-pair tokenizer: text to token ids and back.
///
/// Reads nanochat's `tokenizer.pkl` (without running it), tiktoken's rank files and Hugging Face `tokenizer.json`, and gives
/// the ids those programs give for ordinary text: special tokens in a text are text.
public struct Tokenizer: Sendable {
    /// Special tokens and their ids, by name.
    public let specialTokens: [String: Int]
    /// One more than the highest id.
    public let vocabulary: Int
    /// The largest number of tokens any vocabulary may claim.
    static let largestVocabulary = 1 << 24
    private let pattern: SplitPattern
    private let encoder: BytePairEncoder
    private let specialNames: [Int: String]

    init(
        path: String,
        pattern: SplitPattern,
        tokens: [[UInt8]],
        merges: BytePairEncoder.Merges,
        specialTokens: [String: Int]
    ) throws(TokenizerError) {
        guard let encoder = BytePairEncoder(table: ByteTable(tokens), merges: merges) else {
            throw TokenizerError(path: path, found: "no token of one byte", expected: "a byte-level vocabulary")
        }
        self.pattern = pattern
        self.encoder = encoder
        self.specialTokens = specialTokens
        vocabulary = max(tokens.count, (specialTokens.values.max() ?? -1) + 1)
        var names: [Int: String] = [:]
        for (name, id) in specialTokens.sorted(by: { $0.key < $1.key }) { names[id] = name }
        specialNames = names
    }

    /// The token documents begin with: `<|bos|>`, else `<|endoftext|>`.
    public var documentToken: Int? { specialTokens["<|bos|>"] ?? specialTokens["<|endoftext|>"] }

    /// The tokens of a text in UTF-8.
    public func encode(_ text: some Collection<UInt8>) -> [Int32] {
        var result: [Int32] = []
        encode(text, into: &result)
        return result
    }

    /// The number of tokens of a text in UTF-8.
    public func count(_ text: some Collection<UInt8>) -> Int {
        encode(text).count
    }

    /// Appends the tokens of a text.
    public func encode(_ text: some Collection<UInt8>, into result: inout [Int32]) {
        let isDone: Void? = text.withContiguousStorageIfAvailable { encode($0, into: &result) }
        if isDone == nil { Array(text).withUnsafeBufferPointer { encode($0, into: &result) } }
    }

    private func encode(_ text: UnsafeBufferPointer<UInt8>, into result: inout [Int32]) {
        var tokens = result
        result = []
        pattern.split(text) { range in
            let piece = UnsafeBufferPointer(rebasing: text[range])
            let id = encoder.table.id(of: piece)
            if id >= 0, encoder.takesWhole(id) {
                tokens.append(id)
            } else {
                encoder.encode(piece, into: &tokens)
            }
        }
        result = tokens
    }

    /// The bytes of a token; those of its name for a special one, none for an id beyond the vocabulary.
    public func bytes(of token: Int) -> [UInt8] {
        if let name = specialNames[token] { return Array(name.utf8) }
        return Array(encoder.table.bytes(of: token))
    }

    /// The text of some tokens; broken sequences become the replacement character.
    public func decode(_ tokens: some Sequence<Int32>) -> String {
        String(decoding: tokens.flatMap { bytes(of: Int($0)) }, as: UTF8.self)
    }
}
