import Foundation
import Testing
import Tokenization

private func fixture(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures/" + name).path
}

/// Ids that tiktoken and Hugging Face tokenizers gave for the same texts.
private struct Encodings: Decodable {
    var texts: [String]
    var pickle: [[Int32]]
    var ranks: [[Int32]]
    var gpt2: [[Int32]]
    var gpt4: [[Int32]]

    static func read() throws -> Encodings {
        try JSONDecoder().decode(
            Encodings.self,
            from: Data(contentsOf: URL(fileURLWithPath: fixture("encodings.json")))
        )
    }
}

@Suite struct TokenizerTests {
    @Test(arguments: ["tokenizer.pkl", "ranks.tiktoken", "gpt2.json", "gpt4.json"])
    func givesTheIdsOfTheOriginal(name: String) throws {
        let tokenizer = try Tokenizer.read(path: fixture(name))
        let encodings = try Encodings.read()
        let expected = [
            "tokenizer.pkl": encodings.pickle, "ranks.tiktoken": encodings.ranks, "gpt2.json": encodings.gpt2,
            "gpt4.json": encodings.gpt4,
        ]
        for (text, ids) in zip(encodings.texts, try #require(expected[name])) {
            #expect(tokenizer.encode(text.utf8) == ids, "\(text.debugDescription)")
        }
    }

    @Test(arguments: ["tokenizer.pkl", "ranks.tiktoken", "gpt2.json", "gpt4.json"])
    func textComesBack(name: String) throws {
        let tokenizer = try Tokenizer.read(path: fixture(name))
        for text in try Encodings.read().texts { #expect(tokenizer.decode(tokenizer.encode(text.utf8)) == text) }
    }

    @Test func specialTokensAreKnownAndNotFoundInText() throws {
        let tokenizer = try Tokenizer.read(path: fixture("tokenizer.pkl"))
        let first = try #require(tokenizer.documentToken)
        #expect(tokenizer.specialTokens["<|bos|>"] == first)
        #expect(tokenizer.vocabulary == first + 3)
        #expect(!tokenizer.encode("<|bos|>".utf8).contains(Int32(first)))
        #expect(tokenizer.bytes(of: first) == Array("<|bos|>".utf8))
        #expect(tokenizer.bytes(of: 1 << 30).isEmpty)
    }

    @Test func brokenTextIsEncodedByteByByte() throws {
        let tokenizer = try Tokenizer.read(path: fixture("tokenizer.pkl"))
        let bytes: [UInt8] = [0xC3, 0x28, 0xFF, 0xF0, 0x9F, 0x41, 0xE2, 0x82]
        #expect(tokenizer.encode(bytes).flatMap { tokenizer.bytes(of: Int($0)) } == bytes)
    }

    /// A megabyte of one letter is one piece; merging it must not take the square of its length.
    @Test func oneLongPieceIsEncoded() throws {
        let tokenizer = try Tokenizer.read(path: fixture("tokenizer.pkl"))
        let text = [UInt8](repeating: UInt8(ascii: "a"), count: 1 << 20)
        #expect(tokenizer.encode(text).reduce(0) { $0 + tokenizer.bytes(of: Int($1)).count } == text.count)
    }
}

@Suite struct TokenizerFileTests {
    private func refused(_ bytes: [UInt8]) -> String? {
        do throws(TokenizerError) {
            _ = try Tokenizer.parse(bytes, path: "t")
            return nil
        } catch {
            return error.description
        }
    }

    @Test func everyCutOfAPickleIsRefusedOrRead() throws {
        let data = try Data(contentsOf: URL(fileURLWithPath: fixture("tokenizer.pkl")))
        for length in stride(from: 1, to: data.count, by: 7) { #expect(refused(Array(data.prefix(length))) != nil) }
    }

    @Test func aPickleThatRunsSomethingIsDataAndRefused() {
        // os.system("true"), which must neither run nor pass for a tokenizer.
        let bytes = Array("cos\nsystem\n(X\u{4}\u{0}\u{0}\u{0}truetR.".utf8)
        #expect(refused([0x80, 2] + bytes)?.contains("tokenizer.pkl") == true)
        #expect(refused([0x80, 2] + bytes)?.contains("asks to call os.system") == true)
        // Beside a tokenizer, too: a list of the call and of nothing else.
        let list = [0x80, 2] + Array("](".utf8) + bytes.dropLast() + Array("e.".utf8)
        #expect(refused(list)?.contains("os.system") == true)
    }

    @Test func otherPatternsAreNamed() throws {
        let json = """
            {"model":{"type":"BPE","vocab":{"a":0},"merges":[]},
             "pre_tokenizer":{"type":"Split","pattern":{"Regex":"[a-z]+"},"behavior":"Isolated"}}
            """
        #expect(refused(Array(json.utf8))?.contains("[a-z]+") == true)
    }

    @Test func absurdRanksAreRefused() {
        #expect(refused(Array("YQ== 99999999999\n".utf8)) != nil)
        #expect(refused(Array("YQ== 16000000\n".utf8)) != nil)
        #expect(refused(Array("not a rank file\n".utf8)) != nil)
        #expect(refused([]) != nil)
    }
}
