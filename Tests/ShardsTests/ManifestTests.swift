import Shards
import Testing

private let digest = "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9"

private func parse(_ text: String) throws(ShardError) -> Manifest {
    try Manifest.parse(bytes: Array(text.utf8), path: "manifest")
}

@Suite struct ChecksumListTests {
    @Test func readsGNUAndBSDLinesWithCommentsAndCarriageReturns() throws {
        let text = """
            # shards of today\r
            \(digest)  ./a_train_000001.bin\r

            \(digest.uppercased()) *b train.bin
            SHA256 (sub/c.bin) = \(digest)
            """
        let manifest = try parse(text)
        #expect(manifest.entries.map(\.name) == ["a_train_000001.bin", "b train.bin", "sub/c.bin"])
        #expect(manifest.entries.allSatisfy { $0.sha256?.description == digest })
    }

    @Test func saysLineAndLengthOfADigestThatCannotBe() {
        let short = String(digest.prefix(56))
        #expect { try parse("\(digest)  a.bin\n\(short)  b.bin\n") } throws: {
            "\($0)".contains("manifest: line 2: a digest of 224 bits")
        }
        #expect { try parse("BLAKE3 (b.bin) = \(digest)\n") } throws: { "\($0)".contains("BLAKE3") }
        #expect { try parse("SHA512 (b.bin) = \(digest)\n") } throws: { "\($0)".contains("128 hexadecimal digits") }
    }

    /// Of a digest that cannot be computed here a list must say so, and not call sound shards damaged.
    @Test(arguments: [
        ("SUMS", String(repeating: "a", count: 56) + "  x.bin", "SHA-224"),
        ("SUMS", "BLAKE3 (x.bin) = " + String(repeating: "a", count: 64), "BLAKE3"),
        ("SUMS", "BLAKE2b (x.bin) = " + String(repeating: "a", count: 128), "BLAKE2b"),
        ("B3SUMS", String(repeating: "a", count: 64) + "  x.bin", "BLAKE3"),
        ("train.b3", String(repeating: "a", count: 64) + "  x.bin", "BLAKE3"),
        ("b2sums.txt", String(repeating: "a", count: 128) + "  x.bin", "BLAKE2"),
        ("sha3-256sum.txt", String(repeating: "a", count: 64) + "  x.bin", "SHA-3"),
    ])
    func namesAlgorithmsThatAreNotSupported(name: String, line: String, algorithm: String) {
        #expect {
            try Manifest.parse(bytes: Array((line + "\n").utf8), path: "data/" + name)
        } throws: {
            "\($0)".contains("data/\(name): line 1: ") && "\($0)".contains(algorithm)
                && "\($0)".contains("supported; expected a digest (MD5,")
        }
    }

    @Test(arguments: ["SHA256SUMS", "b32-shards.sha256", "train_b3_sums.txt.sha256sum", "crc-free.txt", "batch_b2.txt"])
    func namesThatOnlyLookLikeOthersAreRead(name: String) throws {
        let line = String(repeating: "a", count: 64) + "  x.bin\n"
        #expect(try Manifest.parse(bytes: Array(line.utf8), path: name).entries.map(\.name) == ["x.bin"])
    }

    @Test func aTableWithOnlyOtherDigestsSaysSo() throws {
        let text = "name,blake3\nx.bin,\(String(repeating: "a", count: 64))\n"
        let entry = try #require(try Manifest.parse(bytes: Array(text.utf8), path: "x.csv").entries.first)
        #expect(!entry.isProvable && entry.note?.contains("only blake3, which cannot be computed here") == true)
    }

    @Test func refusesProse() {
        #expect(throws: ShardError.self) { try parse("hello world\n") }
        #expect(throws: ShardError.self) { try parse("") }
        #expect(throws: ShardError.self) { try parse("# only a comment\n") }
    }

    @Test(arguments: ["../../etc/passwd", "/etc/passwd", "a/../../b", "a//b", "a\\b", ".", "../\u{301}x", "/\u{301}x"])
    func refusesNamesThatLeaveTheFolder(name: String) {
        #expect { try parse("\(digest)  \(name)\n") } throws: { error in
            guard case ShardError.unsafeName(_, let found, _) = error else { return false }
            return found == name
        }
    }

    @Test func refusesANameListedTwice() {
        #expect(throws: ShardError.self) { try parse("\(digest)  a\n\(digest)  a\n") }
    }
}

