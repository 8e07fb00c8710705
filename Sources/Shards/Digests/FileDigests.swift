import Terms

/// The digests of a file, read once from front to back.
public struct FileDigests: Sendable, Equatable {
    /// The digest of the whole file, where it was asked for.
    public var whole: ContentDigest?
    /// The digests of its pieces, the last one possibly shorter.
    public var pieces: [ContentDigest]
    /// The bytes read, and those passed over.
    public var bytes: Int
    /// Pieces that could not be read and were passed over; their digests are all zero.
    public var unreadable: [Range<Int>] = []

    /// More unreadable pieces are no bad sectors but a bad disk, whose every error may take minutes.
    private static let mostUnreadable = 64

    /// What to compute: hashing twice costs twice, so each only where it is needed.
    public struct Wanted: Sendable {
        /// The algorithm of the whole file's digest; `nil` for none.
        public var whole: DigestAlgorithm?
        /// The algorithm of the pieces' digests; `nil` for none.
        public var pieces: DigestAlgorithm?

        /// Names what to compute.
        public init(whole: DigestAlgorithm? = nil, pieces: DigestAlgorithm? = nil) {
            self.whole = whole
            self.pieces = pieces
        }
    }

    /// Streams a file, or a part of it that begins with a piece, through its digests in constant memory.
    /// - Parameters:
    ///   - file: The file, open.
    ///   - wanted: Which digests.
    ///   - pieceBytes: The size of a piece, in bytes.
    ///   - range: The bytes to read; `nil` for all there are, also those that a growing file gets meanwhile.
    ///   - skipsUnreadable: Whether a piece that cannot be read is passed over instead of being an error.
    ///   - shouldStop: Asked once a MiB; when it says so the reading ends with a `CancellationError`.
    ///   - progress: Called with the bytes read since the last call.
    /// - Complexity: one pass over the bytes for each digest; the second finds them in the processor's cache.
    public static func of(
        _ file: FileReader,
        _ wanted: Wanted,
        pieceBytes: Int,
        range: Range<Int>? = nil,
        skipsUnreadable: Bool = false,
        shouldStop: () -> Bool = { false },
        progress: (Int) -> Void = { _ in }
    ) throws -> FileDigests {
        // A piece of no bytes would never end.
        let pieceBytes = max(1, pieceBytes)
        // Small files must not cost a large buffer each.
        let chunk = max(4096, min(1 << 20, min(range?.count ?? .max, file.size) &+ 1))
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: chunk, alignment: 4096)
        defer { buffer.deallocate() }
        var whole = wanted.whole.map { StreamingDigest($0, size: file.size) }
        var piece = wanted.pieces.map { StreamingDigest($0, size: pieceBytes) }
        var pieces: [ContentDigest] = []
        let start = range?.lowerBound ?? 0
        var offset = start
        var inPiece = 0
        var unreadable: [Range<Int>] = []
        var isCareful = false
        while true {
            if shouldStop() { throw CancellationError() }
            let inThisPiece = isCareful ? pieceBytes - inPiece : .max
            let room = min(chunk, (range?.upperBound ?? .max) - offset, inThisPiece)
            let count: Int
            do throws(ShardError) {
                count = try file.read(at: offset, into: UnsafeMutableRawBufferPointer(rebasing: buffer[0..<room]))
            } catch {
                guard skipsUnreadable, let algorithm = wanted.pieces, whole == nil, unreadable.count < mostUnreadable
                else { throw error }
                guard isCareful || room <= pieceBytes - inPiece else {
                    // It may be a later one of several pieces.
                    isCareful = true
                    continue
                }
                isCareful = false
                let first = offset - inPiece
                let (sum, overflow) = first.addingReportingOverflow(pieceBytes)
                let end = min(overflow ? .max : sum, file.size, range?.upperBound ?? .max)
                guard end > offset else { throw error }
                unreadable.append(first..<end)
                pieces.append(.zero(algorithm))
                piece = StreamingDigest(algorithm, size: pieceBytes)
                inPiece = 0
                progress(end - offset)
                offset = end
                if offset == range?.upperBound || offset >= file.size { break }
                continue
            }
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[0..<count])
            whole?.update(bytes)
            if let algorithm = wanted.pieces {
                var start = 0
                while start < count {
                    let length = min(count - start, pieceBytes - inPiece)
                    piece?.update(UnsafeRawBufferPointer(rebasing: bytes[start..<start + length]))
                    start += length
                    inPiece += length
                    if inPiece == pieceBytes, let full = piece {
                        pieces.append(full.finalize())
                        piece = StreamingDigest(algorithm, size: pieceBytes)
                        inPiece = 0
                    }
                }
            }
            offset += count
            progress(count)
            if count < room || offset == range?.upperBound { break }
        }
        if inPiece > 0, let last = piece { pieces.append(last.finalize()) }
        return FileDigests(
            whole: whole?.finalize(),
            pieces: pieces,
            bytes: offset - start,
            unreadable: unreadable.merged()
        )
    }
}
