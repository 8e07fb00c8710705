import Terms

/// Stops files that were made to unpack to far more than any shard holds.
package struct UnpackingBudget {
    /// Unpacked bytes and values that any file may have.
    static let free = 1 << 30
    /// What each byte of the file may add. Text shrinks 2 to 20 times; a column of equal numbers some hundred times.
    static let ratio = 1000
    /// The largest page: pages are read as a whole. Writers aim at 1 MiB; nanochat's have some 5 MB.
    static let pageBytes = 256 << 20

    private let limit: Int
    private var used = 0

    /// The budget of a file of so many bytes.
    package init(fileBytes: Int) {
        let (product, overflow) = fileBytes.multipliedReportingOverflow(by: Self.ratio)
        limit = saturatingSum([overflow ? .max : product, Self.free])
    }

    /// Takes account of bytes or values.
    package mutating func charge(_ amount: Int) throws(Malformation) {
        used = saturatingSum([used, amount])
        guard used <= limit else {
            throw Malformation(
                found: "data that unpack to more than \(Self.ratio) times the file's size",
                expected: "less, as in any file that was not made to fill memory"
            )
        }
    }
}

/// Memory that grows to the largest page and is used again for each; not filled when allocated.
final class PageBuffer {
    private var memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)

    deinit { memory.deallocate() }

    /// Room for so many bytes, with any content.
    func room(_ count: Int) -> UnsafeMutableRawBufferPointer {
        if count > memory.count {
            memory.deallocate()
            // Pages are of about one size: with some room to spare the first is as good as the largest.
            memory = .allocate(byteCount: count + count / 4, alignment: 16)
        }
        return UnsafeMutableRawBufferPointer(rebasing: memory[..<count])
    }
}
