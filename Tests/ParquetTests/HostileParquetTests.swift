import Foundation
import Parquet
import Terms
import Testing

/// Writes Thrift's compact protocol, sound or not.
private struct Thrift {
    private(set) var bytes: [UInt8] = []
    private var last = 0

    static func varint(_ value: UInt64) -> [UInt8] {
        var value = value
        var bytes: [UInt8] = []
        while value >= 128 {
            bytes.append(UInt8(value & 127) | 128)
            value >>= 7
        }
        return bytes + [UInt8(value)]
    }

    private mutating func head(_ id: Int, _ type: UInt8) {
        bytes.append(UInt8(id - last) << 4 | type)
        last = id
    }

    mutating func number(_ id: Int, _ value: Int) {
        head(id, 6)
        bytes += Self.varint(UInt64(bitPattern: Int64(value << 1 ^ value >> 63)))
    }

    mutating func text(_ id: Int, _ text: String) {
        head(id, 8)
        bytes += Self.varint(UInt64(text.utf8.count)) + Array(text.utf8)
    }

    mutating func structure(_ id: Int, _ fields: (inout Thrift) -> Void) {
        head(id, 12)
        bytes += Thrift.structure(fields)
    }

    mutating func list(_ id: Int, claimed: Int? = nil, _ elements: [[UInt8]]) {
        head(id, 9)
        bytes.append(0xFC)
        bytes += Self.varint(UInt64(claimed ?? elements.count)) + elements.flatMap { $0 }
    }

    static func structure(_ fields: (inout Thrift) -> Void) -> [UInt8] {
        var thrift = Thrift()
        fields(&thrift)
        return thrift.bytes + [0]
    }
}

/// A file of one column of byte arrays, with whatever a test wants it to claim.
private struct File {
    var page: [UInt8] = []
    var rows = 1
    var codec = 0
    var offset = 4
    var size: Int?
    var groups = 1

    var bytes: [UInt8] {
        let schema = [
            Thrift.structure {
                $0.text(4, "schema")
                $0.number(5, 1)
            },
            Thrift.structure {
                $0.number(1, 6)
                $0.number(3, 0)
                $0.text(4, "text")
            },
        ]
        let chunk = Thrift.structure {
            $0.number(2, 0)
            $0.structure(3) {
                $0.number(1, 6)
                $0.number(4, codec)
                $0.number(5, rows)
                $0.number(6, size ?? page.count)
                $0.number(7, size ?? page.count)
                $0.number(9, offset)
            }
        }
        let group = Thrift.structure {
            $0.list(1, [chunk])
            $0.number(2, 0)
            $0.number(3, rows)
        }
        let footer = Thrift.structure {
            $0.number(1, 1)
            $0.list(2, schema)
            $0.number(3, rows.multipliedReportingOverflow(by: groups).partialValue)
            $0.list(4, Array(repeating: group, count: groups))
        }
        return Self.framed(page, footer)
    }

    static func framed(_ body: [UInt8], _ footer: [UInt8]) -> [UInt8] {
        let length = (0..<4).map { UInt8(truncatingIfNeeded: footer.count >> (8 * $0)) }
        return Array("PAR1".utf8) + body + footer + length + Array("PAR1".utf8)
    }

    /// A data page of version 1.
    static func page(values: Int, encoding: Int = 0, unpacked: Int? = nil, _ body: [UInt8]) -> [UInt8] {
        Thrift.structure {
            $0.number(1, 0)
            $0.number(2, unpacked ?? body.count)
            $0.number(3, body.count)
            $0.structure(5) {
                $0.number(1, values)
                $0.number(2, encoding)
                $0.number(3, 3)
                $0.number(4, 3)
            }
        } + body
    }
}

@Suite struct HostileParquetTests {
    private func problem(_ bytes: [UInt8]) throws -> String? {
        do {
            let defects = try ParquetFile(Memory(bytes)).check()
            return defects.first?.detail
        } catch {
            return "\(error)"
        }
    }

    @Test func aSmallSoundFileIsRead() throws {
        let file = File(page: File.page(values: 2, [2, 0, 0, 0, 104, 105, 0, 0, 0, 0]), rows: 2)
        #expect(try ParquetFile(Memory(file.bytes)).documents(rowGroup: 0).map { Array($0) } == [[104, 105], []])
        #expect(try problem(file.bytes) == nil)
    }

