import Foundation
import Parquet
import Terms
import Testing

/// The table that every fixture holds, in 2 row groups of 60 rows, written by pyarrow with each codec and encoding.
private enum Table {
    static let rows = 120
    static let names = [
        "delta-v1", "delta-v2", "dictionary-v1", "dictionary-v2", "nanochat", "plain-brotli", "plain-gzip", "plain-lz4",
        "plain-none", "plain-snappy", "plain-zstd", "small-pages", "small-pages-crc",
    ]

    static func path(_ name: String) -> String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/Fixtures/parquet/\(name).parquet"
    }

    static func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: path(name))))
    }

    static func file(_ name: String) throws -> ParquetFile { try ParquetFile(Memory(try bytes(name))) }

    static func text(_ row: Int) -> String? {
        guard row % 11 != 10 else { return nil }
        return "Document \(row): " + String(repeating: "na ", count: row % 7) + (row % 4 == 0 ? "é – 文 😀" : "")
    }

    /// The values that are there of a column, as little-endian bytes.
    static func values(_ column: String, _ rows: Range<Int>) -> [[UInt8]] {
        rows.flatMap { row -> [[UInt8]] in
            switch column {
            case "text": text(row).map { [Array($0.utf8)] } ?? []
            case "id": [little(row * row * row - 1000, 8)]
            case "small": row % 6 == 5 ? [] : [little(row * 7 % 5 - 2, 4)]
            case "flag": [[row % 3 == 0 ? 1 : 0]]
            case "ratio": [little(Int(bitPattern: UInt((Double(row) / 8).bitPattern)), 8)]
            case "half": [little(Int((Float(row) / 4).bitPattern), 4)]
            case "fixed": [[UInt8(row), UInt8(row / 2), UInt8(255 - row), 7]]
            case "raw": [[UInt8](repeating: UInt8(255 - row), count: row % 5)]
            default: row % 9 == 8 ? [] : (0..<row % 4).map { little(row * 10 + $0, 4) }
            }
        }
    }

    private static func little(_ value: Int, _ bytes: Int) -> [UInt8] {
        (0..<bytes).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
}

@Suite struct ParquetTests {
    @Test(arguments: Table.names)
    func readsEveryValue(name: String) throws {
        let file = try Table.file(name)
        #expect(file.metadata.rows == Table.rows)
        #expect(file.rowGroups.map(\.rows) == [60, 60])
        let names = file.metadata.columns.map(\.name)
        #expect(names == ["text", "id", "small", "flag", "ratio", "half", "fixed", "raw", "list.list.element"])
        for group in 0..<2 {
            for (index, column) in names.enumerated() {
                let found = try file.values(rowGroup: group, column: index)
                #expect(found == Table.values(column, group * 60..<(group + 1) * 60), "\(column)")
            }
        }
    }

    @Test(arguments: Table.names)
    func readsDocuments(name: String) throws {
        let file = try Table.file(name)
        for group in 0..<2 {
            let documents = try file.documents(rowGroup: group)
            let expected = (group * 60..<(group + 1) * 60).map { Table.text($0) }
            #expect(documents.map { Array($0) } == expected.map { Array(($0 ?? "").utf8) })
        }
    }

    @Test(arguments: Table.names + ["empty"])
    func soundFilesGiveNoDefect(name: String) throws {
        let file = try Table.file(name)
        #expect(try file.check() == [])
    }

    @Test func missingColumnIsNamed() throws {
        let file = try Table.file("plain-none")
        #expect(throws: ParquetError.self) { try file.documents(rowGroup: 0, column: "body") }
        #expect(throws: ParquetError.self) { try file.documents(rowGroup: 2) }
        #expect(throws: ParquetError.self) { try file.documents(rowGroup: 0, column: "id") }
    }

    @Test func invalidTextIsFoundInItsPage() throws {
        var bytes = try Table.bytes("plain-none")
        let place = try #require(find(Array("Document 70".utf8), in: bytes))
        bytes[place] = 0xFF
        let file = try ParquetFile(Memory(bytes))
        let defects = try file.check()
        #expect(defects.map(\.kind) == [.invalidText])
        #expect(defects.first?.bytes.contains(place) == true)
    }

    @Test func everyFlippedBitOfAPageWithChecksumIsFoundInThatPage() throws {
        let sound = try Table.bytes("dictionary-v2")
        let bodies = try Table.file("dictionary-v2").pageBodies(rowGroup: 1, column: 0)
        #expect(bodies.count == 2)
        for body in bodies {
            for byte in body {
                var bytes = sound
                bytes[byte] ^= 1 << UInt8(byte % 8)
                let file = try ParquetFile(Memory(bytes))
                let defects = try file.check()
                #expect(defects.map(\.kind) == [.undecodable])
                #expect(defects.first?.bytes.contains(byte) == true)
                #expect(defects.first?.bytes.upperBound == body.upperBound)
            }
        }
    }

    /// Whatever is flipped, wherever it is cut: an answer, and never a trap.
    @Test(arguments: ["delta-v1", "delta-v2", "dictionary-v1", "plain-snappy", "plain-lz4", "plain-brotli", "nanochat"])
    func damageAnywhereIsSurvived(name: String) throws {
        let sound = try Table.bytes(name)
        for byte in stride(from: 0, to: sound.count, by: 3) {
            for change in [UInt8(1) << UInt8(byte % 8), 0xFF] {
                var bytes = sound
                bytes[byte] ^= change
                guard let file = try? ParquetFile(Memory(bytes)) else { continue }
                _ = try? file.check()
                _ = try? file.documents(rowGroup: 0)
            }
        }
        for length in stride(from: 0, to: sound.count, by: 37) {
            #expect(throws: ParquetError.self) {
                try ParquetFile(Memory(Array(sound[..<length])))
            }
        }
    }
}

func find(_ needle: [UInt8], in bytes: [UInt8]) -> Int? {
    guard bytes.count >= needle.count else { return nil }
    return (0...bytes.count - needle.count).first { bytes[$0..<$0 + needle.count].elementsEqual(needle) }
}
