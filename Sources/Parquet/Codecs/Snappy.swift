/// Unpacks Snappy's raw format.
///
/// Source: google/snappy `format_description.txt`.
package enum Snappy {
    /// Fills the output.
    /// - Throws: ``Malformation`` when the input does not unpack to exactly that many bytes.
    static func unpack(
        _ input: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) throws(Malformation) {
        var cursor = ByteCursor(input)
        let claimed = try cursor.varint()
        guard claimed == UInt64(output.count) else {
            throw Malformation(found: "snappy data for \(claimed) bytes", expected: "\(output.count)")
        }
        guard let source = input.baseAddress, let target = output.baseAddress else { return }
        let inputEnd = input.count
        let outputEnd = output.count
        var at = cursor.position
        var done = 0
        while at < inputEnd {
            fast(source, inputEnd, &at, target, outputEnd, &done)
            guard at < inputEnd else { break }
            let tag = Int(input[at])
            at += 1
            if tag & 3 == 0 {
                // A literal: its length less one is in the tag, or in the 1 to 4 bytes behind it.
                var length = tag >> 2
                if length >= 60 {
                    let extra = length - 59
                    guard extra <= inputEnd - at else { throw damaged(done) }
                    length = 0
                    for index in 0..<extra { length |= Int(input[at + index]) << (8 * index) }
                    at += extra
                }
                length += 1
                guard length <= inputEnd - at, length <= outputEnd - done else { throw damaged(done) }
                if length <= 16, inputEnd - at >= 16, outputEnd - done >= 16 {
                    // What is copied too much is written over by what follows.
                    copy16(source + at, to: target + done)
                } else {
                    (target + done).copyMemory(from: source + at, byteCount: length)
                }
                at += length
                done += length
                continue
            }
            let length: Int
            let distance: Int
            switch tag & 3 {
            case 1:
                guard at < inputEnd else { throw damaged(done) }
                length = ((tag >> 2) & 7) + 4
                distance = (tag >> 5) << 8 | Int(input[at])
                at += 1
            case 2:
                guard inputEnd - at >= 2 else { throw damaged(done) }
                length = (tag >> 2) + 1
                distance = Int(input[at]) | Int(input[at + 1]) << 8
                at += 2
            default:
                guard inputEnd - at >= 4 else { throw damaged(done) }
                length = (tag >> 2) + 1
                distance = Int(UInt32(littleEndian: input.loadUnaligned(fromByteOffset: at, as: UInt32.self)))
                at += 4
            }
            guard distance > 0, distance <= done, length <= outputEnd - done else { throw damaged(done) }
            let to = target + done
            let from = UnsafeRawPointer(target + (done - distance))
            // Steps no longer than the distance never read what they write; what is copied too much is written over.
            if distance >= 16, outputEnd - done >= length + 16 {
                var offset = 0
                repeat {
                    copy16(from + offset, to: to + offset)
                    offset += 16
                } while offset < length
            } else if distance >= 8, outputEnd - done >= length + 8 {
                var offset = 0
                repeat {
                    copy8(from + offset, to: to + offset)
                    offset += 8
                } while offset < length
            } else {
                // The copy may read what it writes: a pattern that repeats.
                for offset in 0..<length {
                    to.storeBytes(
                        of: from.load(fromByteOffset: offset, as: UInt8.self),
                        toByteOffset: offset,
                        as: UInt8.self
                    )
                }
            }
            done += length
        }
        guard done == outputEnd else { throw damaged(done) }
    }

    /// What a block unpacks to.
    /// - Parameter limit: The most bytes it may unpack to.
    package static func unpack(_ block: [UInt8], limit: Int) throws(Malformation) -> [UInt8] {
        try block.withBytes { (input) throws(Malformation) in
            var cursor = ByteCursor(input)
            let claimed = try cursor.varint()
            // A copy of 64 bytes takes 3.
            guard claimed <= UInt64(limit), claimed <= UInt64(input.count) * 24 else {
                throw Malformation(found: "snappy data for \(claimed) bytes", expected: "fewer")
            }
            var output = [UInt8](repeating: 0, count: Int(claimed))
            try output.withUnsafeMutableBufferPointer { (output) throws(Malformation) in
                try unpack(input, into: UnsafeMutableRawBufferPointer(output))
            }
            return output
        }
    }

    /// What a tag says: the length in bits 0 to 7, the bytes of input that it and what belongs to it take in bits 8 to 15, the
    /// bits of the distance behind it in 16 to 23, the highest bits of the distance from 24 on. 0 for a literal whose length
    /// stands behind the tag.
    private static let tags: [UInt32] = (0..<256).map { (tag: UInt32) in
        switch tag & 3 {
        case 0: tag >> 2 < 60 ? (tag >> 2 + 1) | (tag >> 2 + 2) << 8 : 0
        case 1: (tag >> 2 & 7 + 4) | 2 << 8 | 8 << 16 | (tag >> 5) << 24
        case 2: (tag >> 2 + 1) | 3 << 8 | 16 << 16
        default: (tag >> 2 + 1) | 5 << 8 | 32 << 16
        }
    }

    /// Unpacks while 64 bytes may be read and written at any place reached, and stops before an element that is not simple: a
    /// long literal, a pattern that repeats within 16 bytes, anything damaged.
    ///
    /// Literals and copies take the same way, since in text nobody can foretell which comes next: a wrong guess of the
    /// processor costs more than copying a whole element does.
    private static func fast(
        _ source: UnsafeRawPointer,
        _ inputEnd: Int,
        _ at: inout Int,
        _ target: UnsafeMutableRawPointer,
        _ outputEnd: Int,
        _ done: inout Int
    ) {
        let apart = source - UnsafeRawPointer(target)
        var next = at
        var made = done
        tags.withUnsafeBufferPointer { tags in
            while inputEnd &- next > 64, outputEnd &- made >= 64 {
                let tag = source.load(fromByteOffset: next, as: UInt8.self)
                let entry = Int(truncatingIfNeeded: tags[Int(tag)])
                let behind = source.loadUnaligned(fromByteOffset: next &+ 1, as: UInt32.self).littleEndian
                let distance =
                    entry >> 16 & 0x700 | Int(truncatingIfNeeded: behind) & (1 &<< (entry >> 16 & 0xFF) &- 1)
                let length = entry & 0xFF
                // All ones for a literal.
                let isLiteral = (Int(tag & 3) &- 1) >> 63
                // Negative where the distance is too small or too large for a copy.
                let reach = ((distance &- 16) | (made &- distance)) & ~isLiteral
                guard reach | (length &- 1) >= 0 else { break }
                let from = target + ((made &- distance) & ~isLiteral | (apart &+ next &+ 1) & isLiteral)
                let to = target + made
                copy16(UnsafeRawPointer(from), to: to)
                copy16(UnsafeRawPointer(from) + 16, to: to + 16)
                if length > 32 {
                    copy16(UnsafeRawPointer(from) + 32, to: to + 32)
                    copy16(UnsafeRawPointer(from) + 48, to: to + 48)
                }
                made &+= length
                next &+= entry >> 8 & 0xFF
            }
        }
        at = next
        done = made
    }

    @inline(__always)
    private static func copy8(_ from: UnsafeRawPointer, to: UnsafeMutableRawPointer) {
        to.storeBytes(of: from.loadUnaligned(as: UInt64.self), as: UInt64.self)
    }

    @inline(__always)
    private static func copy16(_ from: UnsafeRawPointer, to: UnsafeMutableRawPointer) {
        to.storeBytes(of: from.loadUnaligned(as: SIMD16<UInt8>.self), as: SIMD16<UInt8>.self)
    }

    private static func damaged(_ done: Int) -> Malformation {
        Malformation(found: "snappy data damaged after \(done) unpacked bytes", expected: "data that unpack")
    }
}
