import Foundation
import Shards
import Terms
import Testing

private func little(_ value: Int, _ width: Int) -> [UInt8] {
    (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}

private func fixture(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/Fixtures/" + name
}

/// What a file's structure or content shows: `nil` when it is sound.
private func problem(_ path: String) -> String? {
    do throws(ShardError) {
        let content = try ShardContent.check(try FileReader(path: path))
        return content?.defects.first.map { "\($0.kind.rawValue): \($0.detail)" }
    } catch {
        return error.description
    }
}

@Suite struct MegatronTests {
    /// Three sequences of 3, 0 and 5 tokens in two documents.
    private func index(code: UInt8 = 8, width: Int = 2) -> [UInt8] {
        ShardExamples.megatronIndex(code: code, width: width, lengths: [3, 0, 5])
    }

    @Test(arguments: [(8, 2), (4, 4), (5, 8), (1, 1)])
    func readsTokensOfEveryType(code: Int, width: Int) throws {
        let scratch = try Scratch()
        try scratch.write("a.idx", index(code: UInt8(code), width: width))
        let path = try scratch.write("a.bin", (0..<8).flatMap { little(200 + $0, width) })
        let reader = try TokenReader(path: path)
        #expect(reader.header == ShardHeader(format: "megatron", tokens: 8, headerBytes: 0, tokenWidth: width, rows: 3))
        #expect(try reader.tokens(2..<8) == (2..<8).map { 200 + $0 })
        #expect(throws: ShardError.self) { try reader.tokens(2..<9) }
    }

    @Test func damageToEitherFileIsFound() throws {
        let scratch = try Scratch()
        let good = index()
        try scratch.write("a.idx", good)
        let data = [UInt8](repeating: 1, count: 16)
        #expect(try problem(scratch.write("a.bin", data)) == nil)
        #expect(problem(scratch.path + "/a.idx") == nil)
        #expect(
            try problem(scratch.write("a.bin", data.dropLast(2).map { $0 }))?.contains("16 for the 3 sequences") == true
        )
        try scratch.write("a.bin", data)
        // The pointer of the last sequence, its length, the number of sequences, a document mark.
        for (byte, bit) in [(34 + 12 + 16, 1), (34 + 8, 0), (18, 2), (34 + 36 + 8, 3)] {
            var bad = good
            bad[byte] ^= 1 << UInt8(bit)
            try scratch.write("a.idx", bad)
            // The length of the last sequence says no more than how long the data are.
            #expect(problem(scratch.path + "/a.idx") != nil || byte == 34 + 8, "byte \(byte)")
            #expect(problem(scratch.path + "/a.bin") != nil, "byte \(byte)")
        }
        #expect(try problem(scratch.write("a.idx", good.dropLast().map { $0 })) != nil)
        try scratch.write("a.idx", Array(good[..<17]) + [8] + little(1 << 60, 8) + little(1 << 60, 8))
        #expect(problem(scratch.path + "/a.idx")?.contains("more sequences") == true)
    }
}

@Suite struct MDSTests {
    private static let packed = ["typed-zstd", "typed-gz", "typed-br", "typed-snappy"]

    private func path(_ name: String) throws -> String {
        let names = try FileManager.default.contentsOfDirectory(atPath: fixture("mds/" + name)).sorted()
        return fixture("mds/\(name)/") + (names.first { $0.hasPrefix("shard.00000.mds") } ?? "")
    }

    @Test(arguments: ["fixed", "typed", "dynamic", "bytes"] + packed)
    func readsTheTokensOfAllSamples(name: String) throws {
        let reader = try TokenReader(path: try path(name))
        let expected = (0..<20).flatMap { i in (0..<(name == "fixed" ? 8 : i % 5 + 1)).map { Int32(100 * i + $0) } }
        #expect(reader.header.tokens == expected.count)
        #expect(reader.header.rows == 20)
        #expect(try reader.tokens(0..<expected.count) == expected)
        #expect(try reader.tokens(7..<23) == Array(expected[7..<23]))
        #expect(problem(try path(name)) == nil)
    }

    @Test func damageIsFound() throws {
        let scratch = try Scratch()
        let folder = fixture("mds/typed/")
        let good = Array(try Data(contentsOf: URL(fileURLWithPath: folder + "shard.00000.mds")))
        let name = "shard.00000.mds"
        #expect(try problem(scratch.write(name, good)) == nil)
        #expect(try problem(scratch.write(name, good.dropLast().map { $0 })) != nil)
        #expect(try problem(scratch.write(name, good + [0])) != nil)
        var text = good
        let place = try #require(find(Array("sample 7 ".utf8), in: good))
        text[place] = 0xFF
        #expect(try problem(scratch.write(name, text))?.hasPrefix("invalid-text: sample 7") == true)
        for byte in 0..<4 * 22 {
            var bad = good
            bad[byte] ^= 0x10
            #expect(try problem(scratch.write(name, bad)) != nil, "byte \(byte)")
        }
        try scratch.write(
            "index.json",
            #"{"shards":[{"raw_data":{"basename":"shard.00000.mds","bytes":\#(good.count)},"samples":21}]}"#
        )
        #expect(try problem(scratch.write(name, good))?.contains("as index.json says") == true)
    }

