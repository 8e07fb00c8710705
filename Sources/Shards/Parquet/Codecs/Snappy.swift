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
                (target + done).copyMemory(from: source + at, byteCount: length)
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
            let from = target + (done - distance)
            if distance >= length {
                to.copyMemory(from: from, byteCount: length)
            } else {
                // The copy reads what it writes: a pattern that repeats.
                for index in 0..<length {
                    to.storeBytes(
                        of: from.load(fromByteOffset: index, as: UInt8.self),
                        toByteOffset: index,
                        as: UInt8.self
                    )
                }
            }
            done += length
        }
        guard done == outputEnd else { throw damaged(done) }
    }

    private static func damaged(_ done: Int) -> Malformation {
        Malformation(found: "snappy data damaged after \(done) unpacked bytes", expected: "data that unpack")
    }
}
