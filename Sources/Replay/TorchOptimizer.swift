import Pickle

/// The state of `torch.optim.AdamW` in a file of `torch.save`: parameters are numbers there, in the order in which the
/// optimizer was given them. nanoGPT, build-nanogpt and Hugging Face give it the matrices first and then the rest, each in
/// the order of the model.
enum TorchOptimizer {
    static func parse(
        _ bytes: UnsafeRawBufferPointer,
        path: String,
        of checkpoint: Checkpoint
    ) throws(ReplayError) -> OptimizerState? {
        let contents = try PyTorchModel.open(bytes, path: path)
        let graph = contents.graph
        var reader = contents.reader
        let root = graph.value(graph.root, "optimizer") ?? graph.root
        guard let state = graph.value(root, "state"), let groups = graph.value(root, "param_groups") else { return nil }
        guard checkpoint.description.architecture == .gpt2 else {
            throw .unsupportedFormat(
                path: path,
                format: "the optimizer state of another model than a GPT-2",
                remedy: "the replay goes on without it"
            )
        }
        let names =
            checkpoint.description.tensors.filter { $0.shape.count == 2 }.map(\.name)
            + checkpoint.description.tensors.filter { $0.shape.count != 2 }.map(\.name)
        let numbers = (graph.items(groups) ?? []).flatMap { group in
            graph.value(group, "params").flatMap { graph.items($0) }?.compactMap(graph.int) ?? []
        }
        guard numbers.count == names.count else {
            let detail = "its optimizer has \(numbers.count) parameters, the model \(names.count)"
            throw .malformedHeader(path: path, detail: detail)
        }
        let name = Dictionary(zip(numbers, names), uniquingKeysWith: { first, _ in first })
        var moments: [String: [String: StoredTensor]] = ["exp_avg": [:], "exp_avg_sq": [:]]
        var updates: Int?
        for pair in graph.pairs(state) ?? [] {
            guard let number = graph.int(pair.key), let tensor = name[number] else { continue }
            for key in ["exp_avg", "exp_avg_sq"] {
                guard let node = graph.value(pair.value, key) else { continue }
                moments[key]?[tensor] = try reader.tensor(node, name: "\(key) of \(tensor)")
            }
            guard updates == nil, let node = graph.value(pair.value, "step") else { continue }
            updates = graph.int(node)
            if updates == nil { updates = step(try reader.tensor(node, name: "step"), bytes) }
        }
        // Before the first update there is nothing.
        guard let first = moments["exp_avg"], let second = moments["exp_avg_sq"], !first.isEmpty else { return nil }
        return OptimizerState(
            firstMoment: try OptimizerFile.values(first, bytes, path: path, of: checkpoint),
            secondMoment: try OptimizerFile.values(second, bytes, path: path, of: checkpoint),
            updatesDone: updates,
            path: path
        )
    }

    /// A count that is kept as a tensor of one number.
    private static func step(_ tensor: StoredTensor?, _ bytes: UnsafeRawBufferPointer) -> Int? {
        guard let tensor, let type = ElementType(rawValue: tensor.type), tensor.range.count >= type.width else {
            return nil
        }
        let part = UnsafeRawBufferPointer(rebasing: bytes[tensor.range])
        return type.decode(part, count: 1).first.flatMap { Int(exactly: $0) }
    }
}
