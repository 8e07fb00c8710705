import CTransformer

/// The weights of a model: one buffer, or the places in mapped files where they lie.
enum ModelParameters: Sendable {
    case values([Float])
    case mapped(MappedParameters)

    /// From so many parameters on, the weights of a file stay in it. Smaller ones are copied: a trainer may then overwrite
    /// the file while it is audited.
    static let large = 1 << 28

    /// Calls `body` with what the C side reads. Throws `ReplayError.changed` where the weights were overwritten meanwhile.
    func withWeights<T>(_ body: (UnsafePointer<ct_weights>) throws(ReplayError) -> T) throws(ReplayError) -> T {
        switch self {
        case .values(let values):
            return try values.withUnsafeBufferPointer { values throws(ReplayError) in
                var weights = ct_weights(values: values.baseAddress, stored: nil)
                return try body(&weights)
            }
        case .mapped(let mapped):
            let result = try mapped.withTable(body)
            try mapped.checkUnchanged()
            return result
        }
    }
}

/// Weights that stay in the files they were read from, in their own format.
final class MappedParameters: @unchecked Sendable {
    // Unchecked because of the pointers: they are set when it is made, and the bytes behind them are only read.
    /// The files, which must outlive the places in them.
    private let files: [FileMapping]
    /// Copies of the tensors that the C side cannot read where they lie: transposed or misaligned ones.
    private let copies: [UnsafeMutableRawBufferPointer]
    private let table: [ct_stored]
    private let places: [ParameterTensor: ct_stored]

    /// A tensor of the model, where its rows lie, and the distance between rows and columns in elements.
    struct Place {
        var tensor: ParameterTensor
        var bytes: UnsafeRawBufferPointer
        var type: ElementType
        var rowStride: Int
        var columnStride: Int
        /// For each row its place in the file; `nil` where they are in their order.
        var order: [Int]?
    }

    /// Takes the places as they are where it can.
    init(_ places: [Place], description: TransformerDescription, files: [FileMapping]) {
        var table = [ct_stored](
            repeating: ct_stored(data: nil, element: CT_ELEMENT_F32),
            count: description.layers * Int(CT_STORED_PER_LAYER)
        )
        var copies: [UnsafeMutableRawBufferPointer] = []
        var byTensor: [ParameterTensor: ct_stored] = [:]
        for place in places {
            let columns = place.tensor.shape.last ?? 1
            let width = place.type.width
            let isPlain =
                (place.tensor.shape.count == 1 || place.rowStride == columns) && place.columnStride == 1
                && place.order == nil && Int(bitPattern: place.bytes.baseAddress) % width == 0
            if !isPlain { copies.append(place.copied()) }
            let start = isPlain ? place.bytes.baseAddress : copies.last.flatMap { UnsafeRawPointer($0.baseAddress) }
            let stored = ct_stored(data: start, element: place.type.c)
            byTensor[place.tensor] = stored
            let base = (place.tensor.layer ?? 0) * Int(CT_STORED_PER_LAYER)
            table[base + place.tensor.storedIndex] = stored
        }
        self.files = files
        self.copies = copies
        self.table = table
        self.places = byTensor
    }

    deinit { for copy in copies { copy.deallocate() } }

    /// Throws `ReplayError.changed` where a file is no longer what it was.
    func checkUnchanged() throws(ReplayError) {
        for file in files { try file.checkUnchanged() }
    }

    fileprivate func withTable<T>(
        _ body: (UnsafePointer<ct_weights>) throws(ReplayError) -> T
    ) throws(ReplayError) -> T {
        try table.withUnsafeBufferPointer { table throws(ReplayError) in
            var weights = ct_weights(values: nil, stored: table.baseAddress)
            return try body(&weights)
        }
    }

    /// Part of a tensor, widened.
    func values(of tensor: ParameterTensor, _ part: Range<Int>) -> [Float] {
        guard let stored = places[tensor], let data = stored.data else { return [] }
        let type = ElementType(stored.element)
        let bytes = UnsafeRawBufferPointer(start: data + part.lowerBound * type.width, count: part.count * type.width)
        return type.decode(bytes, count: part.count)
    }
}

extension MappedParameters.Place {
    /// The tensor row by row in memory of its own, in its own format.
    fileprivate func copied() -> UnsafeMutableRawBufferPointer {
        let columns = tensor.shape.last ?? 1
        let rows = tensor.range.count / max(columns, 1)
        let (width, tile) = (type.width, 32)
        let isVector = tensor.shape.count == 1
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: tensor.range.count * width, alignment: 64)
        for rowTile in stride(from: 0, to: rows, by: tile) {
            for columnTile in stride(from: 0, to: columns, by: tile) {
                for row in rowTile..<min(rowTile + tile, rows) {
                    let place = (isVector ? nil : order?[row]) ?? row
                    for column in columnTile..<min(columnTile + tile, columns) {
                        let at = (isVector ? order?[column] : nil) ?? column
                        let from = (place * rowStride + at * columnStride) * width
                        let to = (row * columns + column) * width
                        if width == 4 {
                            let value = bytes.loadUnaligned(fromByteOffset: from, as: UInt32.self)
                            copy.storeBytes(of: value, toByteOffset: to, as: UInt32.self)
                        } else {
                            let value = bytes.loadUnaligned(fromByteOffset: from, as: UInt16.self)
                            copy.storeBytes(of: value, toByteOffset: to, as: UInt16.self)
                        }
                    }
                }
            }
        }
        return copy
    }
}

extension Checkpoint {
    /// Part of a tensor's values, counted from its start.
    func values(of tensor: ParameterTensor, _ part: Range<Int>) -> [Float] {
        switch storage {
        case .values(let values):
            let start = tensor.range.lowerBound
            return Array(values[start + part.lowerBound..<start + part.upperBound])
        case .mapped(let mapped): return mapped.values(of: tensor, part)
        }
    }

    /// Calls `body` with parts of a tensor one after the other, each with the index of its first value.
    func forEachPart(of tensor: ParameterTensor, _ body: (UnsafeBufferPointer<Float>, Int) -> Void) {
        if case .values(let values) = storage {
            values.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[tensor.range]), 0) }
            return
        }
        for start in stride(from: 0, to: tensor.range.count, by: 1 << 20) {
            let part = values(of: tensor, start..<min(start + 1 << 20, tensor.range.count))
            part.withUnsafeBufferPointer { body($0, start) }
        }
    }
}
