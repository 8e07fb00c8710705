/// Walks the fields of a protocol-buffer message. Malformed bytes end the walk.
struct ProtobufReader {
    /// A field's value as it stands on the wire.
    enum Value {
        case varint(UInt64)
        case fixed64(UInt64)
        case fixed32(UInt32)
        case bytes(UnsafeRawBufferPointer)
    }

    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    mutating func next() -> (field: UInt64, value: Value)? {
        guard let key = varint() else { return nil }
        let field = key >> 3
        switch key & 7 {
        case 0: return varint().map { (field, .varint($0)) }
        case 1:
            guard bytes.count - position >= 8 else { return nil }
            defer { position += 8 }
            let word = bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            return (field, .fixed64(UInt64(littleEndian: word)))
        case 2:
            guard let length = varint(), length <= UInt64(bytes.count - position) else { return nil }
            defer { position += Int(length) }
            return (field, .bytes(UnsafeRawBufferPointer(rebasing: bytes[position..<position + Int(length)])))
        case 5:
            guard bytes.count - position >= 4 else { return nil }
            defer { position += 4 }
            let word = bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self)
            return (field, .fixed32(UInt32(littleEndian: word)))
        default: return nil
        }
    }

    private mutating func varint() -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while position < bytes.count, shift < 64 {
            let byte = bytes[position]
            position += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        return nil
    }
}
