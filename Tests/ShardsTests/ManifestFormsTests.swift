import Foundation
import Shards
import Terms
import Testing

private let content = Array("the content of a shard".utf8)
private let sha = ContentDigest.of(content, .sha256).hex
private let md5 = ContentDigest.of(content, .md5).hex
private let git = ContentDigest.of(content, .gitSHA1).hex

private func parse(_ text: String, path: String = "manifest") throws(ShardError) -> Manifest {
    try Manifest.parse(bytes: Array(text.utf8), path: path)
}

/// Verifies what a manifest lists in a folder.
private func statuses(_ manifest: Manifest, in scratch: Scratch) async -> [String: ShardStatus] {
    let folder = ShardFolder(path: scratch.path)
    let found = await Verifier(folder: folder, manifest: manifest, workers: 2).verifyAll()
    return Dictionary(found.map { ($0.name, $0.status) }) { first, _ in first }
}

/// Every form of list that people have, each recognised by its content.
@Suite struct ManifestFormsTests {
    @Test func digestsAreThoseOfOtherTools() {
        // printf 'the content of a shard' | md5sum, git hash-object --stdin, sha512sum
        #expect(ContentDigest.of(Array("abc".utf8), .md5).hex == "900150983cd24fb0d6963f7d28e17f72")
        #expect(ContentDigest.of(Array("abc".utf8), .sha1).hex == "a9993e364706816aba3e25717850c26c9cd0d89d")
        #expect(ContentDigest.of([], .gitSHA1).hex == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391")
        #expect(ContentDigest.of(Array("abc".utf8), .sha512).hex.hasPrefix("ddaf35a193617abacc417349ae204131"))
        #expect(ContentDigest.of(Array("abc".utf8), .sha384).hex.hasPrefix("cb00753f45a35e8bb5a03d699ac65007"))
    }

    @Test(arguments: [DigestAlgorithm.md5, .sha1, .sha256, .sha384, .sha512])
    func listsOfEveryAlgorithmProveShards(algorithm: DigestAlgorithm) async throws {
        let scratch = try Scratch()
        try scratch.write("a.txt", content)
        try scratch.write("b.txt", content + [0])
        let digest = ContentDigest.of(content, algorithm)
        let base64 = Data(digest.bytes).base64EncodedString()
        for line in [
            "\(digest.hex)  NAME", "\(algorithm.rawValue.uppercased()) (NAME) = \(digest.hex)", "\(base64)  NAME",
        ] {
            let text = ["a.txt", "b.txt"].map { line.replacingOccurrences(of: "NAME", with: $0) + "\n" }.joined()
            let found = await statuses(try parse(text), in: scratch)
            #expect(found == ["a.txt": .verified, "b.txt": .mismatch], "\(line)")
        }
    }

    @Test func escapedNamesAreReadAndThenRefused() {
        #expect { try parse("\\\(sha)  a\\nb\n") } throws: { "\($0)".contains("control character") }
        #expect { try parse("\\\(sha)  a\\\\b\n") } throws: { "\($0)".contains("backslash") }
    }

    @Test func severalDigestsOfOneFileAreKept() throws {
        let manifest = try parse("\(md5)  a.bin\n\(sha)  a.bin\n")
        #expect(manifest.entries.count == 1)
        #expect(manifest.entries[0].strongest?.algorithm == .sha256)
        #expect(manifest.entries[0].digests.map(\.algorithm) == [.md5])
    }

    @Test func aTableMayHaveOtherDigests() throws {
        let manifest = try parse("name,md5,size\na.bin,\(md5),\(content.count)\n")
        #expect(manifest.entries[0].strongest == ContentDigest(.md5, hex: md5))
    }

