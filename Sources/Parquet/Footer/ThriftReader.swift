/// Reads Thrift's compact protocol: the encoding of Parquet's footer and page headers.
///
/// Source: Apache Thrift, `doc/specs/thrift-compact-protocol.md`.
struct ThriftReader {
    /// Types on the wire.
    enum Wire: UInt8 {
        case stop = 0
        case yes, no, byte, int16, int32, int64, double, binary, list, set, map, structure, uuid
    }

    /// Structures inside structures; Parquet needs 6.
    private static let depthLimit = 24

    private(set) var cursor: ByteCursor
    private var depth = 0

    init(_ bytes: UnsafeRawBufferPointer) { cursor = ByteCursor(bytes) }

    /// Reads a structure: calls `field` with the id and the type of each field until the stop.
    ///
    /// `field` reads the value and returns true, or returns false without reading it and the value is skipped.
    mutating func structure(
        _ field: (inout ThriftReader, Int, Wire) throws(Malformation) -> Bool
    ) throws(Malformation) {
        try descend()
        var id = 0
        while true {
            let head = try cursor.byte()
            let type = try wire(head & 0x0F)
            if type == .stop { break }
            let delta = Int(head >> 4)
            id = delta == 0 ? Int(Int16(truncatingIfNeeded: try cursor.zigzag())) : id + delta
            if try !field(&self, id, type) { try skip(type) }
        }
        depth -= 1
    }

    /// Reads a list of structures or numbers.
    mutating func list<Element>(
        _ type: Wire,
        of element: Wire,
        _ read: (inout ThriftReader) throws(Malformation) -> Element
    ) throws(Malformation) -> [Element] {
        guard type == .list || type == .set else { throw Self.wrong(type, "a list") }
        let (found, count) = try listHead()
        guard found == element || count == 0 else { throw Self.wrong(found, "a list of \(element)") }
        var result: [Element] = []
        result.reserveCapacity(min(count, 4096))
        for _ in 0..<count { result.append(try read(&self)) }
        return result
    }

    /// Reads an integer of any width.
    mutating func integer(_ type: Wire) throws(Malformation) -> Int {
        switch type {
        case .byte: return Int(Int8(bitPattern: try cursor.byte()))
        case .int16, .int32, .int64: return Int(try cursor.zigzag())
        default: throw Self.wrong(type, "an integer")
        }
    }

    /// Reads an integer that counts or locates bytes or values.
    mutating func size(_ type: Wire) throws(Malformation) -> Int {
        let value = try integer(type)
        guard value >= 0 else { throw Malformation(found: "the number \(value)", expected: "0 or more") }
        return value
    }

    /// Reads a text; bytes that are not UTF-8 are replaced.
    mutating func text(_ type: Wire) throws(Malformation) -> String {
        guard type == .binary else { throw Self.wrong(type, "a text") }
        let count = try cursor.count()
        return String(decoding: try cursor.take(count), as: UTF8.self)
    }

    /// Reads a truth value of a structure's field, which its type already says.
    mutating func flag(_ type: Wire) throws(Malformation) -> Bool {
        guard type == .yes || type == .no else { throw Self.wrong(type, "a truth value") }
        return type == .yes
    }

    private mutating func skip(_ type: Wire) throws(Malformation) {
        switch type {
        case .stop, .yes, .no: break
        case .byte: _ = try cursor.byte()
        case .int16, .int32, .int64: _ = try cursor.varint()
        case .double: _ = try cursor.take(8)
        case .uuid: _ = try cursor.take(16)
        case .binary: _ = try cursor.take(try cursor.count())
        case .list, .set:
            let (element, count) = try listHead()
            try descend()
            for _ in 0..<count { try skipElement(element) }
            depth -= 1
        case .map:
            let count = try cursor.count()
            guard count > 0 else { return }
            let types = try cursor.byte()
            let (key, value) = (try wire(types >> 4), try wire(types & 0x0F))
            guard count <= cursor.remaining else { throw .ends(wanted: count, left: cursor.remaining) }
            try descend()
            for _ in 0..<count {
                try skipElement(key)
                try skipElement(value)
            }
            depth -= 1
        case .structure:
            try structure { (_, _, _) throws(Malformation) in false }
        }
    }

    /// An element of a collection, where truth values take a byte.
    private mutating func skipElement(_ type: Wire) throws(Malformation) {
        if type == .yes || type == .no { _ = try cursor.byte() } else { try skip(type) }
    }

    /// Every element takes a byte at least, so that no count can ask for more than the bytes allow.
    private mutating func listHead() throws(Malformation) -> (Wire, Int) {
        let head = try cursor.byte()
        let count = head >> 4 == 15 ? try cursor.count() : Int(head >> 4)
        let type = try wire(head & 0x0F)
        guard type != .stop || count == 0 else { throw Self.wrong(type, "an element type") }
        guard count <= cursor.remaining else {
            throw Malformation(
                found: "a list of \(count) elements",
                expected: "at most the \(cursor.remaining) bytes left"
            )
        }
        return (type, count)
    }

    private mutating func descend() throws(Malformation) {
        depth += 1
        guard depth <= Self.depthLimit else {
            throw Malformation(found: "structures nested \(depth) deep", expected: "at most \(Self.depthLimit)")
        }
    }

    private func wire(_ code: UInt8) throws(Malformation) -> Wire {
        guard let type = Wire(rawValue: code) else {
            throw Malformation(found: "the Thrift type \(code)", expected: "0 to \(Wire.uuid.rawValue)")
        }
        return type
    }

    private static func wrong(_ type: Wire, _ expected: String) -> Malformation {
        Malformation(found: "a Thrift \(type)", expected: expected)
    }
}