@Suite struct CSVManifestTests {
    @Test func readsNamedColumnsInAnyOrder() throws {
        let manifest = try parse("bytes,sha256,file\n12,\(digest),\"a, b.bin\"\n,\(digest),c.bin\n")
        #expect(manifest.form == .csv)
        #expect(manifest.entries.map(\.name) == ["a, b.bin", "c.bin"])
        #expect(manifest.entries.map(\.bytes) == [12, nil])
        #expect(manifest.entries[0].sha256?.description == digest)
    }

    @Test func namesLineAndColumnOfABadValue() {
        #expect(
            throws: ShardError.manifest(
                path: "manifest",
                place: "line 2, bytes",
                found: "-1",
                expected: "a whole number"
            )
        ) {
            try parse("file,bytes\na.bin,-1\n")
        }
    }
}

@Suite struct SizeTests {
    @Test(arguments: ["bytes", "tokens"])
    func impossibleSizesAreRefusedWithTheirPlace(key: String) {
        for value in [Int.max, 1 << 50 + 1] {
            #expect { try parse("file,\(key)\na.bin,5\nb.bin,\(value)\n") } throws: { error in
                guard case ShardError.manifest(_, "line 3, \(key)", _, _) = error else { return false }
                return true
            }
        }
        let other = key == "bytes" ? "tokens" : "bytes"
        for value in [Int.max, -1] {
            let text =
                #"{"schema":"trainaudit.lock/1","algorithm":"sha256","pieceBytes":1024,"shards":[{"name":"a","\#(key)":\#(value),"\#(other)":0,"sha256":"\#(digest)"}]}"#
            #expect { try parse(text) } throws: { error in
                guard case ShardError.manifest(_, "shards[0].\(key)", _, _) = error else { return false }
                return true
            }
        }
    }

    @Test func sumsThatCannotBeAreRefused() throws {
        let lines = (0..<9000).map { "s\($0).bin,\(1 << 50)\n" }
        #expect(throws: ShardError.self) { try parse("file,bytes\n" + lines.joined()) }
        let manifest = try parse("file,bytes\n" + lines.prefix(1000).joined())
        #expect(Manifest.bytes(of: manifest.entries) == 1000 << 50)
        let wild = [ManifestEntry(name: "a", bytes: .max), ManifestEntry(name: "b", bytes: .max)]
        #expect(Manifest.bytes(of: wild) == .max)
    }

    @Test func partsAreDisjointAndComplete() {
        let entries = (0..<10).map { ManifestEntry(name: "\($0)") }
        let manifest = Manifest(path: "lock", form: .lock, entries: entries)
        let parts = (1...3).map { manifest.part($0, of: 3).map(\.name) }
        #expect(parts == [["0", "3", "6", "9"], ["1", "4", "7"], ["2", "5", "8"]])
        #expect(manifest.part(4, of: 3).isEmpty && manifest.part(1, of: 0).isEmpty)
    }
}

@Suite struct LockFileTests {
    @Test func survivesARoundTrip() throws {
        let bytes = [UInt8](repeating: 7, count: 5000)
        let written = Manifest(
            path: "manifest",
            form: .lock,
            pieceBytes: 1024,
            entries: [entry("a.bin", bytes, pieceBytes: 1024)]
        )
        let read = try parse(try LockFile.text(of: written))
        #expect(read == written)
        #expect(read.entries[0].pieces.count == 5)
    }