    @Test(arguments: packed)
    func packedDamageIsFound(name: String) throws {
        let scratch = try Scratch()
        let path = try path(name)
        let file = String(path.split(separator: "/").last ?? "")
        let good = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        #expect(try problem(scratch.write(file, good)) == nil)
        #expect(try problem(scratch.write(file, good.dropLast(3).map { $0 })) != nil)
        #expect(try problem(scratch.write(file, Array(good[..<4]) + good[8...])) != nil)
    }
}

@Suite struct LitdataTests {
    @Test func readsTokens() throws {
        let scratch = try Scratch()
        try scratch.write("index.json", ShardExamples.litdataIndex)
        let reader = try TokenReader(path: try scratch.write("chunk-0-0.bin", ShardExamples.litdataChunk))
        #expect(reader.header.format == "litdata")
        #expect(reader.header.tokens == 12)
        #expect(try reader.tokens(3..<12) == (3..<12).map { 500 + $0 })
    }

    @Test func damageIsFound() throws {
        let scratch = try Scratch()
        try scratch.write("index.json", ShardExamples.litdataIndex)
        #expect(try problem(scratch.write("chunk-0-0.bin", ShardExamples.litdataChunk)) == nil)
        #expect(try problem(scratch.write("chunk-0-0.bin", ShardExamples.litdataChunk + [0])) != nil)
        for byte in 0..<20 {
            var bad = ShardExamples.litdataChunk
            bad[byte] ^= 0x40
            #expect(try problem(scratch.write("chunk-0-0.bin", bad)) != nil, "byte \(byte)")
        }
    }

    /// Without an index the offsets alone are checked.
    @Test func itemsWithoutAnIndex() throws {
        let scratch = try Scratch()
        let path = try scratch.write("chunk-0-0.bin", ShardExamples.litdataChunk)
        #expect(problem(path) == nil)
        #expect(throws: ShardError.self) { try TokenReader(path: path) }
    }
}

@Suite struct PlainFormatTests {
    @Test func readsEveryWidth() throws {
        let scratch = try Scratch()
        let narrow = (0..<5000).flatMap { little($0 * 7 % 50257, 2) }
        let wide = (0..<5000).flatMap { little($0 * 25 % 128_256, 4) }
        var llama = [UInt8](repeating: 0, count: 1024)
        llama.replaceSubrange(0..<12, with: little(20_240_801, 4) + little(7, 4) + little(5000, 4))
        let files: [(String, [UInt8], String, Int)] = [
            ("a.npy", ShardExamples.npy("<u2", narrow, count: 5000), "npy", 7),
            ("b.npy", ShardExamples.npy("<u4", wide, count: 5000), "npy", 25),
            ("train.bin", narrow, "raw-uint16", 7), ("part-000.npy", narrow, "raw-uint16", 7),
            ("part-001.npy", wide, "raw-uint32", 25), ("llama.bin", llama + wide, "llm.c-llama3", 25),
        ]
        for (name, bytes, format, factor) in files {
            let reader = try TokenReader(path: try scratch.write(name, bytes))
            #expect(reader.header.format == format, "\(name)")
            #expect(reader.header.tokens == 5000, "\(name)")
            #expect(try reader.tokens(4990..<5000) == (4990..<5000).map { Int32($0 * factor) }, "\(name)")
        }
    }

    @Test func aDamagedHeaderIsNoOtherFormat() throws {
        let scratch = try Scratch()
        let good = ShardExamples.npy("<u2", [1, 0, 2, 0], count: 2)
        #expect(try problem(scratch.write("a.npy", good)) == nil)
        for byte in 0..<10 {
            var bad = good
            bad[byte] ^= 0x81
            #expect(try problem(scratch.write("a.npy", bad)) != nil, "byte \(byte)")
        }
        #expect(try problem(scratch.write("a.npy", good.dropLast().map { $0 })) != nil)
        #expect(try problem(scratch.write("odd.bin", [1, 2, 3])) != nil)
    }

    @Test func evaluationExamplesFillTheFile() throws {
        let scratch = try Scratch()
        let bytes = ShardExamples.evaluation
        #expect(try problem(scratch.write("hellaswag_val.bin", bytes)) == nil)
        #expect(try problem(scratch.write("hellaswag_val.bin", bytes.dropLast(2).map { $0 })) != nil)
        #expect(try problem(scratch.write("hellaswag_val.bin", bytes + [1, 2])) != nil)
    }

    @Test func filesOfOtherKindsAreNoShards() throws {
        let scratch = try Scratch()
        for head in [Array("PK\u{3}\u{4}".utf8), little(20_240_326, 4), [0x80, 2]] {
            let file = try FileReader(path: try scratch.write("model.bin", head + [UInt8](repeating: 1, count: 5000)))
            #expect(try ShardFormats.header(of: file) == nil)
        }
    }
}

private func find(_ needle: [UInt8], in bytes: [UInt8]) -> Int? {
    guard bytes.count >= needle.count else { return nil }
    return (0...bytes.count - needle.count).first { bytes[$0..<$0 + needle.count].elementsEqual(needle) }
}
