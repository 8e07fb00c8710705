/// Parts of a log spread over its length, cut at line ends: enough to recognise the format without reading it all.
///
/// The head alone will not do: some logs begin with the whole source of the trainer.
final class LogSample {
    let windows: [UnsafeRawBufferPointer]
    /// The first bytes, for formats that are not lines.
    let head: UnsafeRawBufferPointer
    /// The windows that were read from a file for this sample.
    private let owned: UnsafeMutableRawBufferPointer?

    private static let pieces = 32

    /// - Parameters:
    ///   - bytes: a log, or its head.
    ///   - file: the file of which `bytes` are the head, when that goes on.
    ///   - budget: logs up to this many bytes are taken whole; of longer ones, half of it is the head.
    init(_ bytes: UnsafeRawBufferPointer, file: FileSource? = nil, budget: Int = 256 << 10) {
        head = UnsafeRawBufferPointer(rebasing: bytes.prefix(budget))
        let total = max(file?.size ?? 0, bytes.count)
        guard total > budget else {
            windows = [bytes]
            owned = nil
            return
        }
        let head = min(budget / 2, bytes.count)
        let length = budget / 2 / Self.pieces
        var windows = [Self.cut(bytes[..<head], startsLine: true, endsLine: false)]
        let stride = (total - head) / Self.pieces
        let ends = (1...Self.pieces).map { head + stride * $0 }
        if let file, total > bytes.count {
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: budget / 2, alignment: 16)
            for (index, end) in ends.enumerated() {
                let place = UnsafeMutableRawBufferPointer(rebasing: memory[index * length..<(index + 1) * length])
                guard let count = try? file.read(into: place, at: end - length) else { continue }
                windows.append(Self.cut(UnsafeRawBufferPointer(place)[..<count], startsLine: false, endsLine: false))
            }
            owned = memory
        } else {
            for end in ends {
                windows.append(Self.cut(bytes[end - length..<end], startsLine: false, endsLine: end == bytes.count))
            }
            owned = nil
        }
        self.windows = windows
    }

    /// A sample with the lines joined that were broken at a fixed width.
    init(_ sample: LogSample, joining wrap: HardWrap) {
        let parts = sample.windows.map { wrap.joining($0) }
        let memory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(1, parts.reduce(0) { $0 + $1.count }),
            alignment: 16
        )
        var windows: [UnsafeRawBufferPointer] = []
        var offset = 0
        for part in parts {
            let place = UnsafeMutableRawBufferPointer(rebasing: memory[offset..<offset + part.count])
            place.copyBytes(from: part)
            windows.append(UnsafeRawBufferPointer(place))
            offset += part.count
        }
        self.windows = windows
        head = windows.first ?? sample.head
        owned = memory
    }

    deinit { owned?.deallocate() }

    private static func cut(
        _ bytes: Slice<UnsafeRawBufferPointer>,
        startsLine: Bool,
        endsLine: Bool
    ) -> UnsafeRawBufferPointer {
        var start = bytes.startIndex
        var end = bytes.endIndex
        if !startsLine {
            while start < end, bytes[start] != 0x0A { start += 1 }
        }
        if !endsLine {
            while end > start, bytes[end - 1] != 0x0A { end -= 1 }
            if end == start { end = bytes.endIndex }
        }
        return UnsafeRawBufferPointer(rebasing: bytes[start..<end])
    }
}
