/// The fields of one protocol-buffer message, in the order of the wire. Nothing is copied and nothing is allocated: a field of
/// bytes is a slice, and a message inside a message is walked by another value over that slice.
///
/// Source: the encoding's description (protobuf.dev, "Encoding"). Groups are refused: no message that is read here has them.
struct ProtobufFields {
    /// The value of a field, by its wire type.
    enum Value {
        case varint(UInt64)
        case fixed64(UInt64)
        case fixed32(UInt32)
        case bytes(UnsafeRawBufferPointer)
    }

    private let bytes: UnsafeRawBufferPointer
    private var position = 0
    /// Whether the message ended within a field, or holds something that is no field.
    private(set) var isMalformed = false

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// The next field; nil at the end, and where the message is malformed.
    @inline(__always) mutating func next() -> (number: Int, value: Value)? {
        guard position < bytes.count, !isMalformed else { return nil }
        guard let tag = varint(), let number = Int(exactly: tag >> 3), number > 0 else { return fail() }
        switch tag & 7 {
        case 0:
            guard let value = varint() else { return fail() }
            return (number, .varint(value))
        case 1:
            guard let value = fixed(UInt64.self) else { return fail() }
            return (number, .fixed64(value))
        case 2:
            // The length is held against the bytes that are there before it becomes an index.
            guard let length = varint(), length <= UInt64(bytes.count - position) else { return fail() }
            let start = position
            position += Int(length)
            return (number, .bytes(UnsafeRawBufferPointer(rebasing: bytes[start..<position])))
        case 5:
            guard let value = fixed(UInt32.self) else { return fail() }
            return (number, .fixed32(value))
        default: return fail()
        }
    }

    /// The number that packed bytes hold, if it is one.
    static func onlyVarint(_ bytes: UnsafeRawBufferPointer) -> UInt64? {
        var fields = ProtobufFields(bytes)
        guard let value = fields.varint(), fields.position == bytes.count else { return nil }
        return value
    }

    private mutating func fail() -> (number: Int, value: Value)? {
        isMalformed = true
        return nil
    }

    /// At most ten bytes; what does not fit in 64 bits is cut off, as every implementation does.
    @inline(__always) private mutating func varint() -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while position < bytes.count, shift < 70 {
            let byte = bytes[position]
            position += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        return nil
    }

    @inline(__always) private mutating func fixed<Word: FixedWidthInteger>(_: Word.Type) -> Word? {
        guard bytes.count - position >= MemoryLayout<Word>.size else { return nil }
        defer { position += MemoryLayout<Word>.size }
        return Word(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: Word.self))
    }
}
