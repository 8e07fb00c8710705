import Foundation
import Shards
import Terms
import Testing

@Suite struct VerifierTests {
    private let scratch: Scratch
    private let good = llmcShard((0..<6000).map { UInt16($0 % 251) })

    init() throws {
        scratch = try Scratch()
    }

    private func verify(_ entries: [ManifestEntry], level: Verifier.Level = .digest) async -> [ShardVerification] {
        let manifest = Manifest(path: "lock", form: .lock, pieceBytes: 1024, entries: entries)
        let folder = ShardFolder(path: scratch.path)
        return await Verifier(folder: folder, manifest: manifest, level: level, workers: 3).verifyAll()
    }

    @Test func aSoundShardIsVerifiedByItsPieces() async throws {
        try scratch.write("a.bin", good)
        let result = await verify([entry("a.bin", good, pieceBytes: 1024)])
        #expect(result.map(\.status) == [.verified])
        #expect(result[0].level == .digest)
        #expect(result[0].header == ShardHeader(format: "llm.c-gpt2", tokens: 6000, headerBytes: 1024, tokenWidth: 2))
    }

    /// Every bit flip is found and located to its piece.
    @Test func aFlippedBitIsLocatedToItsPiece() async throws {
        var draw: UInt64 = 11
        for _ in 0..<60 {
            draw = draw &* 6_364_136_223_846_793_005 &+ 1
            let position = Int(draw >> 33) % good.count
            var bytes = good
            bytes[position] ^= 1 << UInt8(draw % 8)
            try scratch.write("a.bin", bytes)
            let result = await verify([entry("a.bin", good, pieceBytes: 1024)])
            #expect(result[0].status == .mismatch)
            #expect(result[0].damagedRanges.count == 1)
            #expect(result[0].damagedRanges[0].contains(position))
            #expect(result[0].damagedRanges[0].count <= 1024)
            #expect(result[0].actual == sha256(bytes).description)
        }
    }

    @Test func shortLongMissingAndExtraShardsAreToldApart() async throws {
        try scratch.write("short.bin", Array(good.dropLast(10)))
        try scratch.write("long.bin", good + [0, 0])
        try scratch.write("extra.bin", good)
        let result = await verify(["short.bin", "long.bin", "missing.bin"].map { entry($0, good, pieceBytes: 1024) })
        #expect(result.map(\.status) == [.short, .long, .missing, .extra])
        // The last piece differs and the end is missing: one range.
        #expect(result[0].damagedRanges == [(good.count - 10) / 1024 * 1024..<good.count])
        #expect(result[1].damagedRanges == [good.count / 1024 * 1024..<good.count + 2])
        #expect(result[3].name == "extra.bin")
    }

    @Test func aPartOfTheShardsHasOnlyTrueExtras() async throws {
        for name in ["a.bin", "b.bin", "c.bin", "extra.bin"] { try scratch.write(name, good) }
        let entries = ["a.bin", "b.bin", "c.bin"].map { entry($0, good, pieceBytes: 1024) }
        let manifest = Manifest(path: "lock", form: .lock, pieceBytes: 1024, entries: entries)
        let folder = ShardFolder(path: scratch.path)
        let verifier = Verifier(folder: folder, manifest: manifest, part: manifest.part(1, of: 2), workers: 1)
        let result = await verifier.verifyAll()
        #expect(result.map(\.name) == ["a.bin", "c.bin", "extra.bin"])
        #expect(result.map(\.status) == [.verified, .verified, .extra])
        #expect(verifier.bytesOnDisk() == 2 * good.count)
    }

    @Test func extrasOfSubfoldersAreFoundWhereShardsLieThere() async throws {
        for name in ["sub/a.bin", "sub/extra.bin", "quarantine/q.bin", ".hidden/h.bin"] {
            try scratch.write(name, good)
        }
        let result = await verify([entry("sub/a.bin", good, pieceBytes: 1024)])
        #expect(result.map(\.name) == ["sub/a.bin", "sub/extra.bin"])
    }

