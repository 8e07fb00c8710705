import Terms

/// Reads Megatron-LM's `.idx` files and the `.npy` arrays of its index caches.
///
/// Sources: Megatron-LM `megatron/core/datasets/indexed_dataset.py`, NumPy NEP 1; reference `shards.md` 5.
enum MegatronFiles {
    private static let widths = [1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 8, 7: 4, 8: 2]

    /// What an `.idx` file says: bytes a token, and the first token of each sequence, with the end of the last.
    static func documents(
        _ path: String,
        _ files: any LoaderFiles
    ) throws(DataOrderError) -> (width: Int, starts: [Int]) {
        func wrong(_ found: String) -> DataOrderError {
            .invalid(key: path, found: found, expected: "an index of Megatron-LM (MMIDIDX, version 1)")
        }
        do {
            let file = try files.open(path)
            let head = try file.bytes(0..<34)
            guard Array(head.prefix(9)) == Array("MMIDIDX".utf8) + [0, 0], head.int64(at: 9) == 1 else {
                throw wrong("another beginning")
            }
            let count = head.int64(at: 18)
            guard let width = head.size(at: 17, width: 1).flatMap({ widths[$0] }), (0...1 << 32).contains(count),
                file.size >= 34 + 12 * count
            else { throw wrong("\(count) sequences in \(file.size) bytes") }
            let bytes = try file.bytes(34..<34 + 4 * count)
            var starts = [0]
            starts.reserveCapacity(count + 1)
            try bytes.withUnsafeBytes { raw in
                for index in 0..<count {
                    let length = Int(Int32(littleEndian: raw.loadUnaligned(fromByteOffset: 4 * index, as: Int32.self)))
                    let (sum, overflow) = starts[index].addingReportingOverflow(length)
                    guard length >= 0, !overflow, sum <= 1 << 48 else { throw wrong("a sequence of \(length) tokens") }
                    starts.append(sum)
                }
            }
            return (width, starts)
        } catch let error as DataOrderError {
            throw error
        } catch {
            throw .missing(key: "shards", reason: "\(error)")
        }
    }

    /// A one- or two-dimensional array of whole numbers, row by row.
    static func array(_ path: String, _ files: any LoaderFiles) throws(DataOrderError) -> [Int] {
        func wrong(_ found: String) -> DataOrderError {
            .invalid(key: path, found: found, expected: "a .npy array of whole numbers")
        }
        do {
            let file = try files.open(path)
            let head = try file.bytes(0..<12)
            guard Array(head.prefix(6)) == [0x93] + Array("NUMPY".utf8) else { throw wrong("another beginning") }
            let isLong = head.size(at: 6, width: 1) ?? 0 >= 2
            let start = isLong ? 12 : 10
            let length = isLong ? head.int32(at: 8) : head.size(at: 8, width: 2) ?? 0
            guard (0...1 << 16).contains(length), start + length <= file.size else { throw wrong("a broken header") }
            let text = String(decoding: try file.bytes(start..<start + length), as: UTF8.self)
            let types = ["<i2": 2, "<u2": 2, "<i4": 4, "<u4": 4, "<i8": 8, "<u8": 8]
            guard let (type, width) = types.first(where: { text.contains("'\($0.key)'") }),
                text.contains("'fortran_order': False")
            else { throw wrong("the description \(text.prefix(80))") }
            let bytes = file.size - start - length
            guard bytes.isMultiple(of: width), bytes <= 1 << 34 else { throw wrong("\(bytes) bytes") }
            let data = try file.bytes(start + length..<file.size)
            let isSigned = type.contains("i")
            return data.withUnsafeBytes { raw in
                (0..<raw.count / width).map { index in
                    let at = index * width
                    switch (width, isSigned) {
                    case (2, true):
                        return Int(Int16(littleEndian: raw.loadUnaligned(fromByteOffset: at, as: Int16.self)))
                    case (2, _):
                        return Int(UInt16(littleEndian: raw.loadUnaligned(fromByteOffset: at, as: UInt16.self)))
                    case (4, true):
                        return Int(Int32(littleEndian: raw.loadUnaligned(fromByteOffset: at, as: Int32.self)))
                    case (4, _):
                        return Int(UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: at, as: UInt32.self)))
                    default:
                        return Int(
                            truncatingIfNeeded: Int64(
                                littleEndian: raw.loadUnaligned(fromByteOffset: at, as: Int64.self)
                            )
                        )
                    }
                }
            }
        } catch let error as DataOrderError {
            throw error
        } catch {
            throw .missing(key: "order.state", reason: "\(error)")
        }
    }
}
