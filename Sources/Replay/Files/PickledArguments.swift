import Pickle

/// The scalars of an object that `torch.save` wrote, such as the Hugging Face Trainer's `training_args.bin`: read as data, never
/// run.
package enum PickledArguments {
    /// The longest file: the arguments take a few kilobytes.
    private static let longest = 16 << 20

    /// The names and values of the object's fields; what is no number, text or enumeration is left out.
    /// - Throws: ``ReplayError`` when the file cannot be read, or holds something else.
    package static func read(path: String) throws(ReplayError) -> [(name: String, value: String)] {
        let mapping = try FileMapping(path)
        guard mapping.bytes.count <= longest, mapping.bytes.count >= 4, TorchArchive.matches(mapping.bytes) else {
            throw .unknownFormat(path: path, detail: "expected a file of torch.save of at most \(longest >> 20) MiB")
        }
        let graph = try TorchArchive.open(mapping.bytes, path: path).graph
        return (graph.pairs(graph.root) ?? []).compactMap { pair in
            guard let name = graph.text(pair.key), let value = text(pair.value, graph) else { return nil }
            return (name, value)
        }
    }

    private static func text(_ index: Int, _ graph: PickleGraph) -> String? {
        switch graph[index] {
        case .bool(let value): return "\(value)"
        case .int(let value): return "\(value)"
        case .double(let value): return "\(value)"
        case .text(let value): return value
        // An enumeration is made from its value.
        case .object(_, let arguments, _):
            guard let items = graph.items(arguments), items.count == 1 else { return nil }
            return graph.text(items[0])
        default: return nil
        }
    }
}