    @Test(arguments: [
        (#"{"schema":"trainaudit.lock/9","algorithm":"sha256","pieceBytes":1024,"shards":[]}"#, "schema"),
        (#"{"schema":"trainaudit.lock/1","algorithm":"md5","pieceBytes":1024,"shards":[]}"#, "algorithm"),
        (#"{"schema":"trainaudit.lock/1","algorithm":"sha256","pieceBytes":0,"shards":[]}"#, "pieceBytes"),
        (
            #"{"schema":"trainaudit.lock/1","algorithm":"sha256","pieceBytes":1024,"shards":[{"name":"a","bytes":-1,"sha256":""}]}"#,
            "shards[0].bytes"
        ),
        (
            #"{"schema":"trainaudit.lock/1","algorithm":"sha256","pieceBytes":1024,"shards":[{"name":"a","bytes":1,"sha256":"x"}]}"#,
            "shards[0].sha256"
        ),
        (#"{"schema":"trainaudit.lock/1","algorithm":"sha256","shards":[]}"#, "pieceBytes"),
        (#"{"schema":"trainaudit.lock/1","algorithm":"sha256","pieceBytes":1024,"shards":3}"#, "shards"),
        (#"{"schema": "#, "JSON"),
    ])
    func namesTheKeyThatIsWrong(text: String, key: String) {
        #expect { try parse(text) } throws: { error in
            guard case ShardError.manifest(_, let place, _, _) = error else { return false }
            return place == key
        }
    }

    @Test func saysWhenALockIsOfAnotherVersion() {
        let text = #"{"schema": "trainaudit.lock/9", "shards": [{"path": "x.bin"}]}"#
        #expect {
            try parse(text)
        } throws: {
            "\($0)".hasPrefix("manifest: schema: trainaudit.lock/9; expected trainaudit.lock/1")
        }
    }

    @Test func aShardThatIsNoListSaysWhatToDo() {
        #expect {
            try Manifest.parse(bytes: [0x88, 0xd8, 0x34, 0x01] + [UInt8](repeating: 0xfe, count: 40), path: "a.bin")
        } throws: {
            "\($0)".contains("name their folder")
        }
    }

    @Test func refusesTheWrongNumberOfPieces() {
        let text =
            #"{"schema":"trainaudit.lock/1","algorithm":"sha256","pieceBytes":1024,"shards":[{"name":"a","bytes":2048,"sha256":"\#(digest)","pieces":["\#(digest)"]}]}"#
        #expect { try parse(text) } throws: { error in
            guard case ShardError.manifest(_, let place, let found, let expected) = error else { return false }
            return place == "shards[0].pieces" && found == "1 digests" && expected.hasPrefix("2 ")
        }
    }

    @Test func refusesAPathOutsideTheFolder() {
        let text =
            #"{"schema":"trainaudit.lock/1","algorithm":"sha256","pieceBytes":1024,"shards":[{"name":"../../etc/passwd","bytes":1,"sha256":"\#(digest)"}]}"#
        #expect(
            throws: ShardError.unsafeName(manifest: "manifest", name: "../../etc/passwd", reason: "leaves the folder")
        ) {
            try parse(text)
        }
    }
}

@Suite struct TrainingEntryTests {
    @Test(arguments: [
        ("fineweb_val_000000.bin", true), ("val.bin", true), ("edufineweb_val_000000.npy", true),
        ("mobyspeare_train_000001.bin", false), ("valley_train_000001.bin", false), ("validation-00.bin", true),
        ("interval_train_1.bin", false), ("data/test/shard_0.bin", false), ("x_test_0.bin", true),
    ])
    func tellsValidationShardsByName(name: String, isValidation: Bool) {
        #expect(Manifest.isValidation(name) == isValidation)
    }
}

@Suite struct FuzzTests {
    /// No bytes crash a manifest reader.
    @Test func mutatedManifestsNeverCrash() {
        let seeds = [
            #"{"schema":"trainaudit.lock/1","algorithm":"sha256","pieceBytes":1024,"shards":[{"name":"a","bytes":1,"sha256":"\#(digest)","pieces":["\#(digest)"]}]}"#,
            "\(digest)  a.bin\nSHA256 (b) = \(digest)\n", "name,sha256,bytes\na,\(digest),5\n",
        ]
        var state: UInt64 = 3
        func draw(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(bound))
        }
        var refused = 0
        for _ in 0..<3000 {
            var bytes = Array(seeds[draw(seeds.count)].utf8)
            for _ in 0..<1 + draw(4) { bytes[draw(bytes.count)] = UInt8(draw(256)) }
            if draw(3) == 0 { bytes = Array(bytes.prefix(draw(bytes.count))) }
            do throws(ShardError) {
                let manifest = try Manifest.parse(bytes: bytes, path: "fuzz")
                #expect(manifest.entries.allSatisfy { ShardFolder.objection(to: $0.name) == nil })
            } catch {
                refused += 1
                #expect(!error.description.isEmpty)
            }
        }
        #expect(refused > 100)
    }
}
