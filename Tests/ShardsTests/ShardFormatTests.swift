import Foundation
import Shards
import Terms
import Testing

/// Every format of the list is complete: what a person who adds one can forget is named here.
@Suite struct ShardFormatTests {
    /// What a format lacks, a sentence each.
    private func gaps(_ format: any ShardFormat.Type) throws -> [String] {
        var gaps: [String] = []
        if format.ids.isEmpty { gaps.append("has no id; give `ids` the values that its headers have in `format`.") }
        if format.suffixes.isEmpty, format.magic.isEmpty {
            gaps.append(
                "has neither suffix nor magic, so that nothing recognises its files; give `suffixes` or `magic`."
            )
        }
        if format.unit != nil, !format.holdsTokens, format.hasPaddedRows {
            gaps.append("has padded rows and no tokens that could pad them; set `holdsTokens` or not `hasPaddedRows`.")
        }
        gaps += try gapsOfExample(format)
        gaps += try gapsOfPage(format)
        return gaps
    }

    private func gapsOfExample(_ format: any ShardFormat.Type) throws -> [String] {
        guard let example = ShardExamples.all[format.ids.first ?? ""], let shard = example.files.first else {
            return ["has no example; add a sound shard to Tests/ShardsTests/ShardExamples.swift."]
        }
        let scratch = try Scratch()
        for file in example.files { try scratch.write(file.name, file.bytes) }
        let path = scratch.path + "/" + shard.name
        if example.isRefused {
            #expect(throws: ShardError.self, "\(format.title)") { try ShardFormats.header(of: FileReader(path: path)) }
            return []
        }
        var gaps: [String] = []
        let found = try ShardFormats.header(of: FileReader(path: path))?.format
        if !format.ids.contains(found ?? "") {
            gaps.append(
                "does not claim its example, which is taken for \(found ?? "no shard"); see the order of the list."
            )
        }
        if let content = try ShardContent.check(FileReader(path: path)), !content.defects.isEmpty {
            gaps.append("finds a defect in its sound example: \(content.defects[0].detail).")
        }
        if format.holdsTokens, (try? TokenReader(path: path)) == nil {
            gaps.append("holds tokens, and those of its example cannot be read.")
        }
        try scratch.write(shard.name, Array(shard.bytes.dropLast()))
        if let content = try? ShardContent.check(FileReader(path: path)), content.defects.isEmpty {
            gaps.append("takes its example for sound when the last byte is missing.")
        }
        return gaps
    }

    /// The line of a format in the guide's table: title, suffixes, first bytes, unit, loaders.
    private func gapsOfPage(_ format: any ShardFormat.Type) throws -> [String] {
        let page = "Documentation.docc/Guides/Shard-formats.md"
        let section = "## How a format is recognised"
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(contentsOf: root.appendingPathComponent(page), encoding: .utf8)
        let lines = text.split(separator: "\n").drop { $0 != section }
        guard let line = lines.first(where: { $0.hasPrefix("| \(format.title) |") }) else {
            return [
                "is not in the guide; add a line that begins with \"| \(format.title) |\" to \"\(section)\" in \(page)."
            ]
        }
        let missing = (format.suffixes + format.loaders).map { "`\($0)`" }.filter { !line.contains($0) }
        var gaps = missing.map { "has no \($0) in its line of \(page)." }
        if let unit = format.unit, !line.contains(unit.rawValue) {
            gaps.append("does not say in its line of \(page) that it holds \(unit.rawValue).")
        }
        return gaps
    }

    @Test func everyFormatIsComplete() throws {
        for format in ShardFormats.all {
            for gap in try gaps(format) { Issue.record("The shard format \(format.title) (\(format)) \(gap)") }
        }
    }

    @Test func idsAndTitlesAreThoseOfOneFormat() {
        for values in [ShardFormats.all.flatMap { $0.ids }, ShardFormats.all.map { $0.title }] {
            #expect(Set(values).count == values.count, "\(values)")
        }
        #expect(Set(ShardExamples.all.keys).isSubset(of: ShardFormats.all.flatMap { $0.ids }))
    }

    @Test func aLoaderIsInferredFromShardsThatOneTrainerReads() {
        func loader(_ names: [String], format: String? = nil, headerBytes: Int = 0) -> String? {
            let header = format.map { ShardHeader(format: $0, tokens: 8, headerBytes: headerBytes, tokenWidth: 2) }
            return ShardFormats.loader(for: ShardListing(names: names, training: names.map { ($0, header) }))?.loader
        }
        #expect(loader(["a.parquet", "b.parquet"]) == "nanochat")
        #expect(loader(["a.parquet", "b.bin"]) == nil)
        #expect(loader(["shard.00000.mds"]) == "mosaicml")
        #expect(loader(["shard.00000.mds.zstd"]) == "mosaicml")
        #expect(loader(["data/chunk-0-12.zstd.bin"]) == "litdata")
        #expect(loader(["data.bin", "data.idx"]) == "megatron")
        #expect(loader(["a.npy", "b.npy"], format: "npy", headerBytes: 128) == "build-nanogpt")
        #expect(loader(["openwebtext/train.bin"], format: "raw-uint16") == "nanogpt")
        #expect(loader(["train.bin"], format: "llm.c-gpt2", headerBytes: 1024) == nil)
        #expect(loader(["train.bin"]) == nil)
        #expect(loader(["a.bin", "b.bin"], format: "llm.c-gpt2", headerBytes: 1024) == nil)
    }

    @Test func aShardIsKnownByItsName() {
        for name in ["a.bin", "a.npy", "a.idx", "a.parquet", "a.mds", "shard.00000.mds.zstd", "sub/a.u16"] {
            #expect(ShardFormats.isShard(name), "\(name)")
        }
        for name in ["README.md", "index.json", "train.jsonl.zstd", "SHA256SUMS"] {
            #expect(!ShardFormats.isShard(name), "\(name)")
        }
    }
}
