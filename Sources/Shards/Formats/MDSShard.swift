import Foundation
import Parquet
import Terms

/// MosaicML streaming shards (MDS): samples of named columns, optionally packed as a whole.
///
/// Source: mosaicml/streaming `streaming/base/format/mds`; reference `shards.md` 6.
enum MDSShard: ShardFormat {
    static let title = "MosaicML MDS"
    static let ids = ["mds"]
    static let suffixes = [".mds"] + PackedFile.Codec.endings.map { ".mds." + $0 }
    static let unit: ShardUnit? = .samples
    static let holdsTokens = true
    static let hasPaddedRows = true
    static let loaders = ["mosaicml"]

    static func clue(in shards: ShardListing) -> String? {
        shards.names.contains(where: hasSuffix) ? "the shards are MDS files" : nil
    }

    static func codec(_ shard: ShardCandidate) -> PackedFile.Codec? {
        shard.name.hasSuffix(".mds")
            ? nil : shard.name.split(separator: ".").last.flatMap { PackedFile.Codec(name: $0) }
    }

    /// Of a packed shard only what the index says is held against the file; its samples are read when it is decoded.
    static func header(of shard: ShardCandidate) throws(ShardError) -> ShardHeader {
        let entry = try ShardIndex.beside(shard)?.mds[shard.name]
        let isPacked = codec(shard) != nil
        if let expected = isPacked ? entry?.zip_data?.bytes : entry?.raw_data?.bytes, expected != shard.file.size {
            throw shard.malformed(
                max(0, min(expected, shard.file.size)),
                "the file has \(shard.file.size) bytes",
                "\(expected), as index.json says"
            )
        }
        guard !isPacked else {
            return ShardHeader(format: id, tokens: nil, headerBytes: 0, tokenWidth: 1, rows: entry?.samples)
        }
        let samples = try MDSSamples(shard.file)
        try hold(samples, against: entry, shard)
        return ShardHeader(format: id, tokens: nil, headerBytes: 0, tokenWidth: 1, rows: samples.count)
    }

    static func tokens(of shard: ShardCandidate) throws(ShardError) -> TokenLayout? {
        _ = try header(of: shard)
        return try samples(of: shard).tokenLayout()
    }

    static func decode(_ shard: ShardCandidate) throws(ShardError) -> [ShardDefect] {
        let samples = try samples(of: shard)
        return try samples.check()
    }

    private static func samples(of shard: ShardCandidate) throws(ShardError) -> MDSSamples {
        guard let codec = codec(shard) else { return try MDSSamples(shard.file) }
        let entry = try ShardIndex.beside(shard)?.mds[shard.name]
        let bytes = try PackedFile.unpack(shard.file, codec, expected: entry?.raw_data?.bytes)
        let samples = try MDSSamples(bytes)
        try hold(samples, against: entry, shard)
        return samples
    }

    private static func hold(
        _ samples: MDSSamples,
        against entry: ShardIndex.MDS?,
        _ shard: ShardCandidate
    ) throws(ShardError) {
        if let expected = entry?.samples, expected != samples.count {
            throw shard.malformed(0, "\(samples.count) samples", "\(expected), as index.json says")
        }
    }
}

/// The samples of an unpacked MDS shard: a count, their offsets, a description in JSON, then the samples.
struct MDSSamples: Sendable {
    /// A column of each sample.
    struct Column: Sendable, Equatable {
        var name: String
        var encoding: String
        /// Bytes of every value; `nil` when each sample says how many.
        var size: Int?
    }

    /// The number of samples.
    let count: Int
    let columns: [Column]
    private let bytes: any ShardBytes
    /// Where each sample begins, and where the last ends.
    private let offsets: [UInt32]

    /// Reads the table of offsets and the description, and checks both.
    init(_ bytes: any ShardBytes) throws(ShardError) {
        func malformed(_ byte: Int, _ found: String, _ expected: String) -> ShardError {
            .malformed(path: bytes.path, byte: byte, found: found, expected: expected)
        }
        self.bytes = bytes
        let (offsets, tableEnd) = try OffsetTable.read(bytes)
        self.offsets = offsets
        count = offsets.count - 1
        let start = Int(offsets.first ?? 0)
        guard start - tableEnd <= 1 << 24 else {
            throw malformed(tableEnd, "a description of \(start - tableEnd) bytes", "at most 16 MiB")
        }
        struct Description: Decodable {
            var column_names: [String]
            var column_encodings: [String]
            var column_sizes: [Int?]
        }
        let text = try bytes.bytes(tableEnd..<start)
        guard let description = try? JSONDecoder().decode(Description.self, from: Data(text)),
            description.column_names.count == description.column_encodings.count,
            description.column_names.count == description.column_sizes.count
        else { throw malformed(tableEnd, "no description of the columns", "JSON with names, encodings and sizes") }
        columns = zip(description.column_names, zip(description.column_encodings, description.column_sizes)).map {
            Column(name: $0, encoding: $1.0, size: $1.1)
        }
        guard columns.allSatisfy({ $0.size ?? 0 >= 0 }) else {
            throw malformed(tableEnd, "a column of less than 0 bytes", "0 or more")
        }
    }

