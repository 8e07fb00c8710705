/// Unpacks Snappy's raw format.
///
/// Source: google/snappy `format_description.txt`.
enum Snappy {
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
