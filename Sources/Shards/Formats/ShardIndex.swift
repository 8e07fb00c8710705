import Foundation
import Synchronization

/// What an `index.json` beside MDS shards or litdata chunks says.
struct ShardIndex: Sendable {
    /// An MDS shard.
    struct MDS: Sendable, Decodable {
        struct File: Sendable, Decodable {
            var basename: String
            var bytes: Int
        }
        var samples: Int?
        var raw_data: File?
        var zip_data: File?
    }

    /// A litdata chunk.
    struct Chunk: Sendable, Decodable {
        var chunk_bytes: Int?
        var chunk_size: Int?
        var dim: Int?
        var filename: String
    }

    private struct Content: Decodable {
        struct Config: Decodable { var data_format: [String]? }
        var shards: [MDS]?
        var chunks: [Chunk]?
        var config: Config?
    }

    /// MDS shards by the names of their raw and packed files.
    private(set) var mds: [String: MDS] = [:]
    /// litdata chunks by name.
    private(set) var chunks: [String: Chunk] = [:]
    /// How litdata stores an item.
    private(set) var dataFormat: [String]?

    private init?(_ bytes: [UInt8]) {
        guard let content = try? JSONDecoder().decode(Content.self, from: Data(bytes)) else { return nil }
        for shard in content.shards ?? [] {
            for file in [shard.raw_data, shard.zip_data] { if let file { mds[file.basename] = shard } }
        }
        for chunk in content.chunks ?? [] { chunks[chunk.filename] = chunk }
        dataFormat = content.config?.data_format
    }

    /// The index of a hundred thousand shards has some 60 MB; more is no index.
    private static let byteLimit = 256 << 20

    /// The index in a shard's folder; `nil` when there is none or it is none of these.
    ///
    /// A folder's index is read once: with ten thousand shards it is large.
    static func beside(_ shard: ShardCandidate) throws(ShardError) -> ShardIndex? {
        let path = shard.sibling("index.json")
        guard let identity = FileIdentity(path: realPath(path)), identity.isRegular, identity.size <= byteLimit else {
            return nil
        }
        if let held = cache.withLock({ $0 }), held.path == path, held.identity == identity { return held.index }
        let file = try FileReader(path: path)
        let index = ShardIndex(try file.bytes(0..<file.size))
        cache.withLock { $0 = Cached(path: path, identity: identity, index: index) }
        return index
    }

    private struct Cached: Sendable {
        var path: String
        var identity: FileIdentity
        var index: ShardIndex?
    }

    /// The index read last.
    private static let cache = Mutex<Cached?>(nil)
}
