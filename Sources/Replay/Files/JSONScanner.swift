/// Scans the little JSON that a safetensors header is made of: objects, strings and arrays of non-negative integers.
/// Nothing nests deeper than its caller asks for, so hostile input cannot exhaust the stack.
struct JSONScanner {
    private let bytes: UnsafeRawBufferPointer
    private let path: String
    private var position = 0

    init(_ bytes: UnsafeRawBufferPointer, path: String) {
        self.bytes = bytes
        self.path = path
    }

    func error(_ detail: String) -> ReplayError {
        .malformedHeader(path: path, detail: "\(detail) (at byte \(8 + position))")
    }

    private mutating func skipSpace() {
        while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ character: Unicode.Scalar) throws(ReplayError) {
        guard take(character) else { throw error("expected \"\(character)\"") }
    }

    /// An object; `member` is called after each key's colon and must consume the value.
    mutating func object(
        _ member: (inout JSONScanner, String) throws(ReplayError) -> Void
    ) throws(ReplayError) {
        try expect("{")
        if take("}") { return }
        repeat {
            let key = try string()
            try expect(":")
            try member(&self, key)
        } while take(",")
        try expect("}")
    }

    /// An array of non-negative integers.
    mutating func integers() throws(ReplayError) -> [Int] {
        try expect("[")
        var values: [Int] = []
        if take("]") { return values }
        repeat {
            values.append(try integer())
            guard values.count <= 64 else { throw error("an array is too long") }
        } while take(",")
        try expect("]")
        return values
    }

    private mutating func integer() throws(ReplayError) -> Int {
        skipSpace()
        var value = 0
        let start = position
        while position < bytes.count, (0x30...0x39).contains(bytes[position]) {
            let (scaled, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflow2) = scaled.addingReportingOverflow(Int(bytes[position] - 0x30))
            guard !overflow, !overflow2 else { throw error("a number is too large") }
            value = sum
            position += 1
        }
        guard position > start else { throw error("expected a non-negative integer") }
        return value
    }

    /// A string, with its escapes resolved.
    mutating func string() throws(ReplayError) -> String {
        try expect("\"")
        var utf8: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: utf8, as: UTF8.self) else { throw error("a string is not UTF-8") }
                return text
            case UInt8(ascii: "\\"):
                utf8.append(contentsOf: Array(String(try escape()).utf8))
            case 0..<0x20:
                throw error("a string holds a control character")
            default:
                utf8.append(byte)
            }
        }
        throw error("a string does not end")
    }

    private mutating func escape() throws(ReplayError) -> Unicode.Scalar {
        guard position < bytes.count else { throw error("a string does not end") }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "u"):
            let high = try hexadecimal()
            guard (0xD800..<0xDC00).contains(high) else {
                guard let scalar = Unicode.Scalar(high) else { throw error("a string has half a surrogate pair") }
                return scalar
            }
            guard position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
                bytes[position + 1] == UInt8(ascii: "u")
            else { throw error("a string has half a surrogate pair") }
            position += 2
            let low = try hexadecimal()
            guard (0xDC00..<0xE000).contains(low),
                let scalar = Unicode.Scalar(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
            else { throw error("a string has half a surrogate pair") }
            return scalar
        default:
            throw error("a string has an unknown escape")
        }
    }

    private mutating func hexadecimal() throws(ReplayError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard position < bytes.count, let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue else {
                throw error("expected four hexadecimal digits")
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }

    /// Nothing but white space may follow.
    mutating func end() throws(ReplayError) {
        skipSpace()
        guard position == bytes.count else { throw error("expected the end of the header") }
    }
}
