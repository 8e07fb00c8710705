import Terms

/// A page as it lies in the file.
struct ParquetPage: Equatable {
    var header: ParquetPageHeader
    /// The bytes of the file with the page, its header included.
    var bytes: Range<Int>

    /// The bytes behind the header.
    var body: Range<Int> { bytes.lowerBound + header.headerBytes..<bytes.upperBound }
}

/// Walks over the pages of a column chunk.
struct ParquetPages {
    let file: CheckedSource
    let chunk: ParquetColumnChunk
    /// The place of the next page.
    private(set) var position: Int
    /// The values of the data pages so far.
    private(set) var values = 0

    init(_ chunk: ParquetColumnChunk, of file: CheckedSource) {
        self.file = file
        self.chunk = chunk
        position = chunk.bytes.lowerBound
    }

    /// The next page; `nil` behind the last.
    mutating func next() throws(ParquetError) -> ParquetPage? {
        guard position < chunk.bytes.upperBound else {
            guard values == chunk.values else {
                throw .malformed(
                    path: file.path,
                    byte: chunk.bytes.lowerBound,
                    found: "pages with \(values) values",
                    expected: "\(chunk.values), as the footer says"
                )
            }
            return nil
        }
        let header = try header()
        let bytes = position..<position + header.headerBytes + header.packedBytes
        if case .data(let page) = header.kind {
            guard page.values <= chunk.values - values else {
                throw malformed("a page with \(page.values) values", "at most the \(chunk.values - values) left")
            }
            values += page.values
        }
        position = bytes.upperBound
        return ParquetPage(header: header, bytes: bytes)
    }

    private func header() throws(ParquetError) -> ParquetPageHeader {
        let left = chunk.bytes.upperBound - position
        var window = min(left, 512)
        while true {
            let bytes = try file.bytes(position..<position + window)
            do throws(Malformation) {
                let header = try bytes.withBytes { (bytes) throws(Malformation) in try ParquetPageHeader(bytes) }
                return try checked(header)
            } catch {
                // Long statistics can make a header longer than the window.
                guard window < min(left, ParquetPageHeader.byteLimit), bytes.count == window else {
                    throw error.at(position, of: file.path)
                }
                window = min(left, window * 8, ParquetPageHeader.byteLimit)
            }
        }
    }

    private func checked(_ header: ParquetPageHeader) throws(Malformation) -> ParquetPageHeader {
        let left = chunk.bytes.upperBound - position - header.headerBytes
        guard header.packedBytes <= left else {
            throw Malformation(
                found: "a page of \(header.packedBytes) bytes",
                expected: "at most the \(left) left of its column chunk"
            )
        }
        guard max(header.packedBytes, header.unpackedBytes) <= UnpackingBudget.pageBytes else {
            throw Malformation(
                found: "a page of \(max(header.packedBytes, header.unpackedBytes)) bytes",
                expected: "at most \(UnpackingBudget.pageBytes)"
            )
        }
        if case .data(let page) = header.kind, let two = page.version2 {
            let levels = saturatingSum([two.definitionBytes, two.repetitionBytes])
            guard levels <= min(header.packedBytes, header.unpackedBytes) else {
                throw Malformation(
                    found: "levels of \(levels) bytes",
                    expected: "at most the page's \(header.packedBytes)"
                )
            }
        }
        return header
    }

    private func malformed(_ found: String, _ expected: String) -> ParquetError {
        .malformed(path: file.path, byte: position, found: found, expected: expected)
    }
}
