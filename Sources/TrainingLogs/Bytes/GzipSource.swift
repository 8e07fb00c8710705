import CZlib

/// Unpacks gzip; several members behind one another are one text.
///
/// A file that ends early or is damaged gives what could be unpacked before that, and a ``note``.
final class GzipSource: ByteSource {
    private let source: any ByteSource
    /// zlib keeps a pointer to it: it must not move.
    private let stream: UnsafeMutablePointer<z_stream>
    private let input: UnsafeMutableRawBufferPointer
    private var limit = ExpansionLimit()
    private var isBetweenMembers = true
    private var hasMember = false
    private var isDone = false
    private(set) var note: String?

    static func matches(_ head: [UInt8]) -> Bool { head.starts(with: [0x1F, 0x8B, 0x08]) }

    init(_ source: any ByteSource) {
        self.source = source
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        input = .allocate(byteCount: 1 << 18, alignment: 16)
        // 15 bits of window, and 16 for "gzip only".
        let status = inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        if status != Z_OK {
            isDone = true
            note = "zlib cannot unpack it (status \(status))"
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
        input.deallocate()
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(LogError) -> Int {
        while !isDone {
            if stream.pointee.avail_in == 0, try !refill() { return 0 }
            let room = min(buffer.count, 1 << 30)
            stream.pointee.next_out = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_out = UInt32(room)
            let status = inflate(stream, Z_NO_FLUSH)
            let produced = room - Int(stream.pointee.avail_out)
            limit.add(unpacked: produced)
            judge(status, hasProduced: produced > 0)
            if produced > 0 { return produced }
        }
        return 0
    }

    private func judge(_ status: Int32, hasProduced: Bool) {
        switch status {
        case Z_STREAM_END:
            isBetweenMembers = true
            hasMember = true
            inflateReset(stream)
        case Z_OK, Z_BUF_ERROR:
            isBetweenMembers = false
            if limit.isExceeded { stop(limit.note) }
        case _ where hasMember && isBetweenMembers && !hasProduced && saysNoHeader:
            isDone = true  // Padding behind the last member, which gzip itself ignores.
        default:
            stop(
                "its gzip data are damaged, at byte \(limit.unpacked) of the text or before; what follows was not read"
            )
        }
    }

    /// Whether zlib found no gzip header where one should be.
    private var saysNoHeader: Bool {
        stream.pointee.msg.map { String(cString: $0) == "incorrect header check" } ?? false
    }

    private func refill() throws(LogError) -> Bool {
        let count = try source.read(into: input)
        limit.add(packed: count)
        stream.pointee.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_in = UInt32(count)
        if count > 0 { return true }
        isDone = true
        if !isBetweenMembers {
            note = "its gzip data end early, after \(limit.unpacked) bytes of text; these were read"
        }
        return false
    }

    private func stop(_ reason: String) {
        isDone = true
        note = reason
    }
}