    @Test func aTreeListingOfTheHubProvesLargeAndSmallFiles() async throws {
        let scratch = try Scratch()
        for name in ["large.txt", "small.txt", "sub/x.txt"] { try scratch.write(name, content) }
        let size = content.count
        let manifest = try parse(
            """
            [{"type":"directory","oid":"\(git)","size":0,"path":"sub"},
             {"type":"file","oid":"\(git)","size":12,"path":".gitattributes"},
             {"type":"file","oid":"0000000000000000000000000000000000000000","size":\(size),"path":"large.txt",
              "lfs":{"oid":"\(sha)","size":\(size),"pointerSize":130},"xetHash":"aa"},
             {"type":"file","oid":"\(git)","size":\(size),"path":"small.txt"},
             {"type":"file","oid":"1111111111111111111111111111111111111111","size":\(size),"path":"sub/x.txt"}]
            """
        )
        #expect(manifest.form == .hubTree)
        let found = await statuses(manifest, in: scratch)
        #expect(found == ["large.txt": .verified, "small.txt": .verified, "sub/x.txt": .mismatch])
    }

    @Test func aDescriptionOfAHubRepositoryIsAManifest() throws {
        let manifest = try parse(
            #"{"id":"a/b","siblings":[{"rfilename":"a.bin","size":9,"lfs":{"sha256":"\#(sha)","size":22}}]}"#
        )
        #expect(manifest.entries == [ManifestEntry(name: "a.bin", bytes: 22, sha256: Digest256(hex: sha))])
    }

    @Test func whatRclonePrintsIsAManifest() throws {
        let manifest = try parse(
            """
            [{"Path":"d","Name":"d","Size":-1,"IsDir":true},
             {"Path":"d/a.bin","Size":22,"IsDir":false,"Hashes":{"md5":"\(md5)","sha256":"\(sha)"}},
             {"Path":"d/b.bin","Size":-1,"IsDir":false,"Hashes":{"crc32":"00000000","quickxor":"x"}}]
            """
        )
        #expect(manifest.entries.map(\.name) == ["d/a.bin", "d/b.bin"])
        #expect(manifest.entries[0].strongest?.hex == sha)
        #expect(manifest.entries[1].bytes == nil)
        #expect(manifest.entries[1].note?.contains("crc32, quickxor") == true)
    }

    @Test func anMDSIndexKnowsSizesAndSometimesDigests() async throws {
        let scratch = try Scratch()
        for name in ["shard.00000.mds", "shard.00002.mds", "shard.00003.mds"] { try scratch.write(name, content) }
        func shard(_ number: Int, _ hashes: String, zip: String = "null") -> String {
            """
            {"raw_data":{"basename":"shard.0000\(number).mds","bytes":\(content.count),"hashes":{\(hashes)}},
             "zip_data":\(zip),"samples":1,"format":"mds"}
            """
        }
        let zip = #"{"basename":"shard.00003.mds.zstd","bytes":5,"hashes":{}}"#
        let text = """
            {"version":2,"shards":[\(shard(0, "\"sha1\":\"\(ContentDigest.of(content, .sha1).hex)\"")),
            \(shard(1, "")),\(shard(2, "\"xxh64\":\"00\"")),\(shard(3, "", zip: zip))]}
            """
        let path = try scratch.write("index.json", text)
        let manifest = try Manifest.read(path: path)
        #expect(manifest.form == .mds)
        // The last is here as the reader's own cache has it: decompressed.
        #expect(manifest.entries.last?.name == "shard.00003.mds")
        let found = await statuses(manifest, in: scratch)
        #expect(found["shard.00000.mds"] == .verified)
        #expect(found["shard.00001.mds"] == .missing)
        // What its own bytes say is another matter.
        #expect(found["shard.00002.mds"] != .verified)
        #expect(manifest.entries[2].note?.contains("xxh64") == true)
        try FileManager.default.removeItem(atPath: scratch.path + "/shard.00003.mds")
        #expect(try Manifest.read(path: path).entries.last?.name == "shard.00003.mds.zstd")
    }

