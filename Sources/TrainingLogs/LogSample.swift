/// Parts of a log spread over its length, cut at line ends: enough to recognise the format without reading it all.
///
/// The head alone will not do: some logs begin with the whole source of the trainer.
struct LogSample {
    let windows: [UnsafeRawBufferPointer]
    /// The first bytes, for formats that are not lines.
    let head: UnsafeRawBufferPointer

    /// - Parameter budget: logs up to this many bytes are taken whole; of longer ones, half of it is the head.
    init(_ bytes: UnsafeRawBufferPointer, budget: Int = 256 << 10) {
        head = UnsafeRawBufferPointer(rebasing: bytes.prefix(budget))
        guard bytes.count > budget else {
            windows = [bytes]
            return
        }
        let head = budget / 2
        let pieces = 32
        let length = head / pieces
        var windows = [LogSample.cut(bytes, head: true, 0..<head)]
        let stride = (bytes.count - head) / pieces
        for piece in 1...pieces {
            let end = head + stride * piece
            windows.append(LogSample.cut(bytes, head: false, end - length..<end))
        }
        self.windows = windows
    }

    private static func cut(_ bytes: UnsafeRawBufferPointer, head: Bool, _ range: Range<Int>) -> UnsafeRawBufferPointer
    {
        var start = range.lowerBound
        var end = range.upperBound
        if !head {
            while start < end, bytes[start] != 0x0A { start += 1 }
        }
        if end < bytes.count {
            while end > start, bytes[end - 1] != 0x0A { end -= 1 }
            if end == start { end = range.upperBound }
        }
        return UnsafeRawBufferPointer(rebasing: bytes[start..<end])
    }
}
