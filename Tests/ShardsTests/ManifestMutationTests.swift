import Foundation
import Shards
import Testing

/// The seeds of the fuzz target, broken in thousands of small ways: an error or a manifest, and never a crash.
@Suite struct ManifestMutationTests {
    private static let folder =
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path + "/Fuzz/seeds/manifest"
    static let seeds = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()

    @Test(arguments: seeds)
    func aBrokenListIsAnErrorOrAList(seed: String) throws {
        let bytes = Array(try #require(FileManager.default.contents(atPath: Self.folder + "/" + seed)))
        try #require(!bytes.isEmpty)
        var draw = UInt64(seed.utf8.reduce(7) { $0 &* 31 &+ Int($1) }.magnitude)
        func next(_ limit: Int) -> Int {
            draw = draw &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(draw >> 33) % max(1, limit)
        }
        let words = ["-1", "9223372036854775807", "1e999", "null", "[]", "{", "\"", "../", "\u{0}", "<", "\n", "\\"]
        for _ in 0..<400 {
            var broken = bytes
            for _ in 0...next(3) {
                let place = next(broken.count)
                switch next(4) {
                case 0: broken[place] ^= 1 << UInt8(next(8))
                case 1: broken.removeSubrange(place..<min(broken.count, place + next(20)))
                case 2: broken.insert(contentsOf: Array(words[next(words.count)].utf8), at: place)
                default: broken = Array(broken.prefix(place))
                }
                if broken.isEmpty { broken = [0] }
            }
            guard let manifest = try? Manifest.parse(bytes: broken, path: "seeds/" + seed) else { continue }
            #expect(manifest.entries.allSatisfy { ShardFolder.objection(to: $0.name) == nil })
            guard let lock = try? LockBuilder.lock(listing: manifest) else { continue }
            let again = try Manifest.parse(bytes: Array(try LockFile.text(of: lock).utf8), path: "again")
            #expect(again.entries.map(\.strongest) == manifest.entries.map(\.strongest))
        }
    }
}