    @Test func aLitdataIndexKnowsSizesOfPlainChunks() async throws {
        let scratch = try Scratch()
        try scratch.write("chunk-0-0.bin", content)
        try scratch.write("chunk-0-1.bin", Array(content.dropLast()))
        func text(_ compression: String) -> String {
            """
            {"chunks":[{"chunk_bytes":\(content.count),"chunk_size":1,"dim":4,"filename":"chunk-0-0.bin"},
             {"chunk_bytes":\(content.count),"chunk_size":1,"dim":4,"filename":"chunk-0-1.bin"}],
             "config":{"compression":\(compression),"encryption":null},"updated_at":"1.0"}
            """
        }
        // By size alone: what chunks say of themselves is not the index's.
        let verifier = Verifier(
            folder: ShardFolder(path: scratch.path),
            manifest: try parse(text("null")),
            level: .size,
            workers: 1
        )
        #expect(await verifier.verifyAll().map(\.status) == [.unproved, .short])
        #expect(try parse(text("\"zstd\"")).entries.allSatisfy { $0.bytes == nil })
    }

    @Test func aPointerAndAClonedFolderOfPointersAreManifests() async throws {
        let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:\(sha)\nsize \(content.count)\n"
        let alone = try parse(pointer, path: "/x/a.bin")
        #expect(alone.entries == [ManifestEntry(name: "a.bin", bytes: content.count, sha256: Digest256(hex: sha))])
        let clone = try Scratch()
        let data = try Scratch()
        try clone.write("sub/a.txt", pointer)
        try data.write("sub/a.txt", content)
        let located = try Manifest.locate(folder: clone.path, directory: data.path)
        #expect(located.manifest.form == .lfsPointers)
        #expect(await statuses(located.manifest, in: data) == ["sub/a.txt": .verified])
    }

    @Test func dvcFilesAndTheirFoldersAreManifests() async throws {
        let scratch = try Scratch()
        try scratch.write("data/a.txt", content)
        try scratch.write("one.txt", content)
        let list = "[{\"md5\": \"\(md5)\", \"relpath\": \"a.txt\"}]"
        let object = ContentDigest.of(Array(list.utf8), .md5).hex
        try scratch.write(".dvc/cache/files/md5/\(object.prefix(2))/\(object.dropFirst(2)).dir", list)
        let path = try scratch.write(
            "data.dvc",
            "outs:\n- md5: \(object).dir\n  size: 22\n  nfiles: 1\n  hash: md5\n  path: data\n"
        )
        #expect(await statuses(try Manifest.read(path: path), in: scratch)["data/a.txt"] == .verified)
        let lock =
            "schema: '2.0'\nstages:\n  prepare:\n    cmd: x\n    outs:\n    - path: one.txt\n      md5: \(md5)\n      size: 22\n"
        #expect(await statuses(try parse(lock), in: scratch)["one.txt"] == .verified)
        let unknown = "outs:\n- md5: \(md5).dir\n  path: data\n"
        #expect { try parse(unknown) } throws: { "\($0)".contains("dvc fetch") }
        #expect { try parse("outs:\n- path: x\n  md5: nothex\n") } throws: { "\($0)".contains("outs[0].md5") }
    }

    @Test func metalinkPiecesLocateDamage() async throws {
        let scratch = try Scratch()
        let bytes = (0..<5000).map { UInt8($0 % 251) }
        let pieces = stride(from: 0, to: bytes.count, by: 1024).map {
            "<hash>\(ContentDigest.of(Array(bytes[$0..<min($0 + 1024, bytes.count)]), .sha1).hex)</hash>"
        }
        let text = """
            <?xml version="1.0" encoding="UTF-8"?>
            <metalink xmlns="urn:ietf:params:xml:ns:metalink"><file name="a.dat"><size>5000</size>
            <hash type="sha-256">\(ContentDigest.of(bytes, .sha256).hex)</hash>
            <pieces length="1024" type="sha-1">\(pieces.joined())</pieces>
            <url priority="1">https://example.org/a.dat</url></file></metalink>
            """
        let manifest = try parse(text)
        #expect(manifest.form == .metalink)
        #expect(manifest.entries[0].sources == ["https://example.org/a.dat"])
        try scratch.write("a.dat", bytes)
        #expect(await statuses(manifest, in: scratch) == ["a.dat": .verified])
        var damaged = bytes
        damaged[2100] ^= 4
        try scratch.write("a.dat", damaged)
        let verifier = Verifier(folder: ShardFolder(path: scratch.path), manifest: manifest, workers: 1)
        #expect(verifier.verify(manifest.entries[0]).damagedRanges == [2048..<3072])
        let version3 = """
            <metalink version="3.0"><files><file name="a.dat"><size>5000</size><verification>
            <hash type="sha256">\(ContentDigest.of(bytes, .sha256).hex)</hash></verification>
            <resources><url type="http">http://example.org/a.dat</url></resources></file></files></metalink>
            """
        #expect(try parse(version3).entries[0].strongest?.algorithm == .sha256)
    }

