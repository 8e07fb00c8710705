import DataOrder
import Replay
import Shards
import Terms

/// Reads the rows of micro-batches from shards, or from pristine copies of them.
package struct BatchReader {
    private let folder: ShardFolder
    private let layouts: [ShardLayout]
    /// Paths that stand for a shard instead of the file in the folder.
    private let substitutes: [String: String]
    private var readers: [Int: TokenReader] = [:]

    package init(folder: ShardFolder, layouts: [ShardLayout], substitutes: [String: String] = [:]) {
        self.folder = folder
        self.layouts = layouts
        self.substitutes = substitutes
    }

    /// The rows of micro-batches, numbered through.
    package mutating func rows(of batches: [MicroBatch], geometry: BatchGeometry) throws(ShardError) -> [TokenRow] {
        var rows: [TokenRow] = []
        for batch in batches {
            // Rows that the trainer made of text cannot be read off the shard.
            guard batch.arrangement != .unknown, batch.spans.allSatisfy({ $0.unit == .tokens }) else { continue }
            var stream: [Int32] = []
            for span in batch.spans { stream += try reader(span.shard).tokens(span.tokens) }
            let (length, stride) =
                switch batch.arrangement {
                case .rows(let length): (length, length)
                default: (geometry.sequence + 1, geometry.sequence)
                }
            for start in Swift.stride(from: 0, through: stream.count - length, by: max(1, stride)) {
                let label = Self.label(of: start..<start + length, in: batch.spans)
                rows.append(
                    TokenRow(
                        stream: Array(stream[start..<start + length]),
                        row: rows.count,
                        shard: label.shard,
                        tokens: label.tokens
                    )
                )
            }
        }
        return rows
    }

    /// The shard of a row's first token, and the row's tokens in it.
    private static func label(of range: Range<Int>, in spans: [DataSpan]) -> (shard: String, tokens: Range<Int>) {
        var start = 0
        for span in spans {
            let held = start..<start + span.tokens.count
            if held.contains(range.lowerBound) {
                let inside = range.clamped(to: held)
                let first = span.tokens.lowerBound + inside.lowerBound - start
                return (span.name, first..<first + inside.count)
            }
            start = held.upperBound
        }
        return ("", 0..<0)
    }

    private mutating func reader(_ shard: Int) throws(ShardError) -> TokenReader {
        if let reader = readers[shard] { return reader }
        let layout = layouts[shard]
        let path: String
        if let substitute = substitutes[layout.name] {
            path = substitute
        } else {
            path = try folder.resolve(layout.name)
        }
        // The layout and not the file's own header: a damaged header must not stop the replay.
        let reader = try TokenReader(path: path, headerBytes: layout.headerBytes, tokenWidth: layout.tokenWidth)
        readers[shard] = reader
        return reader
    }
}
