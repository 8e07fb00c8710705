import Foundation

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
}
