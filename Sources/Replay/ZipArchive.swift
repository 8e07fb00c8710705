import CZlib

/// The members of a ZIP archive whose entries are stored without compression, as `torch.save` writes them.
/// Sizes and offsets come from the central directory; ZIP64 is understood.
struct ZipArchive {
    /// One member.
    struct Member {
        var name: String
        /// Its bytes in the file.
        var range: Range<Int>
        var checksum: UInt32
    }

    private(set) var members: [String: Member] = [:]
    private let bytes: UnsafeRawBufferPointer
    private let path: String

    init(_ bytes: UnsafeRawBufferPointer, path: String) throws(ReplayError) {
        self.bytes = bytes
        self.path = path
        let end = try endOfDirectory()
        var directory = (count: Int(word16(end + 10)), start: Int(word32(end + 16)))
        if end >= 20, word32(end - 20) == 0x0706_4B50 {
            let record = word64(end - 12)
            guard record <= Int64(bytes.count - 56), word32(Int(record)) == 0x0606_4B50 else {
                throw malformed("its ZIP64 directory record is not where the locator says")
            }
            directory = (Int(clamping: word64(Int(record) + 32)), Int(clamping: word64(Int(record) + 48)))
        }
        try readDirectory(at: directory.start, count: directory.count)
    }

    func malformed(_ detail: String) -> ReplayError { .malformedHeader(path: path, detail: detail) }

    private func word16(_ at: Int) -> UInt16 {
        UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt16.self))
    }

    private func word32(_ at: Int) -> UInt32 {
        UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self))
    }

    /// Sizes beyond Int64 cannot be meant; they come out as the largest and fail the next comparison.
    private func word64(_ at: Int) -> Int64 {
        Int64(clamping: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self)))
    }

    /// The record stands at the end of the file, followed by a comment of at most 65535 bytes.
    private func endOfDirectory() throws(ReplayError) -> Int {
        var at = bytes.count - 22
        let lowest = max(0, bytes.count - 22 - 65535)
        while at >= lowest {
            if word32(at) == 0x0605_4B50 { return at }
            at -= 1
        }
        throw malformed(
            "the archive's directory at the end of the file is missing: the file is truncated; copy it again"
        )
    }

    private mutating func readDirectory(at start: Int, count: Int) throws(ReplayError) {
        var at = start
        var remaining = count
        while remaining > 0 {
            guard at >= 0, at <= bytes.count - 46, word32(at) == 0x0201_4B50 else {
                throw malformed("its ZIP directory is damaged at byte \(at)")
            }
            let nameLength = Int(word16(at + 28))
            let extraLength = Int(word16(at + 30))
            let commentLength = Int(word16(at + 32))
            let next = at + 46 + nameLength + extraLength + commentLength
            guard next <= bytes.count else { throw malformed("its ZIP directory is damaged at byte \(at)") }
            let name = String(decoding: bytes[at + 46..<at + 46 + nameLength], as: UTF8.self)
            guard word16(at + 10) == 0 else { throw malformed("member \(name) is compressed, expected stored") }
            let (size, header) = try location(
                entry: at,
                extra: at + 46 + nameLength..<at + 46 + nameLength + extraLength
            )
            let range = try content(name, header: header, size: size)
            members[name] = Member(name: name, range: range, checksum: word32(at + 16))
            at = next
            remaining -= 1
        }
    }

    /// Size and local header offset of a directory entry, from its ZIP64 field where they do not fit into 32 bits.
    private func location(entry at: Int, extra: Range<Int>) throws(ReplayError) -> (size: Int, header: Int) {
        var size = Int(word32(at + 24))
        var header = Int(word32(at + 42))
        let compressed = word32(at + 20)
        guard size == 0xFFFF_FFFF || header == 0xFFFF_FFFF else { return (size, header) }
        var field = extra.lowerBound
        while field + 4 <= extra.upperBound {
            let length = Int(word16(field + 2))
            guard field + 4 + length <= extra.upperBound else { break }
            if word16(field) == 1 {
                var value = field + 4
                func next() -> Int {
                    guard value + 8 <= field + 4 + length else { return Int.max }
                    defer { value += 8 }
                    return Int(clamping: word64(value))
                }
                if size == 0xFFFF_FFFF { size = next() }
                if compressed == 0xFFFF_FFFF { _ = next() }
                if header == 0xFFFF_FFFF { header = next() }
                return (size, header)
            }
            field += 4 + length
        }
        throw malformed("its ZIP directory lacks a ZIP64 field at byte \(at)")
    }

    private func content(_ name: String, header: Int, size: Int) throws(ReplayError) -> Range<Int> {
        guard header >= 0, header <= bytes.count - 30, word32(header) == 0x0403_4B50 else {
            throw malformed("member \(name) is not where the ZIP directory says")
        }
        let start = header + 30 + Int(word16(header + 26)) + Int(word16(header + 28))
        guard start <= bytes.count, size >= 0, size <= bytes.count - start else {
            throw malformed("member \(name) reaches beyond the end of the file")
        }
        return start..<start + size
    }

    /// Throws unless a member's bytes have the CRC-32 that the directory records; 0 stands for none.
    func verify(_ member: Member) throws(ReplayError) {
        guard member.checksum != 0 else { return }
        let content = UnsafeRawBufferPointer(rebasing: bytes[member.range])
        let actual = crc32_z(0, content.baseAddress?.assumingMemoryBound(to: UInt8.self), content.count)
        guard actual == UInt(member.checksum) else {
            throw .damagedMember(path: path, member: member.name, bytes: member.range)
        }
    }
}
