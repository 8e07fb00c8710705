/// Turns UTF-16 into UTF-8; what is not valid becomes U+FFFD.
final class UTF16Source: ByteSource {
    private let source: any ByteSource
    private let bigEndian: Bool
    /// Raw bytes that wait for the rest of their character.
    private var pending: [UInt8] = []
    private var text: [UInt8] = []
    private var position = 0
    private var isDone = false
    var note: String? { source.note }

    init(_ source: any ByteSource, bigEndian: Bool) {
        self.source = source
        self.bigEndian = bigEndian
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(LogError) -> Int {
        while position == text.count {
            if isDone { return 0 }
            try refill()
        }
        let part = text[position..<min(text.count, position + buffer.count)]
        part.withUnsafeBytes { buffer.copyMemory(from: $0) }
        position += part.count
        return part.count
    }

    private func refill() throws(LogError) {
        var raw = pending + [UInt8](repeating: 0, count: 1 << 16)
        let start = pending.count
        let got = try raw.withUnsafeMutableBufferPointer { bytes throws(LogError) in
            try source.read(into: UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: bytes[start...])))
        }
        raw.removeLast(raw.count - start - got)
        isDone = got == 0
        var whole = raw.count & ~1
        // The first half of a surrogate pair waits for the second.
        if !isDone, whole >= 2, raw[whole - (bigEndian ? 2 : 1)] & 0xFC == 0xD8 { whole -= 2 }
        pending = isDone ? [] : Array(raw[whole...])
        text = raw[..<whole].withUnsafeBytes { TextEncoding.utf8(fromUTF16: $0, bigEndian: bigEndian) }
        position = 0
    }
}
