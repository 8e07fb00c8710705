import CZlib

/// The frames of a `.wandb` file: LevelDB's log format behind a header of seven bytes, with the CRC-32 of zlib.
///
/// The file is cut in blocks of 32 KiB, the header included. A record is one chunk or several, each within a block: a checksum of
/// four bytes, a length of two, a type of one (whole, first, middle, last), the data. A block that ends with fewer than seven
/// bytes, or in zeroes, holds nothing more.
///
/// Source: LevelDB's log_format.md; wandb's `datastore.py` and `leveldb` package.
struct WandbRecords {
    /// What is wrong with the file.
    var notes: [String] {
        var notes: [String] = []
        if damaged.count > 0 {
            notes.append(
                "\(damaged.count) blocks with records whose data do not agree with their checksum were left out from there on, "
                    + "the first at byte \(damaged.offset)"
            )
        }
        if tooLong > 0 {
            notes.append("\(tooLong) records of more than \(Self.longestRecord >> 20) MiB were passed over")
        }
        if let cut { notes.append("it ends within a record, at byte \(cut); the records before it were read") }
        return notes
    }

    /// The byte at which the file ends, where that is within a record.
    private(set) var cut: Int?
    private var damaged = (count: 0, offset: 0)
    private var tooLong = 0
    private var record: [UInt8] = []
    private var isOpen = false
    private var isTooLong = false
    /// Bytes of the file in front of the window, and the position in the window.
    private var offset = 0
    private var position = 0

    private static let blockLength = 32 << 10
    private static let headLength = 7
    /// The longest record that is put together.
    private static let longestRecord = 64 << 20
    /// `:W&B`, 0xBEE1, and a version that is 0 so far.
    private static let signature: [UInt8] = [0x3A, 0x57, 0x26, 0x42, 0xE1, 0xBE]

    static func matches(_ bytes: UnsafeRawBufferPointer) -> Bool { bytes.starts(with: signature) }

    /// Calls `body` with each whole and sound record.
    mutating func forEach(in text: LogText, _ body: (UnsafeRawBufferPointer) -> Void) {
        position = Self.headLength
        while true {
            let left = Self.blockLength - (offset + position) % Self.blockLength
            if left < Self.headLength {
                position += left
                continue
            }
            guard hasBytes(Self.headLength, in: text) else { return end(text) }
            let window = text.window
            let sum = UInt32(littleEndian: window.loadUnaligned(fromByteOffset: position, as: UInt32.self))
            let length = Int(UInt16(littleEndian: window.loadUnaligned(fromByteOffset: position + 4, as: UInt16.self)))
            let type = window[position + 6]
            if type == 0, length == 0 {
                position += left
                continue
            }
            guard Self.headLength + length <= left else {
                damage(left)
                continue
            }
            guard hasBytes(Self.headLength + length, in: text) else { return end(text) }
            let chunk = position + 6..<position + Self.headLength + length
            guard Self.checksum(UnsafeRawBufferPointer(rebasing: text.window[chunk])) == sum else {
                damage(left)
                continue
            }
            position = chunk.upperBound
            take(type, UnsafeRawBufferPointer(rebasing: text.window[chunk].dropFirst()), body)
        }
    }

    /// Whether so many bytes stand at the position; reads on for them.
    private mutating func hasBytes(_ count: Int, in text: LogText) -> Bool {
        while position > text.window.count || text.window.count - position < count {
            let consumed = min(position, text.window.count)
            guard text.advance(by: consumed) else {
                offset += consumed
                position -= consumed
                return false
            }
            offset += consumed
            position -= consumed
        }
        return true
    }

    private mutating func end(_ text: LogText) {
        // Zeroes are what a file system leaves of what was not written.
        let rest = text.window.dropFirst(position)
        if isOpen || rest.contains(where: { $0 != 0 }) { cut = offset + text.window.count }
    }

    /// Goes on with the next block: nothing says where a chunk begins in this one.
    private mutating func damage(_ left: Int) {
        if damaged.count == 0 { damaged.offset = offset + position }
        damaged.count += 1
        position += left
        isOpen = false
    }

    private mutating func take(_ type: UInt8, _ data: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void)
    {
        switch type {
        case 1:
            isOpen = false
            body(data)
        case 2:
            record.removeAll(keepingCapacity: true)
            record.append(contentsOf: data)
            isOpen = true
            isTooLong = false
        case 3, 4:
            // The first part was damaged.
            guard isOpen else { return }
            if record.count + data.count > Self.longestRecord {
                if !isTooLong { tooLong += 1 }
                isTooLong = true
                record.removeAll()
            }
            if !isTooLong { record.append(contentsOf: data) }
            guard type == 4 else { return }
            isOpen = false
            if !isTooLong { record.withUnsafeBytes(body) }
        default: break
        }
    }

    private static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        UInt32(truncatingIfNeeded: crc32(0, bytes.bindMemory(to: UInt8.self).baseAddress, UInt32(bytes.count)))
    }
}
