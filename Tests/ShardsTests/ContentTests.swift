import Foundation
import Shards
import Terms
import Testing

/// Numbers from a seed.
private struct Numbers {
    var state: UInt64

    mutating func next(below limit: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % limit
    }
}

/// Tokens as a tokenizer gives them: documents behind a delimiter, a few ids very often, most seldom.
private func text(_ count: Int, vocabulary: Int = 50257, seed: UInt64 = 1) -> [UInt16] {
    var numbers = Numbers(state: seed)
    var result: [UInt16] = []
    // A document keeps to its own words.
    var words: [Int] = []
    while result.count < count {
        if words.isEmpty || numbers.next(below: 700) == 0 {
            result.append(UInt16(vocabulary - 1))
            words = (0..<300).map { _ in
                let share = Double(numbers.next(below: 1 << 20) + 1) / Double(1 << 20)
                return 1 + Int(Double(vocabulary - 2) * share * share * share * share * share)
            }
        }
        let place = Double(numbers.next(below: 1 << 20)) / Double(1 << 20)
        result.append(UInt16(min(vocabulary - 2, words[Int(place * place * 300)])))
    }
    return Array(result.prefix(count))
}

private func defects(_ tokens: [UInt16], vocabulary: Int? = nil) throws -> [ShardDefect] {
    let scratch = try Scratch()
    let file = try FileReader(path: try scratch.write("a_train_000001.bin", llmcShard(tokens)))
    return try #require(try ShardContent.check(file, vocabulary: vocabulary)).defects
}

@Suite struct ContentTests {
    @Test(arguments: [50257, 4096, 512, 256], [1, 2] as [UInt64])
    func soundTextGivesNoDefect(vocabulary: Int, seed: UInt64) throws {
        #expect(try defects(text(200_000, vocabulary: vocabulary, seed: seed), vocabulary: vocabulary) == [])
        #expect(try defects(text(200_000, vocabulary: vocabulary, seed: seed + 7)) == [])
    }

    @Test func aHoleIsFoundToTheToken() throws {
        var tokens = text(100_000)
        for place in 40_000..<41_500 { tokens[place] = 0 }
        let found = try defects(tokens)
        #expect(found.map(\.kind) == [.zeroRun])
        #expect(found.first?.tokens == 40_000..<41_500)
        #expect(found.first?.bytes == 1024 + 80_000..<1024 + 83_000)
        #expect(found.first?.severity == .failure)
    }

    @Test func spaceNeverFilledIsFound() throws {
        let found = try defects(text(100_000) + [UInt16](repeating: 0, count: 20_000))
        #expect(found.map(\.tokens) == [100_000..<120_000])
        #expect(found.first?.detail.contains("never filled") == true)
    }

    @Test func aRunOfOneTokenIsFound() throws {
        var tokens = text(100_000)
        for place in 50_000..<56_000 { tokens[place] = 262 }
        #expect(try defects(tokens).map(\.kind) == [.tokenRun])
    }

    @Test(arguments: [50257, 512])
    func aLostByteIsFound(vocabulary: Int) throws {
        let tokens = text(100_000, vocabulary: vocabulary)
        var bytes = llmcShard(tokens)
        bytes.remove(at: 1024 + 2 * 30_000)
        bytes.append(0)
        let scratch = try Scratch()
        let file = try FileReader(path: try scratch.write("a.bin", bytes))
        let shift = try #require(try ShardContent.check(file)).defects.first { $0.kind == .oddByteShift }
        let found = try #require(shift?.tokens)
        #expect(abs(found.lowerBound - 30_000) <= 1024)
        #expect(found.upperBound == 100_000)
        #expect(shift?.severity == .failure)
    }

    @Test func idsOutsideTheVocabularyAreFound() throws {
        var tokens = text(100_000, vocabulary: 512)
        tokens[70_123] = 513
        #expect(try defects(tokens) == [])
        let found = try defects(tokens, vocabulary: 512)
        #expect(found.map(\.kind) == [.outsideVocabulary])
        #expect(found.first?.tokens == 70_123..<70_124)
    }