    /// The bytes of each column of a sample.
    /// - Throws: ``ShardError/malformed(path:byte:found:expected:)`` when its sizes are not those of the sample.
    func ranges(of sample: Int) throws(ShardError) -> [Range<Int>] {
        let whole = Int(offsets[sample])..<Int(offsets[sample + 1])
        let variable = columns.count { $0.size == nil }
        let sizes = try bytes.bytes(whole.lowerBound..<min(whole.upperBound, whole.lowerBound + 4 * variable))
        var at = whole.lowerBound + 4 * variable
        var next = 0
        var result: [Range<Int>] = []
        for column in columns {
            let size = column.size ?? sizes.size(at: 4 * next, width: 4)
            if column.size == nil { next += 1 }
            guard let size, at <= whole.upperBound, size <= whole.upperBound - at else {
                throw malformed(sample, "column \(printable(column.name)) reaches beyond it")
            }
            result.append(at..<at + size)
            at += size
        }
        guard at == whole.upperBound else {
            throw malformed(sample, "its columns leave \(whole.upperBound - at) bytes")
        }
        return result
    }

    private func malformed(_ sample: Int, _ found: String) -> ShardError {
        .malformed(
            path: bytes.path,
            byte: Int(offsets[sample]),
            found: "in sample \(sample), \(found)",
            expected: "columns that fill the sample"
        )
    }

    /// Checks that the columns of every sample fill it and that text is UTF-8.
    func check() throws(ShardError) -> [ShardDefect] {
        var defects: [ShardDefect] = []
        for sample in 0..<count where defects.count < 100 {
            do throws(ShardError) {
                for (column, range) in zip(columns, try ranges(of: sample))
                where ["str", "json"].contains(column.encoding) {
                    let text = try bytes.bytes(range)
                    guard text.withUnsafeBytes({ UTF8Check.firstInvalid($0) }) != nil else { continue }
                    defects.append(
                        ShardDefect(
                            kind: .invalidText,
                            severity: .failure,
                            bytes: range,
                            detail: "sample \(sample), column \(printable(column.name)): the text is not UTF-8"
                        )
                    )
                }
            } catch {
                guard case .malformed(_, _, let found, let expected) = error else { throw error }
                defects.append(
                    ShardDefect(
                        kind: .undecodable,
                        severity: .failure,
                        bytes: Int(offsets[sample])..<Int(offsets[sample + 1]),
                        detail: "\(found); expected \(expected)"
                    )
                )
            }
        }
        return defects
    }

    /// Where the tokens are: in the column `tokens` or `input_ids`, or in the only array of integers.
    func tokenLayout() throws(ShardError) -> TokenLayout? {
        let named = columns.firstIndex { ["tokens", "input_ids"].contains($0.name) }
        let arrays = columns.indices.filter { columns[$0].encoding.hasPrefix("ndarray") }
        guard let column = named ?? (arrays.count == 1 ? arrays.first : nil) else { return nil }
        var spans: [TokenLayout.Span] = []
        var type: TokenType?
        var tokens = 0
        for sample in 0..<count {
            let range = try ranges(of: sample)[column]
            guard let array = try array(range, columns[column].encoding) else { return nil }
            guard type == nil || type == array.type else {
                throw malformed(sample, "tokens of \(array.type.width) bytes where those before have another type")
            }
            guard array.bytes.count % array.type.width == 0 else {
                throw malformed(sample, "\(array.bytes.count) bytes of tokens of \(array.type.width)")
            }
            type = array.type
            let held = array.bytes.count / array.type.width
            spans.append(TokenLayout.Span(firstToken: tokens, byte: array.bytes.lowerBound, count: held))
            tokens += held
        }
        return type.map { TokenLayout(bytes: bytes, type: $0, spans: spans.filter { $0.count > 0 }) }
    }

    /// The type and the place of the numbers of a value; `nil` when they are no integers.
    private func array(
        _ range: Range<Int>,
        _ encoding: String
    ) throws(ShardError) -> (type: TokenType, bytes: Range<Int>)? {
        let parts = encoding.split(separator: ":")
        if parts == ["bytes"] { return try guess(range) }
        guard parts.first == "ndarray" else { return nil }
        let head = try bytes.bytes(range.lowerBound..<min(range.upperBound, range.lowerBound + 2))
        var at = range.lowerBound
        let type: TokenType?
        if parts.count >= 2 {
            type = TokenType(numpyName: parts[1])
        } else {
            // A code: the bits, and 1 more for a sign.
            let codes: [UInt8: String] = [
                8: "uint8", 9: "int8", 16: "uint16", 17: "int16", 32: "uint32", 33: "int32", 64: "uint64", 65: "int64",
            ]
            type = head.first.flatMap { codes[$0] }.flatMap { TokenType(numpyName: $0) }
            at += 1
        }
        if parts.count < 3 {
            guard head.count > at - range.lowerBound else { return nil }
            // The number of axes and the width of their lengths.
            let shape = Int(head[at - range.lowerBound])
            at += 1 + (shape >> 2) << (shape & 3)
        }
        guard let type, at <= range.upperBound else { return nil }
        return (type, at..<range.upperBound)
    }

    /// Bytes without a type: llm-foundry stores int64, whose upper halves are zero.
    private func guess(_ range: Range<Int>) throws(ShardError) -> (type: TokenType, bytes: Range<Int>)? {
        let sample = try bytes.bytes(range.lowerBound..<min(range.upperBound, range.lowerBound + 4096))
        let isWide = range.count % 8 == 0 && sample.indices.allSatisfy { $0 % 8 < 4 || sample[$0] == 0 }
        return isWide ? (TokenType(width: 8, isSigned: true), range) : nil
    }
}
