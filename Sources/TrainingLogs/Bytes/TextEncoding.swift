/// What the first bytes of a file say about it.
enum TextEncoding {
    /// A byte order mark or NUL pattern means UTF-16; Windows PowerShell redirects write it.
    static func utf16IsBigEndian(_ bytes: UnsafeRawBufferPointer) -> Bool? {
        guard bytes.count >= 4 else { return nil }
        if bytes[0] == 0xFF, bytes[1] == 0xFE { return false }
        if bytes[0] == 0xFE, bytes[1] == 0xFF { return true }
        let window = min(bytes.count, 512) & ~1
        var zeroes = (even: 0, odd: 0)
        for index in stride(from: 0, to: window, by: 2) {
            if bytes[index] == 0 { zeroes.even += 1 }
            if bytes[index + 1] == 0 { zeroes.odd += 1 }
        }
        let most = window / 2 * 9 / 10
        if zeroes.odd > most, zeroes.even == 0 { return false }
        if zeroes.even > most, zeroes.odd == 0 { return true }
        return nil
    }

    /// UTF-16 as UTF-8; what is not valid becomes U+FFFD.
    static func utf8(fromUTF16 bytes: UnsafeRawBufferPointer, bigEndian: Bool) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count / 2)
        let units = (0..<bytes.count / 2).lazy.map { index -> UInt16 in
            let first = UInt16(bytes[2 * index])
            let second = UInt16(bytes[2 * index + 1])
            return bigEndian ? first << 8 | second : second << 8 | first
        }
        _ = transcode(units.makeIterator(), from: UTF16.self, to: UTF8.self, stoppingOnError: false) {
            result.append($0)
        }
        if result.starts(with: [0xEF, 0xBB, 0xBF]) { result.removeFirst(3) }
        return result
    }

    /// The name of a well-known file type that is certainly not a log, with what to do about it.
    static func foreignType(_ bytes: UnsafeRawBufferPointer) -> String? {
        let signatures: [(signature: [UInt8], name: String)] = [
            ([0xFD, 0x37, 0x7A, 0x58, 0x5A], "an xz file; decompress it first (xz -d)"),
            ([0x42, 0x5A, 0x68], "a bzip2 file; decompress it first (bunzip2)"),
            ([0x50, 0x4B, 0x03, 0x04], "a zip archive (or a PyTorch checkpoint)"),
            ([0x89, 0x50, 0x4E, 0x47], "a PNG image"),
            ([0xFF, 0xD8, 0xFF], "a JPEG image"),
            ([0x47, 0x49, 0x46, 0x38], "a GIF image"),
            ([0x25, 0x50, 0x44, 0x46], "a PDF document"),
            ([0x7F, 0x45, 0x4C, 0x46], "an ELF program"),
            ([0x50, 0x41, 0x52, 0x31], "a Parquet file"),
            ([0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59], "a NumPy array"),
        ]
        return signatures.first { bytes.starts(with: $0.signature) }?.name
    }
}

extension TextEncoding {
    /// Whether more than a tenth of the bytes are control characters that no text has.
    static func isMostlyBinary(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let head = bytes.prefix(4096)
        let odd = head.reduce(0) { $0 + ($1 < 0x20 && ($1 < 0x07 || $1 > 0x0D) && $1 != 0x1B ? 1 : 0) }
        return odd * 10 > head.count
    }
}