    @Test(arguments: [1 << 31, 1 << 40, 1 << 62, Int.max])
    func rowsWithoutBytesAreRefused(rows: Int) throws {
        #expect(try problem(File(page: File.page(values: 1, [0, 0, 0, 0]), rows: rows).bytes) != nil)
        #expect(try problem(File(page: File.page(values: Int(Int32.max), [0, 0, 0, 0]), rows: rows).bytes) != nil)
        #expect(try problem(File(page: File.page(values: 1, [0, 0, 0, 0]), rows: rows, groups: 3).bytes) != nil)
    }

    @Test func overlappingChunksAreRefused() throws {
        let page = File.page(values: 1, [0, 0, 0, 0])
        #expect(try problem(File(page: page, groups: 2).bytes)?.contains("overlap") == true)
    }

    @Test(
        arguments: [(0, nil), (4, 1 << 40), (1 << 40, nil), (Int.max, nil), (4, Int.max), (-5, nil)] as [(Int, Int?)]
    )
    func chunksOutsideTheFileAreRefused(offset: Int, size: Int?) throws {
        let file = File(page: File.page(values: 1, [0, 0, 0, 0]), offset: offset, size: size)
        #expect(try problem(file.bytes) != nil)
    }

    @Test func endlessNestingIsRefused() throws {
        // A field of a type nobody knows, holding itself a hundred thousand times: structures, then lists.
        let structures = [UInt8](repeating: 0x1C, count: 100_000)
        #expect(try problem(File.framed([], structures))?.contains("nested") == true)
        let lists = [0x19] + [UInt8](repeating: 0x19, count: 100_000)
        #expect(try problem(File.framed([], lists))?.contains("nested") == true)
    }

    @Test func aListOfMoreThanTheFooterHoldsIsRefused() throws {
        let footer = Thrift.structure { $0.list(4, claimed: 1 << 30, []) }
        #expect(try problem(File.framed([], footer))?.contains("list of") == true)
    }

    @Test(arguments: [0, 1, 2, 4, 5, 6, 7])
    func pagesThatClaimGigabytesAreRefused(codec: Int) throws {
        let page = File.page(values: 1, unpacked: Int(Int32.max), [1, 2, 3, 4])
        #expect(try problem(File(page: page, codec: codec).bytes)?.contains("at most") == true)
        // What the limit allows is not filled either.
        let large = File.page(values: 1, unpacked: 200 << 20, [1, 2, 3, 4])
        #expect(try problem(File(page: large, codec: codec).bytes) != nil)
    }

    /// A run of two billion indexes takes six bytes.
    @Test func aRunOfBillionsEndsWithItsPage() throws {
        let dictionary =
            Thrift.structure {
                $0.number(1, 2)
                $0.number(2, 5)
                $0.number(3, 5)
                $0.structure(7) {
                    $0.number(1, 1)
                    $0.number(2, 0)
                }
            } + [1, 0, 0, 0, 65]
        let rows = Int(Int32.max)
        let page = File.page(values: rows, encoding: 8, [1] + Thrift.varint(UInt64(rows) << 1) + [0])
        let bytes = File(page: dictionary + page, rows: rows).bytes
        #expect(try problem(bytes)?.contains("times the file's size") == true)
        let file = try ParquetFile(Memory(bytes))
        #expect(throws: ParquetError.self) { try file.documents(rowGroup: 0) }
    }

    /// Values that share all bytes with the one before take none themselves.
    @Test func millionsOfEmptyValuesAreRead() throws {
        let rows = 1 << 22
        func constant(_ first: Int, _ delta: Int, count: Int) -> [UInt8] {
            func zigzag(_ value: Int) -> [UInt8] { Thrift.varint(UInt64(bitPattern: Int64(value << 1 ^ value >> 63))) }
            var bytes = Thrift.varint(1 << 16) + Thrift.varint(1) + Thrift.varint(UInt64(count)) + zigzag(first)
            for block in 0..<(count - 1 + 65535) / 65536 { bytes += zigzag(block == 0 ? delta : 0) + [0] }
            return bytes
        }
        let prefixes = constant(0, 0, count: rows)
        let suffixes = constant(0, 0, count: rows)
        let page = File.page(values: rows, encoding: 7, prefixes + suffixes)
        let file = try ParquetFile(Memory(File(page: page, rows: rows).bytes))
        #expect(try file.check() == [])
        #expect(try file.documents(rowGroup: 0).count == rows)
    }
}