    /// Nothing says how large the vocabulary is, but no other block has such ids.
    @Test(arguments: [512, 4096])
    func garbageIsFoundWithoutAVocabulary(vocabulary: Int) throws {
        var numbers = Numbers(state: 3)
        var tokens = text(100_000, vocabulary: vocabulary)
        for place in 20_000..<21_000 { tokens[place] = UInt16(numbers.next(below: 65536)) }
        let found = try defects(tokens)
        #expect(found.first?.kind == .outsideVocabulary)
        #expect(found.allSatisfy { $0.tokens?.overlaps(20_000..<21_000) == true })
    }

    @Test(arguments: [50257, 512])
    func randomIdsInsideTheVocabularyAreFound(vocabulary: Int) throws {
        var numbers = Numbers(state: 5)
        var tokens = text(200_000, vocabulary: vocabulary)
        for place in 90_000..<97_000 { tokens[place] = UInt16(numbers.next(below: vocabulary)) }
        let found = try defects(tokens, vocabulary: vocabulary)
        #expect(found.map(\.kind) == [.entropyOutlier])
        let range = try #require(found.first?.tokens)
        #expect(range.overlaps(90_000..<97_000) && range.count > 4000)
    }

    @Test func aCopiedBlockIsFoundAndACopiedDocumentIsNot() throws {
        var tokens = text(300_000)
        tokens.replaceSubrange(200_000..<220_000, with: tokens[31_000..<51_000])
        let found = try defects(tokens)
        #expect(found.map(\.kind) == [.repeatedBlock])
        let range = try #require(found.first?.tokens)
        #expect(range.contains(200_000) && range.contains(219_999) && range.count < 20_010)

        let document = [50256] + text(20_000, seed: 99).filter { $0 != 50256 }
        #expect(try defects(text(100_000) + document + text(100_000, seed: 8) + document) == [])
    }

    @Test func missingDelimitersAreFound() throws {
        var tokens = text(4 << 20, vocabulary: 50257)
        for place in 1 << 20..<2 << 20 where tokens[place] == 50256 { tokens[place] = 11 }
        let found = try defects(tokens)
        #expect(found.map(\.kind) == [.missingDelimiters])
        #expect(found.first?.tokens == 1 << 20..<2 << 20)
    }

    @Test func aTextOfRandomCharactersIsFound() throws {
        // The corpus holds such a file; the Parquet reader's own tests cover the rest.
        let folder = Corpus.path + "/runs/d36/shards"
        guard FileManager.default.fileExists(atPath: folder) else { return }
        let content = try ShardContent.check(try FileReader(path: folder + "/shard_00001.parquet"))
        #expect(content?.defects.map(\.kind) == [.entropyOutlier, .entropyOutlier])
    }
}

/// The shared corpus of real runs, where it is at hand.
private enum Corpus {
    static let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/../../../shared/corpus"
    static var exists: Bool { FileManager.default.fileExists(atPath: path + "/runs") }

    struct Truth: Decodable {
        struct Culprit: Decodable {
            var shard: String
            var kind: String?
            var byte_start: Int?
            var byte_end: Int?
        }
        var culprits: [Culprit]?
    }

    static func names(_ folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path + "/" + folder)) ?? []).sorted()
    }
}

