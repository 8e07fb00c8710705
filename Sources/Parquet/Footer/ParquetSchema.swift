import Terms

/// Turns the flat list of schema elements into leaf columns.
enum ParquetSchema {
    private static let depthLimit = 64

    /// A node of the schema as written, parents before children.
    struct Element {
        var type, width, repetition, children, converted, logical: Int?
        var name = ""

        init(reading reader: inout ThriftReader) throws(Malformation) {
            var element = Self()
            try reader.structure { (reader, id, type) throws(Malformation) in
                switch id {
                case 1: element.type = try reader.size(type)
                case 2: element.width = try reader.size(type)
                case 3: element.repetition = try reader.size(type)
                case 4: element.name = try reader.text(type)
                case 5: element.children = try reader.size(type)
                case 6: element.converted = try reader.size(type)
                case 10:
                    // A union: the id of its one field says which.
                    try reader.structure { (_, id, _) throws(Malformation) in
                        element.logical = id
                        return false
                    }
                default: return false
                }
                return true
            }
            self = element
        }

        private init() {}

        /// STRING, ENUM and JSON are text: converted types 0, 4, 19 and logical types 1, 4, 12.
        var isText: Bool {
            converted.map([0, 4, 19].contains) ?? false || logical.map([1, 4, 12].contains) ?? false
        }
    }

    /// The leaves with their levels.
    static func columns(_ elements: [Element]) throws(Malformation) -> [ParquetColumn] {
        guard let root = elements.first, let rootChildren = root.children else {
            throw Malformation(found: "a schema without a root", expected: "one")
        }
        /// A node whose children are being read.
        struct Open {
            var name: String
            var left, definition, repetition: Int
        }
        var open = [Open(name: "", left: rootChildren, definition: 0, repetition: 0)]
        var columns: [ParquetColumn] = []
        for element in elements.dropFirst() {
            while let last = open.last, last.left == 0 { open.removeLast() }
            guard let parent = open.last else {
                throw Malformation(found: "more schema elements than the root counts", expected: "no more")
            }
            open[open.count - 1].left -= 1
            // 0 required, 1 optional, 2 repeated.
            let repetition = element.repetition ?? 0
            let levels = (
                definition: parent.definition + (repetition == 0 ? 0 : 1),
                repetition: parent.repetition + (repetition == 2 ? 1 : 0)
            )
            if let children = element.children, children > 0 {
                guard open.count < depthLimit else {
                    throw Malformation(found: "a schema deeper than \(depthLimit)", expected: "less nesting")
                }
                open.append(
                    Open(
                        name: element.name,
                        left: children,
                        definition: levels.definition,
                        repetition: levels.repetition
                    )
                )
            } else {
                columns.append(try leaf(element, path: open.dropFirst().map(\.name) + [element.name], levels: levels))
            }
        }
        guard open.allSatisfy({ $0.left == 0 }) else {
            throw Malformation(found: "fewer schema elements than their parents count", expected: "all of them")
        }
        return columns
    }

    private static func leaf(
        _ element: Element,
        path: [String],
        levels: (definition: Int, repetition: Int)
    ) throws(Malformation) -> ParquetColumn {
        let place = "column \(printable(path.joined(separator: ".")))"
        guard let type = element.type.flatMap(ParquetColumn.PhysicalType.init) else {
            throw Malformation(
                found: "\(place) of type \(element.type.map(String.init) ?? "none")",
                expected: "0 to 7"
            )
        }
        let width: Int? =
            switch type {
            case .boolean, .byteArray: nil
            case .int32, .float: 4
            case .int64, .double: 8
            case .int96: 12
            case .fixedLengthByteArray: element.width
            }
        if type == .fixedLengthByteArray, !(1...1 << 24).contains(width ?? 0) {
            throw Malformation(found: "\(place) of \(width ?? 0) bytes a value", expected: "1 to 2^24")
        }
        return ParquetColumn(
            path: path,
            type: type,
            width: width,
            isText: type == .byteArray && element.isText,
            maximumDefinitionLevel: levels.definition,
            maximumRepetitionLevel: levels.repetition
        )
    }
}