    @Test func aFolderThatDoesNotExistIsOneError() throws {
        let path = try scratch.write("a.bin", good)
        try ShardFolder(path: scratch.path).requireExists()
        #expect { try ShardFolder(path: scratch.path + "/TYPO").requireExists() } throws: {
            "\($0)".contains("TYPO: cannot read the shards: the folder does not exist")
        }
        #expect(throws: ShardError.self) { try ShardFolder(path: path).requireExists() }
    }

    /// A download may still write the file that is verified.
    @Test func aFileThatGrowsWhileItIsReadIsNoTrap() throws {
        let bytes = [UInt8](repeating: 3, count: 4 << 20)
        let path = try scratch.write("a.parquet", Array(bytes.prefix(1 << 20)))
        let shard = entry("a.parquet", bytes, pieceBytes: 1 << 16)
        let manifest = Manifest(path: "lock", form: .lock, pieceBytes: 1 << 16, entries: [shard])
        let verifier = Verifier(folder: ShardFolder(path: scratch.path), manifest: manifest, workers: 1)
        var hasGrown = false
        let result = verifier.verify(shard) { _ in
            guard !hasGrown, let handle = FileHandle(forWritingAtPath: path) else { return }
            hasGrown = true
            handle.seekToEndOfFile()
            handle.write(Data(repeating: 4, count: 2 << 20))
            try? handle.close()
        }
        #expect(hasGrown)
        #expect(result.status == .short)
        #expect(result.bytes == 3 << 20)
        #expect(result.damagedRanges == [1 << 20..<4 << 20])
    }

    @Test func sizeAloneIsNeverCalledVerified() async throws {
        try scratch.write("a.bin", good)
        let known = await verify([ManifestEntry(name: "a.bin", bytes: good.count)])
        #expect(known[0].status == .unproved)
        let shallow = await verify([entry("a.bin", good, pieceBytes: 1024)], level: .size)
        #expect(shallow[0].status == .unproved)
    }

    @Test func structureIsCheckedWithoutADigest() async throws {
        try scratch.write("claims.bin", llmcShard([1, 2, 3], claimed: 4))
        try scratch.write("negative.bin", llmcShard([1, 2, 3], claimed: -5))
        try scratch.write("magic.bin", llmcShard([1, 2, 3], magic: 1))
        try scratch.write("odd.bin", [UInt8](repeating: 1, count: 2001))
        try scratch.write("cut.parquet", Array("PAR1 and then nothing".utf8))
        try scratch.write("pointer.bin", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
        let names = ["claims.bin", "negative.bin", "magic.bin", "odd.bin", "cut.parquet", "pointer.bin"]
        let result = await verify(names.map { ManifestEntry(name: $0) })
        for shard in result { #expect(shard.status == .malformed, "\(shard.name): \(shard.detail)") }
        #expect(result[0].detail.contains("expected 1032 for the 4 tokens"))
    }

    #if os(Linux)
        /// The memory at address 0 is a file of the system's that gives an input/output error.
        @Test func aReadingErrorNamesItsPlace() throws {
            let manifest = Manifest(path: "lock", form: .lock, entries: [ManifestEntry(name: "mem", sha256: .of([]))])
            let verifier = Verifier(folder: ShardFolder(path: "/proc/self"), manifest: manifest, workers: 1)
            let result = verifier.verify(manifest.entries[0])
            #expect(result.status == .unreadable && result.level == .none)
            #expect(result.detail == "/proc/self/mem: cannot read at byte 0: Input/output error.")
        }
    #endif

    @Test func unreadableThingsAreNamedAndStopNothing() async throws {
        try FileManager.default.createDirectory(atPath: scratch.path + "/folder.bin", withIntermediateDirectories: true)
        mkfifo(scratch.path + "/pipe.bin", 0o600)
        let outside = try Scratch()
        try outside.write("secret.bin", good)
        try FileManager.default.createSymbolicLink(
            atPath: scratch.path + "/link.bin",
            withDestinationPath: outside.path + "/secret.bin"
        )
        try FileManager.default.createSymbolicLink(atPath: scratch.path + "/inside.bin", withDestinationPath: "a.bin")
        try scratch.write("a.bin", good)
        let names = ["folder.bin", "pipe.bin", "link.bin", "inside.bin", "a.bin"]
        let result = await verify(names.map { entry($0, good, pieceBytes: 1024) })
        #expect(result.map(\.status) == [.unreadable, .unreadable, .unreadable, .verified, .verified])
        #expect(result[2].detail.contains("leaves the folder"))
    }

    /// A hole, a swap of two stretches, and a stretch that stands twice, all at the right size.
    @Test func holesSwapsAndDuplicatesAreLocatedToTheirPieces() async throws {
        var draw: UInt64 = 3
        for kind in 0..<30 {
            draw = draw &* 6_364_136_223_846_793_005 &+ 1
            let first = Int(draw >> 40) % 8000 + 1024
            draw = draw &* 6_364_136_223_846_793_005 &+ 1
            let second = Int(draw >> 40) % 2000 + 9500
            let (one, two) = (first..<first + 300, second..<second + 300)
            var bytes = good
            switch kind % 3 {
            case 0: bytes.replaceSubrange(one, with: [UInt8](repeating: 0, count: 300))
            case 1:
                bytes.replaceSubrange(one, with: good[two])
                bytes.replaceSubrange(two, with: good[one])
            default: bytes.replaceSubrange(two, with: good[one])
            }
            try scratch.write("a.bin", bytes)
            let changed = bytes.indices.filter { bytes[$0] != good[$0] }
            let result = await verify([entry("a.bin", good, pieceBytes: 1024)])
            #expect(result[0].status == (changed.isEmpty ? .verified : .mismatch))
            #expect(changed.allSatisfy { byte in result[0].damagedRanges.contains { $0.contains(byte) } })
            let pieces = Set(changed.map { $0 / 1024 }).count
            #expect(result[0].damagedRanges.reduce(0) { $0 + $1.count } <= pieces * 1024)
        }
    }

    @Test func tenThousandCleanFilesGiveNoAlarm() async throws {
        var entries: [ManifestEntry] = []
        for index in 0..<10_000 {
            let bytes = Array("file \(index)".utf8)
            let descriptor = open(scratch.path + "/f\(index).dat", O_WRONLY | O_CREAT, 0o644)
            _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            close(descriptor)
            entries.append(ManifestEntry(name: "f\(index).dat", sha256: sha256(bytes)))
        }
        let result = await verify(entries)
        #expect(result.count == 10_000)
        #expect(result.allSatisfy { $0.status == .verified })
    }

    @Test func manyCleanShardsGiveNoAlarm() async throws {
        var entries: [ManifestEntry] = []
        for index in 0..<200 {
            let bytes = llmcShard((0..<300).map { UInt16(($0 * 7 + index) % 1000) })
            try scratch.write("s_\(index).bin", bytes)
            entries.append(entry("s_\(index).bin", bytes, pieceBytes: 1024))
        }
        let result = await verify(entries)
        #expect(result.map(\.name) == entries.map(\.name))
        #expect(result.allSatisfy { $0.status == .verified })
    }
}

@Suite struct TokenReaderTests {
    @Test func readsSpansOfEveryTokenFormat() throws {
        let scratch = try Scratch()
        let tokens = (0..<500).map { UInt16($0 * 131 % 50257) }
        let llmc = try scratch.write("a.bin", llmcShard(tokens))
        let raw = try scratch.write("train.bin", tokens.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] })
        let dict = "{'descr': '<u2', 'fortran_order': False, 'shape': (500,), }"
        let header = dict + String(repeating: " ", count: 117 - dict.count) + "\n"
        let npy = try scratch.write(
            "a.npy",
            [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array(header.utf8)
                + tokens.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
        )
        for path in [llmc, raw, npy] {
            let reader = try TokenReader(path: path)
            #expect(reader.header.tokens == 500)
            #expect(try reader.tokens(123..<140) == tokens[123..<140].map(Int32.init))
            #expect(throws: ShardError.tokensOutOfRange(path: path, wanted: 490..<501, held: 500)) {
                try reader.tokens(490..<501)
            }
        }
    }
}