@Suite(.enabled(if: Corpus.exists)) struct CorpusContentTests {
    @Test func pristineShardsGiveNoDefect() async throws {
        for set in Corpus.names("shards") where set.hasPrefix("dev_") {
            let folder = ShardFolder(path: Corpus.path + "/shards/" + set)
            let manifest = try Manifest.read(path: folder.path + "/SHA256SUMS")
            let shards = await Verifier(folder: folder, manifest: manifest, level: .decode, workers: 2).verifyAll()
            #expect(!shards.isEmpty)
            for shard in shards {
                #expect(shard.status == .verified, "\(set) \(shard.name)")
                #expect(shard.defects == [], "\(set) \(shard.name)")
            }
        }
    }

    /// With the digests of the pristine shards, damage is proved, and the content says where it is.
    @Test func damageIsWhereTheTruthSaysIt() async throws {
        var checked = 0
        for run in Corpus.names("runs") {
            let text = try String(contentsOfFile: Corpus.path + "/runs/\(run)/truth.json", encoding: .utf8)
            // Python writes numbers that JSON does not have.
            let data = Data(text.replacingOccurrences(of: " NaN", with: " null").utf8)
            let truth = try JSONDecoder().decode(Corpus.Truth.self, from: data)
            for culprit in truth.culprits ?? [] where Corpus.names("runs/\(run)/shards").contains(culprit.shard) {
                let folder = Corpus.path + "/runs/\(run)/shards"
                let file = try FileReader(path: folder + "/" + culprit.shard)
                let found = try #require(try ShardContent.check(file)).defects
                guard let start = culprit.byte_start, let end = culprit.byte_end, culprit.kind != "dup" else {
                    continue
                }
                #expect(!found.isEmpty, "\(run)")
                let block = 2 * 1024
                for defect in found {
                    #expect(defect.bytes.overlaps(start..<end), "\(run)")
                    #expect(
                        defect.bytes.lowerBound >= start - block && defect.bytes.upperBound <= end + block,
                        "\(run)"
                    )
                }
                let covered = found.map { $0.bytes.clamped(to: start..<end).count }.max() ?? 0
                #expect(2 * covered > end - start, "\(run)")
                checked += 1
            }
        }
        #expect(checked >= 6)
    }

    @Test func aShardThatIsThereTwiceIsFound() async throws {
        let scratch = try Scratch()
        let sound = Corpus.path + "/shards/dev_bpe512/"
        let damaged = Corpus.path + "/runs/d11/shards/mobyspeare_train_000004.bin"
        let files = FileManager.default
        for index in 1...3 {
            let name = "/mobyspeare_train_00000\(index).bin"
            try files.copyItem(atPath: sound + name, toPath: scratch.path + name)
        }
        try files.copyItem(atPath: damaged, toPath: scratch.path + "/mobyspeare_train_000004.bin")
        let folder = ShardFolder(path: scratch.path)
        let manifest = try Manifest(listing: folder)
        let shards = await Verifier(folder: folder, manifest: manifest, level: .decode, workers: 2).verifyAll()
        #expect(shards.map { $0.defects.map(\.kind) } == [[], [], [], [.duplicateShard]])
        #expect(shards.last?.defects.first?.detail.contains("mobyspeare_train_000002.bin") == true)
    }
}

/// Damage of every kind is found and located to its piece; sound files give no alarm.
@Suite struct DamageTests {
    private static let pieceBytes = 4096
    private let sound = llmcShard(text(20_000, seed: 11))

    private func verify(_ bytes: [UInt8], _ scratch: Scratch) throws -> ShardVerification {
        try scratch.write("a.bin", bytes)
        let entry = entry("a.bin", sound, pieceBytes: Self.pieceBytes)
        let manifest = Manifest(path: "lock", form: .lock, pieceBytes: Self.pieceBytes, entries: [entry])
        return Verifier(folder: ShardFolder(path: scratch.path), manifest: manifest, workers: 1).verify(entry)
    }

    private func piece(of byte: Int) -> Range<Int> {
        let start = byte / Self.pieceBytes * Self.pieceBytes
        return start..<min(start + Self.pieceBytes, sound.count)
    }

    @Test func everyFlippedBitOfASampleIsLocated() throws {
        let scratch = try Scratch()
        #expect(try verify(sound, scratch).status == .verified)
        for byte in stride(from: 0, to: sound.count, by: 97) {
            var bytes = sound
            bytes[byte] ^= 1 << UInt8(byte % 8)
            let result = try verify(bytes, scratch)
            #expect(result.status == .mismatch, "byte \(byte)")
            #expect(result.damagedRanges == [piece(of: byte)], "byte \(byte)")
        }
    }

    @Test func truncationAndExtensionAreLocated() throws {
        let scratch = try Scratch()
        for length in stride(from: 1, to: sound.count, by: 1009) {
            let result = try verify(Array(sound[..<length]), scratch)
            #expect(result.status == .short)
            #expect(result.damagedRanges.last?.upperBound == sound.count)
            #expect(result.damagedRanges.allSatisfy { $0.lowerBound >= length / Self.pieceBytes * Self.pieceBytes })
        }
        for extra in [1, 2, 4095, 4096, 10_000] {
            let result = try verify(sound + [UInt8](repeating: 0, count: extra), scratch)
            #expect(result.status == .long)
            #expect(result.damagedRanges.last?.upperBound == sound.count + extra)
        }
    }

