/// The saved output of a Jupyter notebook as text: what its cells printed and the tables they showed, without their source code.
///
/// Lines keep the numbers that they have in the file.
final class NotebookSource: ByteSource {
    private let text: [UInt8]
    private var position = 0
    let note: String?

    /// Whether a document begins as a notebook.
    static func matches(_ head: [UInt8]) -> Bool {
        head.withUnsafeBytes { bytes in
            var cursor = ByteCursor(bytes)
            while !cursor.isAtEnd, cursor.current <= 0x20 { cursor.position += 1 }
            guard cursor.take(0x7B) else { return false }
            return cursor.contains("\"cell_type\"") || cursor.contains("\"nbformat\"") || cursor.contains("\"cells\"")
        }
    }

    /// Reads all of a notebook.
    init(_ source: any ByteSource) throws(LogError) {
        let text = LogText(source, name: "")
        let document = text.document()
        if let failure = text.failure { throw failure }
        self.text = Self.output(of: document)
        note = source.note
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let part = text[position..<min(text.count, position + buffer.count)]
        part.withUnsafeBytes { buffer.copyMemory(from: $0) }
        position += part.count
        return part.count
    }

    /// An object or an array that is open, and the name it stands under.
    private struct Frame {
        var isArray: Bool
        var key: Range<Int>?
    }

    private static let deepest = 64

    private static func output(of document: UnsafeRawBufferPointer) -> [UInt8] {
        var text: [UInt8] = []
        var scanner = MappingScanner(ByteCursor(document))
        var frames: [Frame] = []
        var key: Range<Int>?
        func names(_ range: Range<Int>?, _ words: [StaticString]) -> Bool {
            guard let range else { return false }
            let name = scanner.cursor.slice(range)
            return words.contains { name.bytes.count == $0.utf8CodeUnitCount && name.sees($0) }
        }
        while !scanner.cursor.isAtEnd {
            switch scanner.cursor.current {
            case 0x0A: text.append(0x0A)
            case 0x7B, 0x5B:
                guard frames.count < deepest else { return text }
                frames.append(Frame(isArray: scanner.cursor.current == 0x5B, key: key ?? frames.last?.key))
                key = nil
            case 0x7D, 0x5D:
                if frames.popLast()?.isArray == true { text.append(0x0D) }
                key = nil
            case 0x2C: key = nil
            case 0x22:
                guard let string = scanner.string() else { return text }
                var probe = scanner
                probe.skipBlanks()
                if probe.cursor.current == 0x3A, frames.last?.isArray == false, key == nil {
                    key = string
                    probe.cursor.position += 1
                    // A line feed behind the colon counts too.
                    while scanner.cursor.position < probe.cursor.position {
                        if scanner.cursor.current == 0x0A { text.append(0x0A) }
                        scanner.cursor.position += 1
                    }
                } else if names(
                    key ?? frames.last?.key,
                    ["text", "text/plain", "text/html", "text\\/plain", "text\\/html"]
                ),
                    frames.contains(where: { names($0.key, ["outputs"]) })
                {
                    unescape(scanner.cursor.slice(string), into: &text)
                }
                continue
            default: break
            }
            scanner.cursor.position += 1
        }
        return text
    }

    /// Appends the characters of a JSON string. A line feed becomes a carriage return: it ends a line and is not counted.
    private static func unescape(_ string: ByteCursor, into text: inout [UInt8]) {
        var cursor = string
        var high: UInt32?
        while !cursor.isAtEnd {
            let byte = cursor.current
            cursor.position += 1
            guard byte == 0x5C else {
                text.append(byte)
                continue
            }
            let escaped = cursor.current
            cursor.position += 1
            switch escaped {
            case 0x6E, 0x72: text.append(0x0D)
            case 0x74: text.append(0x09)
            case 0x62, 0x66: break
            case 0x75:
                var code: UInt32 = 0
                for _ in 0..<4 {
                    code = code << 4 | UInt32(Character(Unicode.Scalar(cursor.current)).hexDigitValue ?? 0)
                    cursor.position += 1
                }
                if let first = high, 0xDC00...0xDFFF ~= code {
                    code = 0x10000 + (first - 0xD800) << 10 + (code - 0xDC00)
                }
                high = 0xD800...0xDBFF ~= code ? code : nil
                if let scalar = Unicode.Scalar(code) { text.append(contentsOf: String(Character(scalar)).utf8) }
            default: text.append(escaped)
            }
        }
    }
}
