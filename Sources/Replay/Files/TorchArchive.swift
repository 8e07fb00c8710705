import Pickle

/// A file of `torch.save` (PyTorch 1.6 and later). The pickle inside is interpreted as data, never run.
enum TorchArchive {
    /// Whether bytes, of which there are at least four, begin as such a file does.
    static func matches(_ bytes: UnsafeRawBufferPointer) -> Bool { bytes.starts(with: [0x50, 0x4B, 3, 4]) }

    /// The pickle of a file, and what finds the tensors it speaks of.
    static func open(
        _ bytes: UnsafeRawBufferPointer,
        path: String
    ) throws(ReplayError) -> (graph: PickleGraph, reader: TensorReader) {
        let archive = try ZipArchive(bytes, path: path)
        let names = archive.members.keys.sorted()
        guard let name = names.first(where: { $0.hasSuffix("/data.pkl") }), let pickle = archive.members[name] else {
            throw .unknownFormat(path: path, detail: "a ZIP archive without data.pkl")
        }
        try archive.verify(pickle)
        let root = String(name.dropLast("data.pkl".count))
        if let order = archive.members[root + "byteorder"], bytes[order.range].elementsEqual("big".utf8) {
            throw .unsupportedFormat(
                path: path,
                format: "a big-endian PyTorch file",
                remedy: "convert it to safetensors"
            )
        }
        let graph = try unpickled(UnsafeRawBufferPointer(rebasing: bytes[pickle.range]), path: path)
        return (graph, TensorReader(graph: graph, archive: archive, root: root, path: path))
    }

    private static func unpickled(_ bytes: UnsafeRawBufferPointer, path: String) throws(ReplayError) -> PickleGraph {
        do throws(PickleError) {
            return try Unpickler.read(bytes)
        } catch {
            throw .malformedHeader(path: path, detail: "its pickle \(error.detail) (at byte \(error.byte))")
        }
    }
}

/// Finds the bytes of the tensors that a pickle rebuilds.
struct TensorReader {
    let graph: PickleGraph
    let archive: ZipArchive
    let root: String
    let path: String
    private var verified: Set<String> = []

    init(graph: PickleGraph, archive: ZipArchive, root: String, path: String) {
        self.graph = graph
        self.archive = archive
        self.root = root
        self.path = path
    }

    private static let types: [String: String] = [
        "torch.FloatStorage": "F32", "torch.HalfStorage": "F16", "torch.BFloat16Storage": "BF16",
        "torch.DoubleStorage": "F64", "torch.LongStorage": "I64", "torch.IntStorage": "I32",
        "torch.ShortStorage": "I16", "torch.CharStorage": "I8", "torch.ByteStorage": "U8", "torch.BoolStorage": "BOOL",
    ]
    private static let widths: [String: Int] = [
        "F64": 8, "I64": 8, "F32": 4, "I32": 4, "F16": 2, "BF16": 2, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1,
    ]

    /// The tensor at a node; `nil` when there is something else.
    mutating func tensor(_ index: Int, name: String) throws(ReplayError) -> StoredTensor? {
        guard case .object(let type, let arguments, _) = graph[index], let items = graph.items(arguments) else {
            return nil
        }
        if type == "torch._utils._rebuild_parameter", let inner = items.first {
            // One level: a parameter of a parameter would be none of ours.
            guard case .object("torch._utils._rebuild_tensor_v2", let arguments, _) = graph[inner],
                let items = graph.items(arguments)
            else { return nil }
            return try rebuilt(items, name: name)
        }
        if type == "torch._utils._rebuild_tensor_v3", items.count > 6, case .global(let element) = graph[items[6]] {
            // The form of types that have no storage class of their own: 8-bit floats, unsigned integers.
            throw .unsupportedElementType(path: path, name: name, type: element)
        }
        return type == "torch._utils._rebuild_tensor_v2" ? try rebuilt(items, name: name) : nil
    }

    /// From (storage, offset, size, stride, …), offsets and strides in elements.
    private mutating func rebuilt(_ items: [Int], name: String) throws(ReplayError) -> StoredTensor {
        guard items.count >= 4, case .persistent(let identity) = graph[items[0]],
            let parts = graph.items(identity), parts.count >= 5, graph.text(parts[0]) == "storage",
            case .global(let storage) = graph[parts[1]], let key = graph.text(parts[2]),
            let offset = graph.int(items[1]), let shape = integers(items[2]), let strides = integers(items[3]),
            shape.count == strides.count
        else {
            throw archive.malformed("tensor \(name) is not described the way torch.save does")
        }
        guard let type = Self.types[storage], let width = Self.widths[type] else {
            throw .unsupportedElementType(path: path, name: name, type: storage)
        }
        guard let member = archive.members[root + "data/" + key] else {
            throw archive.malformed("the bytes of tensor \(name) (member data/\(key)) are missing")
        }
        if verified.insert(key).inserted { try archive.verify(member) }
        guard let span = span(shape, strides), offset >= 0, span <= member.range.count / width,
            offset <= member.range.count / width - span
        else {
            throw archive.malformed("tensor \(name) reaches beyond its storage")
        }
        let start = member.range.lowerBound + offset * width
        return StoredTensor(
            type: type,
            shape: shape,
            range: start..<start + span * width,
            strides: isContiguous(shape, strides) ? nil : strides
        )
    }

    private func integers(_ index: Int) -> [Int]? {
        guard let items = graph.items(index), items.count <= 8 else { return nil }
        let values = items.compactMap(graph.int)
        return values.count == items.count && values.allSatisfy { $0 >= 0 } ? values : nil
    }

    /// Number of elements from the first to the last one; `nil` when it overflows.
    private func span(_ shape: [Int], _ strides: [Int]) -> Int? {
        guard !shape.contains(0) else { return 0 }
        var last = 0
        for (size, stride) in zip(shape, strides) {
            let (reach, overflow) = (size - 1).multipliedReportingOverflow(by: stride)
            let (sum, overflow2) = last.addingReportingOverflow(reach)
            guard !overflow, !overflow2 else { return nil }
            last = sum
        }
        let (count, overflow) = last.addingReportingOverflow(1)
        return overflow ? nil : count
    }

    private func isContiguous(_ shape: [Int], _ strides: [Int]) -> Bool {
        var expected = 1
        for (size, stride) in zip(shape, strides).reversed() where size != 1 {
            guard stride == expected else { return false }
            let (product, overflow) = expected.multipliedReportingOverflow(by: size)
            guard !overflow else { return false }
            expected = product
        }
        return true
    }
}