    @Test func holesSwapsAndDuplicatesAreLocated() throws {
        let scratch = try Scratch()
        let size = Self.pieceBytes
        for start in stride(from: 512, to: sound.count - 2 * size, by: 3 * 512) {
            var hole = sound
            for byte in start..<start + 512 { hole[byte] = 0 }
            if hole != sound {
                let result = try verify(hole, scratch)
                #expect(result.damagedRanges.count == 1)
                #expect(result.damagedRanges.allSatisfy { $0.overlaps(start..<start + 512) })
                #expect(result.damagedRanges.allSatisfy { $0.count <= 2 * size })
            }
        }
        for first in 0..<4 {
            let (one, two) = (piece(of: first * size), piece(of: (first + 3) * size))
            var swapped = sound
            swapped.replaceSubrange(one, with: sound[two])
            swapped.replaceSubrange(two, with: sound[one])
            #expect(try verify(swapped, scratch).damagedRanges == [one, two])
            var copied = sound
            copied.replaceSubrange(two, with: sound[one])
            #expect(try verify(copied, scratch).damagedRanges == [two])
        }
    }

    @Test func tenThousandSoundFilesGiveNoAlarm() async throws {
        let scratch = try Scratch()
        let tokens = text(10_000 + 64, seed: 21)
        var entries: [ManifestEntry] = []
        for index in 0..<10_000 {
            let name = "s\(index).bin"
            let bytes = llmcShard(Array(tokens[index..<index + 64]))
            try scratch.write(name, bytes)
            entries.append(entry(name, bytes, pieceBytes: Self.pieceBytes))
        }
        let manifest = Manifest(path: "lock", form: .lock, pieceBytes: Self.pieceBytes, entries: entries)
        let folder = ShardFolder(path: scratch.path)
        let shards = await Verifier(folder: folder, manifest: manifest, level: .decode, workers: 2).verifyAll()
        #expect(shards.count == 10_000)
        #expect(shards.allSatisfy { $0.status == .verified && $0.defects.isEmpty })
    }
}

@Suite struct DecodeLevelTests {
    @Test func withoutADigestContentDecides() throws {
        let scratch = try Scratch()
        var tokens = text(60_000)
        try scratch.write("good.bin", llmcShard(tokens))
        for place in 10_000..<12_000 { tokens[place] = 0 }
        try scratch.write("hole.bin", llmcShard(tokens))
        let folder = ShardFolder(path: scratch.path)
        let manifest = try Manifest(listing: folder)
        let verifier = Verifier(folder: folder, manifest: manifest, level: .decode, workers: 1)
        let good = verifier.verify(ManifestEntry(name: "good.bin"))
        #expect(good.status == .unproved && good.level == .decode && good.defects.isEmpty)
        let hole = verifier.verify(ManifestEntry(name: "hole.bin"))
        #expect(hole.status == .malformed && hole.level == .decode)
        #expect(hole.damagedRanges == [1024 + 20_000..<1024 + 24_000])
    }

    /// What the digest proves is what was published: strange content is a warning then.
    @Test func aProvedShardIsNeverMalformed() throws {
        let scratch = try Scratch()
        let bytes = llmcShard(text(30_000) + [UInt16](repeating: 0, count: 5000))
        try scratch.write("a.bin", bytes)
        let entry = entry("a.bin", bytes, pieceBytes: 4096)
        let manifest = Manifest(path: "lock", form: .lock, pieceBytes: 4096, entries: [entry])
        var verifier = Verifier(folder: ShardFolder(path: scratch.path), manifest: manifest, level: .decode, workers: 1)
        let result = verifier.verify(entry)
        #expect(result.status == .verified && result.level == .digest)
        #expect(result.defects.map(\.severity) == [.warning])
        verifier.decodesProved = false
        #expect(verifier.verify(entry).defects.isEmpty)
    }

    /// A digest of the whole says that a shard is damaged; its content says where.
    @Test func contentLocatesWhatADigestFinds() throws {
        let scratch = try Scratch()
        var tokens = text(60_000)
        let digest = sha256(llmcShard(tokens))
        for place in 10_000..<12_000 { tokens[place] = 0 }
        try scratch.write("a.bin", llmcShard(tokens))
        let entry = ManifestEntry(name: "a.bin", sha256: digest)
        let manifest = Manifest(path: "SHA256SUMS", form: .checksums, entries: [entry])
        let folder = ShardFolder(path: scratch.path)
        let result = Verifier(folder: folder, manifest: manifest, level: .decode, workers: 1).verify(entry)
        #expect(result.status == .mismatch && result.level == .digest)
        #expect(result.damagedRanges == [1024 + 20_000..<1024 + 24_000])
    }
}