    @Test(arguments: [
        "<!DOCTYPE x [<!ENTITY a \"b\">]><metalink><file name=\"a\"/></metalink>", "<html></html>", "<metalink>",
        "<metalink><file name=\"a\"><size>-1</size></file></metalink>",
        "<metalink><file name=\"a\"><size>9</size><pieces length=\"0\" type=\"sha-1\"/></file></metalink>",
        "<metalink><file name=\"../a\"></file></metalink>", "[1]", "[{}]", "{\"chunks\":3}", "{\"shards\":[{}]}",
        "{\"shards\":[{\"raw_data\":{\"basename\":\"/a\",\"bytes\":1}}]}", "[{\"path\":\"a\",\"oid\":\"zz\"}]",
        "[{\"path\":\"a\",\"size\":-5}]", "[{\"path\":\"a\",\"size\":1e30}]", "{\"siblings\":[]}", "outs:\nmd5:\n",
        "version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "{\"hello\":1}", "\u{0}",
    ])
    func nonsenseIsAClearError(text: String) {
        #expect(throws: ShardError.self) { try parse(text) }
    }

    @Test(arguments: ["a\u{0}b", "/abs", "x/../../y", "..", "C:\\x"])
    func namesThatAreNotSafeAreRefusedInEveryForm(name: String) {
        let json = String(decoding: (try? JSONEncoder().encode(name)) ?? Data(), as: UTF8.self)
        for text in [
            "[{\"path\":\(json),\"size\":1}]", "[{\"Path\":\(json),\"Size\":1}]",
            "{\"chunks\":[{\"filename\":\(json),\"chunk_bytes\":1}]}",
            "{\"shards\":[{\"raw_data\":{\"basename\":\(json),\"bytes\":1}}]}",
            "[{\"relpath\":\(json),\"md5\":\"\(md5)\"}]",
        ] {
            #expect { try parse(text) } throws: { error in
                guard case ShardError.unsafeName = error else { return false }
                return true
            }
        }
    }

    @Test func namesThatAreOneFileSomewhereAreRefused() {
        for (one, two) in [("a.bin", "A.bin"), ("é.bin", "e\u{301}.bin"), ("x", "x/y"), ("D/y", "d/Y")] {
            #expect("\(one) \(two)") { try parse("\(sha)  \(one)\n\(sha)  \(two)\n") } throws: { error in
                guard case ShardError.unsafeName = error else { return false }
                return true
            }
        }
        #expect(throws: Never.self) { try parse("\(sha)  d/a\n\(sha)  d/b\n\(sha)  e/a\n") }
    }
}

