import CZstd

/// Unpacks zstd; several frames behind one another are one text. Windows up to 128 MiB, libzstd's own limit.
///
/// A file that ends early or is damaged gives what could be unpacked before that, and a ``note``.
final class ZstdSource: ByteSource {
    private let source: any ByteSource
    private let context: OpaquePointer?
    private let memory: UnsafeMutableRawBufferPointer
    private var input = ZSTD_inBuffer()
    private var limit = ExpansionLimit()
    private var isBetweenFrames = true
    private var isDone = false
    private(set) var note: String?

    static func matches(_ head: [UInt8]) -> Bool { head.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) }

    init(_ source: any ByteSource) {
        self.source = source
        context = ZSTD_createDCtx()
        memory = .allocate(byteCount: 1 << 18, alignment: 16)
    }

    deinit {
        ZSTD_freeDCtx(context)
        memory.deallocate()
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(LogError) -> Int {
        while !isDone {
            if input.pos == input.size, try !refill() { return 0 }
            var output = ZSTD_outBuffer(dst: buffer.baseAddress, size: buffer.count, pos: 0)
            let status = ZSTD_decompressStream(context, &output, &input)
            limit.add(unpacked: output.pos)
            if ZSTD_isError(status) != 0 {
                let reason = String(cString: ZSTD_getErrorName(status))
                stop(
                    "its zstd data are damaged after \(limit.unpacked) bytes of text (\(reason)); what follows was not read"
                )
            } else {
                isBetweenFrames = status == 0
                if limit.isExceeded { stop(limit.note) }
            }
            if output.pos > 0 { return output.pos }
        }
        return 0
    }

    private func refill() throws(LogError) -> Bool {
        let count = try source.read(into: memory)
        limit.add(packed: count)
        input = ZSTD_inBuffer(src: memory.baseAddress, size: count, pos: 0)
        if count > 0 { return true }
        isDone = true
        if !isBetweenFrames {
            note = "its zstd data end early, after \(limit.unpacked) bytes of text; these were read"
        }
        return false
    }

    private func stop(_ reason: String) {
        isDone = true
        note = reason
    }
}
