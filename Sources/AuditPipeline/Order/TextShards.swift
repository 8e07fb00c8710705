import DataOrder
import Dispatch
import Parquet
import Shards
import Synchronization
import Tokenization

/// The documents of Parquet shards, as tokens.
final class TextShards: Sendable {
    private let files: RunFiles
    private let shards: [ShardLayout]
    private let tokenizer: Tokenizer
    /// The documents of the row group that was read last; a trace asks for neighbours.
    private let last = Mutex<(file: Int, rowGroup: Int, documents: [[UInt8]])?>(nil)

    init(files: RunFiles, shards: [ShardLayout], tokenizer: Tokenizer) {
        self.files = files
        self.shards = shards
        self.tokenizer = tokenizer
    }

    /// The bytes of each document of a row group.
    func documents(_ file: Int, _ rowGroup: Int) throws(DataOrderError) -> [[UInt8]] {
        if let known = last.withLock({ $0 }), known.file == file, known.rowGroup == rowGroup { return known.documents }
        do {
            let path = try files.inventory.folder.resolve(shards[file].name)
            let documents = try ParquetFile(contentsOf: path).documents(rowGroup: rowGroup).map { Array($0) }
            last.withLock { $0 = (file, rowGroup, documents) }
            return documents
        } catch {
            throw .missing(key: "shards", reason: "\(error)")
        }
    }

    /// Tokens of each document, the beginning-of-document token included.
    func lengths(_ file: Int, _ rowGroup: Int) throws(DataOrderError) -> [Int32] {
        let documents = try documents(file, rowGroup)
        // Documents do not depend on each other, and tokenising them is what a replay spends its time on.
        let parts = min(documents.count, 16)
        let counts = Mutex([Int32](repeating: 0, count: documents.count))
        DispatchQueue.concurrentPerform(iterations: parts) { part in
            let range = documents.count * part / parts..<documents.count * (part + 1) / parts
            let own = documents[range].map { Int32(truncatingIfNeeded: tokenizer.count($0) + 1) }
            counts.withLock { $0.replaceSubrange(range, with: own) }
        }
        return counts.withLock { $0 }
    }

    /// The tokens of one document, which begins with the beginning-of-document token.
    func tokens(file: Int, document: Int) throws(DataOrderError) -> [Int32] {
        let pieces = shards[file].pieces
        guard let rowGroup = pieces.firstIndex(where: { $0.units.contains(document) }) else { return [] }
        let documents = try documents(file, rowGroup)
        let place = document - pieces[rowGroup].units.lowerBound
        guard documents.indices.contains(place) else { return [] }
        let first = Int32(truncatingIfNeeded: tokenizer.documentToken ?? 0)
        return [first] + tokenizer.encode(documents[place])
    }
}