extension TokenReaderTests {
    @Test(arguments: [(-1, 2), (Int.min, 2), (0, 0), (0, -4), (0, 9), (Int.max, 2), (5000, 2)])
    func anImpossibleLayoutHoldsNoTokens(headerBytes: Int, tokenWidth: Int) throws {
        let scratch = try Scratch()
        let path = try scratch.write("a.bin", llmcShard([1, 2, 3]))
        let reader = try TokenReader(path: path, headerBytes: headerBytes, tokenWidth: tokenWidth)
        #expect(reader.header.tokens == 0)
        #expect(try reader.tokens(0..<0).isEmpty)
        #expect(throws: ShardError.self) { try reader.tokens(0..<1) }
    }
}

@Suite struct FileComparisonTests {
    @Test func joinsNearbyDifferencesAndReportsTails() throws {
        let scratch = try Scratch()
        let base = [UInt8](repeating: 5, count: 3_000_000)
        var other = base + [1, 2, 3]
        for index in [10, 40, 1_048_575, 1_048_576, 2_000_000] { other[index] = 9 }
        let left = try FileReader(path: try scratch.write("a", base))
        let right = try FileReader(path: try scratch.write("b", other))
        #expect(
            try FileComparison.differences(left, right) == [
                10..<41, 1_048_575..<1_048_577, 2_000_000..<2_000_001, 3_000_000..<3_000_003,
            ]
        )
        #expect(try FileComparison.differences(left, left).isEmpty)
    }
}
