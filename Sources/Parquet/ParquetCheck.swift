import Terms

extension ParquetFile {
    /// A column chunk of text that was checked.
    package struct TextChunk: Sendable {
        package var column: Int
        package var rowGroup: Int
        /// The bytes of the file with the chunk.
        package var bytes: Range<Int>
        package var sample: TextSample
    }

    /// Defects kept a file: a file that is wrong everywhere need not say so a million times.
    package static let defectLimit = 100

    /// Checks every column of every row group: unpacks every page, decodes every value, and holds text against UTF-8. A
    /// damaged column chunk does not stop the rest.
    /// - Parameter text: Called with each column chunk of text.
    /// - Returns: The defects, in the order of the file.
    /// - Throws: ``ParquetError`` when the file could not be read, or is of a form that this program cannot read.
    package func check(_ text: (TextChunk) -> Void = { _ in }) throws(ParquetError) -> [ShardDefect] {
        var defects: [ShardDefect] = []
        let reader = ParquetPageReader(file)
        for group in rowGroups.indices {
            for column in metadata.columns.indices where defects.count < Self.defectLimit {
                let chunk = rowGroups[group].chunks[column]
                var texts = TextCheck(
                    isText: metadata.columns[column].isText,
                    budget: UnpackingBudget(fileBytes: file.size)
                )
                var invalid: [ShardDefect] = []
                do throws(ParquetError) {
                    try read(
                        rowGroup: group,
                        column: column,
                        with: reader,
                        into: &texts,
                        afterPage: { page, _, texts in
                            if texts.invalidValues > 0 {
                                invalid.append(self.invalid(texts.invalidValues, group, column, page.bytes))
                            }
                            texts.invalidValues = 0
                        }
                    )
                } catch {
                    guard case .malformed(_, let byte, let found, let expected) = error else { throw error }
                    defects.append(
                        ShardDefect(
                            kind: .undecodable,
                            severity: .failure,
                            bytes: damagedBytes(of: chunk, from: byte),
                            detail:
                                "row group \(group), column \(name(column)): byte \(byte): \(found); expected \(expected)"
                        )
                    )
                }
                defects += invalid
                if metadata.columns[column].isText {
                    text(TextChunk(column: column, rowGroup: group, bytes: chunk.bytes, sample: texts.sample))
                }
            }
        }
        return Array(defects.prefix(Self.defectLimit))
    }

    private func name(_ column: Int) -> String { printable(metadata.columns[column].name) }

    private func invalid(_ count: Int, _ group: Int, _ column: Int, _ bytes: Range<Int>) -> ShardDefect {
        ShardDefect(
            kind: .invalidText,
            severity: .failure,
            bytes: bytes,
            detail: "row group \(group), column \(name(column)): \(count) \(count == 1 ? "value is" : "values are") "
                + "not UTF-8, which the schema says \(count == 1 ? "it is" : "they are")"
        )
    }

    /// The page that begins at a byte, or all behind it when its own header is what is wrong.
    private func damagedBytes(of chunk: ParquetColumnChunk, from byte: Int) -> Range<Int> {
        var pages = ParquetPages(chunk, of: file)
        while let page = try? pages.next(), page.bytes.lowerBound <= byte {
            if page.bytes.lowerBound == byte { return page.bytes }
        }
        return min(max(byte, chunk.bytes.lowerBound), chunk.bytes.upperBound)..<chunk.bytes.upperBound
    }
}

/// Holds text against UTF-8, and the size of all against the budget.
private struct TextCheck: ParquetValueSink {
    let isText: Bool
    var budget: UnpackingBudget
    var invalidValues = 0
    var sample = TextSample()

    mutating func value(_ bytes: UnsafeRawBufferPointer, count: Int) throws(Malformation) {
        // Values that share their bytes can be far more than the page they are in.
        try budget.charge(bytes.count)
        guard isText else { return }
        sample.add(bytes)
        if UTF8Check.firstInvalid(bytes) != nil { invalidValues = saturatingSum([invalidValues, count]) }
    }

    mutating func values(_ bytes: UnsafeRawBufferPointer, width: Int) {}
}
