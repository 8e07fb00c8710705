/// How nanochat's loader turned documents into rows.
public enum NanochatVariant: String, Sendable, CaseIterable {
    /// One token stream a rank; a batch takes B·T + 1 tokens and the next begins after them (until 2026-01-12).
    case streamingGap = "streaming-gap"
    /// One token stream a rank, batches overlapping by one token (the original loader from 2026-01-13 to 2026-01-31).
    case streaming
    /// Rows packed by best fit; when nothing fits, the first document of the buffer is cropped (2026-01-13 to 16).
    case bestFitFirst = "best-fit-first"
    /// Rows packed by best fit; when nothing fits, the shortest document is cropped (since 2026-01-16).
    case bestFit = "best-fit"

    var isStreaming: Bool { self == .streaming || self == .streamingGap }
}

/// A document in a row, and the tokens of it that are there.
struct PackedDocument: Sendable, Equatable {
    var file: Int32
    var document: Int32
    var first: Int32
    var end: Int32
}

/// Tokens of each document of a row group, the beginning-of-document token included.
public typealias NanochatLengths = @Sendable (_ file: Int, _ rowGroup: Int) throws(DataOrderError) -> [Int32]

/// Replays nanochat's packing of documents of which only the lengths are known.
///
/// Source: nanochat `nanochat/dataloader.py`; reference `loaders.md` 5.
struct NanochatPacker: Sendable {
    fileprivate struct Document: Sendable {
        var file: Int32
        var index: Int32
        var length: Int32
    }

    private let variant: NanochatVariant
    private let geometry: BatchGeometry
    private let bufferSize: Int
    private var reader: NanochatReader
    private let lengths: NanochatLengths
    private var current: (file: Int, rowGroup: Int, lengths: [Int32])?
    private var buffer: [Document] = []
    /// Of the stream: how much of the first buffered document was used.
    private var used = 0
    /// The file and the row group that were read last.
    private(set) var lastRead: (file: Int, rowGroup: Int) = (0, 0)

    init(
        variant: NanochatVariant,
        geometry: BatchGeometry,
        bufferSize: Int,
        reader: NanochatReader,
        lengths: @escaping NanochatLengths
    ) {
        self.variant = variant
        self.geometry = geometry
        self.bufferSize = max(1, bufferSize)
        self.reader = reader
        self.lengths = lengths
    }

    /// The documents of the next micro-batch, in reading order; row after row for best fit.
    mutating func next() throws(DataOrderError) -> [PackedDocument] {
        if variant.isStreaming { return try nextOfStream() }
        var result: [PackedDocument] = []
        for _ in 0..<geometry.batch {
            var room = geometry.sequence + 1
            while room > 0 {
                while buffer.count < bufferSize { try refill() }
                if let index = largest(fitting: room) {
                    let document = buffer.remove(at: index)
                    result.append(document.packed(0..<document.length))
                    room -= Int(document.length)
                } else {
                    let document = buffer.remove(at: variant == .bestFit ? shortest() : 0)
                    result.append(document.packed(0..<Int32(truncatingIfNeeded: room)))
                    room = 0
                }
            }
        }
        return result
    }

    private mutating func nextOfStream() throws(DataOrderError) -> [PackedDocument] {
        var result: [PackedDocument] = []
        var missing = geometry.tokensPerMicroBatch + 1
        var index = 0
        var first = used
        while missing > 0 {
            while index >= buffer.count { try refill() }
            let document = buffer[index]
            let taken = min(missing, Int(document.length) - first)
            if taken > 0 {
                result.append(document.packed(Int32(first)..<Int32(first + taken)))
                missing -= taken
                first += taken
            }
            if first == Int(document.length), missing > 0 {
                index += 1
                first = 0
            }
        }
        // The overlapping variant begins the next batch with this one's last token, which is never a document's end.
        used = variant == .streaming ? first - 1 : first
        buffer.removeFirst(index)
        return result
    }

    private mutating func refill() throws(DataOrderError) {
        guard let (file, rowGroup, documents) = reader.next() else {
            throw .exhausted(update: 0, reason: "no file has a row group for rank \(reader.rank)")
        }
        if current?.file != file || current?.rowGroup != rowGroup {
            current = (file, rowGroup, try lengths(file, rowGroup))
        }
        lastRead = (file, rowGroup)
        let start = reader.shards[file].pieces[rowGroup].units.lowerBound
        let known = current?.lengths ?? []
        for document in documents {
            guard known.indices.contains(document - start), known[document - start] > 0 else {
                throw .invalid(
                    key: "order.tokenizer",
                    found: "\(known.count) documents in row group \(rowGroup) of \(reader.shards[file].name)",
                    expected: "\(reader.shards[file].pieces[rowGroup].units.count), each with its first token"
                )
            }
            buffer.append(
                Document(
                    file: Int32(truncatingIfNeeded: file),
                    index: Int32(truncatingIfNeeded: document),
                    length: known[document - start]
                )
            )
        }
    }

    /// The first of the longest documents that fit.
    private func largest(fitting room: Int) -> Int? {
        var best: Int?
        var longest: Int32 = 0
        for index in buffer.indices where buffer[index].length > longest && Int(buffer[index].length) <= room {
            best = index
            longest = buffer[index].length
        }
        return best
    }

    /// The first of the shortest documents.
    private func shortest() -> Int {
        var best = 0
        for index in buffer.indices where buffer[index].length < buffer[best].length { best = index }
        return best
    }
}

extension NanochatPacker.Document {
    fileprivate func packed(_ range: Range<Int32>) -> PackedDocument {
        PackedDocument(file: file, document: index, first: range.lowerBound, end: range.upperBound)
    }
}
