import Foundation
import Shards
import Terms
import Testing

/// The collection of real runs that lies beside the checkout on development machines.
private enum ShardCorpus {
    static let path =
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path + "/shared/corpus"
    static let isHere = FileManager.default.fileExists(atPath: path + "/shards/dev_bpe512/SHA256SUMS")
}

/// The damaged shards of real runs: found where the truth says, and mended by the pieces that are damaged.
@Suite(.enabled(if: ShardCorpus.isHere, "../shared/corpus is not here"))
struct CorpusRepairTests {
    private struct Truth: Decodable {
        struct Culprit: Decodable {
            var shard: String
            var byte_start: Int?
            var byte_end: Int?
            var sha256_in_run: String?
        }
        var culprits: [Culprit]?
    }

    /// The pristine set a shard is from: of the same name, and equal up to where the damage begins.
    private func set(of shard: String, _ damaged: Data, equalTo: Int) -> String? {
        let sets = (try? FileManager.default.contentsOfDirectory(atPath: ShardCorpus.path + "/shards").sorted()) ?? []
        return sets.first { set in
            let file = FileManager.default.contents(atPath: "\(ShardCorpus.path)/shards/\(set)/\(shard)")
            return file?.prefix(equalTo) == damaged.prefix(equalTo)
        }
    }

    @Test func damagedShardsOfRunsAreLocatedAndMended() async throws {
        let pieceBytes = 4096
        var mended = 0
        let decoder = JSONDecoder()
        // Python writes NaN as such.
        decoder.allowsJSON5 = true
        for run in try FileManager.default.contentsOfDirectory(atPath: ShardCorpus.path + "/runs").sorted() {
            guard let text = FileManager.default.contents(atPath: "\(ShardCorpus.path)/runs/\(run)/truth.json") else {
                continue
            }
            for culprit in try decoder.decode(Truth.self, from: text).culprits ?? [] {
                let own = "\(ShardCorpus.path)/runs/\(run)/shards/\(culprit.shard)"
                guard let damaged = FileManager.default.contents(atPath: own),
                    let set = set(of: culprit.shard, damaged, equalTo: culprit.byte_start ?? 1024)
                else { continue }
                let source = "\(ShardCorpus.path)/shards/\(set)"
                let pristine = try #require(FileManager.default.contents(atPath: "\(source)/\(culprit.shard)"))
                // The set's own list of digests, as its owner has it.
                var list = try Manifest.read(path: source + "/SHA256SUMS")
                list.entries = list.entries.filter { $0.name == culprit.shard }
                let builder = LockBuilder(folder: ShardFolder(path: source), pieceBytes: pieceBytes, workers: 1)
                let lock = try await builder.lock(list)
                let scratch = try Scratch()
                try scratch.write(culprit.shard, Array(damaged))
                let folder = ShardFolder(path: scratch.path)
                let found = Verifier(folder: folder, manifest: lock, workers: 1).verify(lock.entries[0])
                #expect(found.status.isDamaged, "\(run)")
                if let digest = culprit.sha256_in_run { #expect(found.actual == digest || found.status != .mismatch) }
                if let start = culprit.byte_start, let end = culprit.byte_end {
                    let pieces = start / pieceBytes * pieceBytes..<(end + pieceBytes - 1) / pieceBytes * pieceBytes
                    #expect(!found.damagedRanges.isEmpty)
                    for range in found.damagedRanges {
                        #expect(
                            range.lowerBound >= pieces.lowerBound && range.upperBound <= pieces.upperBound,
                            "\(run)"
                        )
                    }
                }
                let repairer = Repairer(folder: folder, source: .folder(source), pieceBytes: pieceBytes)
                let entry = lock.entries[0]
                let result = try await Fetcher.with { try await repairer.repair(found, entry: entry, with: $0) }
                #expect(result.status == .repaired)
                #expect(scratch.read(culprit.shard) == Array(pristine), "\(run)")
                #expect(QuarantineNote.notes(in: folder).map(\.name) == [culprit.shard])
                mended += 1
            }
        }
        #expect(mended >= 8)
    }
}
