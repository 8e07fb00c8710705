/// One tensor's entry in a safetensors header.
package struct SafetensorsEntry: Sendable, Equatable {
    package var type: String
    package var shape: [Int]
    /// Bytes within the data part.
    package var range: Range<Int>
}

/// The header of a safetensors file: a little-endian u64 N, then N bytes of JSON, then the data. Strings, sizes and
/// offsets are all checked; the tensors tile the data without hole or overlap.
package struct SafetensorsHeader: Sendable, Equatable {
    /// By name; never iterated unsorted.
    package private(set) var entries: [String: SafetensorsEntry] = [:]
    package private(set) var metadata: [String: String] = [:]
    /// Where the data part starts in the file.
    package private(set) var dataStart = 0

    package var names: [String] { entries.keys.sorted() }

    package static func parse(_ bytes: UnsafeRawBufferPointer, path: String) throws(ReplayError) -> SafetensorsHeader {
        guard bytes.count >= 8 else { throw .truncated(path: path, expectedBytes: 8, actualBytes: bytes.count) }
        let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
        guard length <= 100_000_000 else {
            throw .malformedHeader(path: path, detail: "its length is \(length) bytes, expected at most 100000000")
        }
        let end = 8 + Int(length)
        guard end <= bytes.count else { throw .truncated(path: path, expectedBytes: end, actualBytes: bytes.count) }
        var header = SafetensorsHeader()
        header.dataStart = end
        var json = JSONScanner(UnsafeRawBufferPointer(rebasing: bytes[8..<end]), path: path)
        try json.object { scanner, name throws(ReplayError) in
            if name == "__metadata__" {
                try scanner.object { inner, key throws(ReplayError) in header.metadata[key] = try inner.string() }
            } else {
                let entry = try self.entry(&scanner, name: name)
                guard header.entries.updateValue(entry, forKey: name) == nil else {
                    throw scanner.error("tensor \(name) appears twice")
                }
            }
        }
        try json.end()
        try header.checkTiling(dataBytes: bytes.count - end, path: path)
        return header
    }

    private static func entry(_ scanner: inout JSONScanner, name: String) throws(ReplayError) -> SafetensorsEntry {
        var type: String?
        var shape: [Int]?
        var offsets: [Int]?
        try scanner.object { inner, key throws(ReplayError) in
            switch key {
            case "dtype": type = try inner.string()
            case "shape": shape = try inner.integers()
            case "data_offsets": offsets = try inner.integers()
            default: throw inner.error("tensor \(name) has an unknown key \(key)")
            }
        }
        guard let type, let shape, let offsets, offsets.count == 2, offsets[0] <= offsets[1] else {
            throw scanner.error("tensor \(name) lacks dtype, shape or two ascending data_offsets")
        }
        return SafetensorsEntry(type: type, shape: shape, range: offsets[0]..<offsets[1])
    }

    private func checkTiling(dataBytes: Int, path: String) throws(ReplayError) {
        var end = 0
        let ordered = entries.sorted { a, b in
            (a.value.range.lowerBound, a.value.range.upperBound, a.key)
                < (b.value.range.lowerBound, b.value.range.upperBound, b.key)
        }
        for (name, entry) in ordered {
            guard entry.range.lowerBound == end else {
                let detail = "tensor \(name) starts at byte \(entry.range.lowerBound), expected \(end)"
                throw .malformedHeader(path: path, detail: detail)
            }
            if let element = ElementType(rawValue: entry.type) {
                var bytes = element.width
                for size in entry.shape {
                    let (product, overflow) = bytes.multipliedReportingOverflow(by: size)
                    guard !overflow else {
                        throw .malformedHeader(path: path, detail: "tensor \(name) has an impossible shape")
                    }
                    bytes = product
                }
                guard bytes == entry.range.count else {
                    let detail = "tensor \(name) has \(entry.range.count) bytes, its shape calls for \(bytes)"
                    throw .malformedHeader(path: path, detail: detail)
                }
            }
            end = entry.range.upperBound
        }
        let (expected, overflow) = dataStart.addingReportingOverflow(end)
        guard !overflow, end <= dataBytes else {
            throw .truncated(
                path: path,
                expectedBytes: overflow ? Int.max : expected,
                actualBytes: dataStart + dataBytes
            )
        }
        guard end == dataBytes else {
            throw .trailingBytes(path: path, expectedBytes: expected, actualBytes: dataStart + dataBytes)
        }
    }
}
