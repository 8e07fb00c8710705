import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Terms

/// Mends a shard by its damaged pieces alone: sound pieces are copied from the damaged file, the others come from the source,
/// and the whole is proved at the end.
struct PieceRepair {
    let transport: Transport
    let entry: ManifestEntry
    let pieceBytes: Int
    let source: ShardSource

    /// Beyond this a piece is not held in memory.
    static let largestPiece = 64 << 20

    /// What came of it.
    struct Outcome {
        var file: ProvenFile
        /// How many pieces were fetched, and their bytes.
        var pieces: Int
        var bytes: Int
    }

    /// Why the shard has to be fetched as a whole.
    struct Impossible: Error {
        var reason: String
    }

    /// Builds the mended shard beside a path.
    /// - Parameter damaged: The damaged file; it is only read.
    /// - Throws: ``Impossible`` where pieces cannot be used: there are none, most are damaged, the source gives no ranges or
    ///   other bytes.
    func run(
        _ damaged: FileReader,
        to path: String,
        damage: [Range<Int>],
        progress: @Sendable (Int) -> Void
    ) async throws -> Outcome {
        guard let size = entry.bytes, !entry.pieces.isEmpty, entry.strongest != nil, pieceBytes <= Self.largestPiece
        else {
            throw Impossible(reason: "no pieces are known")
        }
        let lost = damage.reduce(0) { $0 + $1.clamped(to: 0..<size).count }
        guard !damage.isEmpty, lost <= size / 2 else { throw Impossible(reason: "most of it is damaged") }
        try FreeSpace.require(size, at: splitPath(path).folder)
        var outcome = Outcome(
            file: try ProvenFile(path: path, other: Fetcher.otherAlgorithm(of: entry), size: size),
            pieces: 0,
            bytes: 0
        )
        for (number, expected) in entry.pieces.enumerated() {
            try Task.checkCancellation()
            let range = number * pieceBytes..<min((number + 1) * pieceBytes, size)
            // What cannot be read is as good as damaged.
            var bytes = (try? damaged.bytes(range)) ?? []
            if ContentDigest.of(bytes, expected.algorithm) != expected {
                bytes = try await fetch(range)
                outcome.pieces += 1
                outcome.bytes += bytes.count
                guard ContentDigest.of(bytes, expected.algorithm) == expected else {
                    throw Impossible(reason: "the source holds other bytes than the manifest describes")
                }
            }
            try bytes.withUnsafeBytes { try outcome.file.write($0) }
            progress(bytes.count)
        }
        do {
            try Fetcher.prove(outcome.file, entry, origin: source.address(of: entry.name))
        } catch {
            throw Impossible(reason: "the pieces do not make up the whole")
        }
        return outcome
    }

    private func fetch(_ range: Range<Int>) async throws -> [UInt8] {
        if case .folder(let folder) = source {
            let file = try FileReader(path: try ShardFolder(path: folder).resolve(entry.name))
            return try file.bytes(range)
        }
        var pause = transport.policy.limits.pause
        var attempt = 1
        while true {
            do {
                return try await request(range)
            } catch let retry as Retry {
                guard attempt < transport.policy.limits.attempts else { throw Impossible(reason: retry.reason) }
                try await Task.sleep(for: min(max(retry.after ?? .zero, pause), transport.policy.limits.longestPause))
                pause *= 2
                attempt += 1
            }
        }
    }

    private func request(_ range: Range<Int>) async throws -> [UInt8] {
        let headers = [("Range", "bytes=\(range.lowerBound)-\(range.upperBound - 1)")]
        let response = try await transport.get(source.address(of: entry.name), headers: headers)
        guard response.status == 206,
            ContentRange(response.headers.first(name: "Content-Range"))?.range == range
        else { throw Impossible(reason: "the source does not give ranges") }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(range.count)
        do {
            for try await buffer in response.body {
                guard bytes.count + buffer.readableBytes <= range.count else {
                    throw Impossible(reason: "the source sends more than the range asked for")
                }
                bytes.append(contentsOf: buffer.readableBytesView)
            }
        } catch let error as Impossible {
            throw error
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw Retry(reason: "the connection broke (\(printable("\(error)")))")
        }
        guard bytes.count == range.count else { throw Retry(reason: "the server closed the connection too early") }
        return bytes
    }
}