/// Folders written by the Hugging Face client prove themselves.
@Suite struct HubFolderTests {
    @Test func aCacheIsProvedByTheNamesOfItsBlobs() async throws {
        let scratch = try Scratch()
        let root = "datasets--o--n"
        let commit = String(repeating: "c", count: 40)
        try scratch.write("\(root)/blobs/\(sha)", content)
        try scratch.write("\(root)/blobs/\(git)", content)
        try scratch.write("\(root)/refs/main", commit)
        try scratch.write("\(root)/snapshots/\(commit)/sub/keep", "x")
        try FileManager.default.removeItem(atPath: "\(scratch.path)/\(root)/snapshots/\(commit)/sub/keep")
        try scratch.link("\(root)/snapshots/\(commit)/large.txt", to: "../../blobs/\(sha)")
        try scratch.link("\(root)/snapshots/\(commit)/sub/small.txt", to: "../../../blobs/\(git)")
        try scratch.link("\(root)/snapshots/\(commit)/gone.txt", to: "../../blobs/\(String(repeating: "0", count: 64))")
        try scratch.link("\(root)/snapshots/\(commit)/out.txt", to: "/etc/hostname")
        for path in ["\(scratch.path)/\(root)", "\(scratch.path)/\(root)/snapshots/\(commit)"] {
            let located = try Manifest.locate(folder: path)
            #expect(located.manifest.form == .hubCache)
            let found = await Verifier(folder: located.folder, manifest: located.manifest, workers: 1).verifyAll()
            #expect(found.map(\.name) == ["gone.txt", "large.txt", "out.txt", "sub/small.txt"])
            #expect(found.map(\.status) == [.missing, .verified, .unreadable, .verified])
        }
        try scratch.write("\(root)/blobs/\(sha)", content.map { $0 ^ 1 })
        let located = try Manifest.locate(folder: "\(scratch.path)/\(root)")
        let found = await Verifier(folder: located.folder, manifest: located.manifest, workers: 1).verifyAll()
        #expect(found[1].status == .mismatch)
    }

    @Test func aLocalFolderIsProvedByItsMetadata() async throws {
        let scratch = try Scratch()
        for (name, etag) in [("a.txt", sha), ("sub/b.txt", git), ("c.txt", "W/weird")] {
            try scratch.write(name, content)
            try scratch.write(".cache/huggingface/download/\(name).metadata", "abc\n\(etag)\n1700000000.1\n")
        }
        let located = try Manifest.locate(folder: scratch.path)
        #expect(located.manifest.form == .hubMetadata)
        let found = await statuses(located.manifest, in: scratch)
        #expect(found == ["a.txt": .verified, "c.txt": .unproved, "sub/b.txt": .verified])
    }

    @Test func aFolderWithItsOwnListIsProvedByIt() async throws {
        let scratch = try Scratch()
        try scratch.write("a.txt", content)
        try scratch.write("SHA256SUMS", "\(sha)  a.txt\n")
        let located = try Manifest.locate(folder: scratch.path)
        #expect(await statuses(located.manifest, in: scratch) == ["a.txt": .verified])
    }
}

@Suite struct LockFormsTests {
    @Test func aListingBecomesALockWithoutReadingAShard() throws {
        let listing = try parse(
            "[{\"path\":\"a.bin\",\"oid\":\"\(git)\",\"size\":22},{\"path\":\"b.bin\",\"size\":22,\"lfs\":{\"oid\":\"\(sha)\"}}]"
        )
        let lock = try LockBuilder.lock(listing: listing, source: "https://example.org/x")
        let again = try parse(try LockFile.text(of: lock))
        #expect(again.entries.map(\.strongest) == listing.entries.map(\.strongest))
        #expect(again.entries.map(\.sources) == [["https://example.org/x/a.bin"], ["https://example.org/x/b.bin"]])
        #expect { try LockBuilder.lock(listing: try parse("\(sha)  a.bin\n")) } throws: { "\($0)".contains("no size") }
    }

    @Test func aLockMayBeWrittenAsChecksums() throws {
        let manifest = try parse("\(sha)  a.bin\n\(sha) *sub/b.bin\n")
        #expect(manifest.checksumText == "\(sha)  a.bin\n\(sha)  sub/b.bin\n")
    }

    @Test func whatOtherDigestsSayMustHoldBeforeALock() async throws {
        let scratch = try Scratch()
        try scratch.write("a.txt", content)
        let folder = ShardFolder(path: scratch.path)
        let builder = LockBuilder(folder: folder, pieceBytes: 1024, workers: 1)
        #expect(try await builder.lock(try parse("\(md5)  a.txt\n")).entries[0].sha256?.description == sha)
        let wrong = ContentDigest.of([1], .md5).hex
        await #expect { try await builder.lock(try parse("\(wrong)  a.txt\n")) } throws: {
            "\($0)".contains("MD5") && "\($0)".contains("repair the shard")
        }
    }
}
