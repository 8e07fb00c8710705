import Pickle

extension OptimizerForm {
    /// Hugging Face's `optimizer.pt`, and the `optimizer` in nanoGPT's `ckpt.pt`.
    static let torch = OptimizerForm(
        beginning: "optim",
        suffix: "pt",
        names: ["optimizer.pt", "optimizer.bin"],
        modelSuffixes: ["pt", "pth"],
        matches: { $0.bytes.count >= 4 && TorchArchive.matches($0.bytes) },
        state: { source throws(ReplayError) in
            try TorchOptimizer.parse(source.bytes, path: source.path, of: source.checkpoint)
        }
    )
}

/// The state of `torch.optim.AdamW` in a file of `torch.save`. Parameters are numbers there, in the order in which the
/// optimizer was given them: nanoGPT, build-nanogpt and Hugging Face give it the matrices first and then the rest, each in
/// the order of the model; an optimizer of one group has them in the order of the model. FSDP saves them by name.
enum TorchOptimizer {
    static func parse(
        _ bytes: UnsafeRawBufferPointer,
        path: String,
        of checkpoint: Checkpoint
    ) throws(ReplayError) -> OptimizerState? {
        let contents = try TorchArchive.open(bytes, path: path)
        let graph = contents.graph
        var reader = contents.reader
        let root = graph.value(graph.root, "optimizer") ?? graph.root
        guard let state = graph.value(root, "state"), let groups = graph.value(root, "param_groups") else { return nil }
        guard checkpoint.description.architecture.optimizer == .adamW else {
            throw .unsupportedFormat(
                path: path,
                format: "the state of another optimizer than \(checkpoint.description.architecture.title)'s",
                remedy: "the replay goes on without it"
            )
        }
        let name = try names(graph, groups: groups, path: path, of: checkpoint.description)
        var moments: [String: [String: StoredTensor]] = ["exp_avg": [:], "exp_avg_sq": [:]]
        var updates: Int?
        var others: Set<String> = []
        for pair in graph.pairs(state) ?? [] {
            guard let tensor = name(pair.key) else { continue }
            for key in ["exp_avg", "exp_avg_sq"] {
                guard let node = graph.value(pair.value, key) else { continue }
                moments[key]?[tensor] = try reader.tensor(node, name: "\(key) of \(tensor)")
            }
            for entry in graph.pairs(pair.value) ?? [] { others.formUnion(graph.text(entry.key).map { [$0] } ?? []) }
            guard updates == nil, let node = graph.value(pair.value, "step") else { continue }
            updates = graph.int(node)
            if updates == nil { updates = step(try reader.tensor(node, name: "step"), bytes) }
        }
        guard let first = moments["exp_avg"], let second = moments["exp_avg_sq"] else { return nil }
        guard !first.isEmpty, !second.isEmpty else {
            // Before the first update there is nothing.
            guard !others.isEmpty else { return nil }
            throw .unsupportedFormat(
                path: path,
                format:
                    "the state of an optimizer that keeps \(others.sorted().joined(separator: ", ")) and not Adam's moments",
                remedy: "the replay goes on without it"
            )
        }
        return OptimizerState(
            firstMoment: try ModelWeights.moments(first, bytes, path: path, of: checkpoint),
            secondMoment: try ModelWeights.moments(second, bytes, path: path, of: checkpoint),
            updatesDone: updates,
            path: path
        )
    }

    /// The name of the parameter that a key of the state stands for.
    private static func names(
        _ graph: PickleGraph,
        groups: Int,
        path: String,
        of model: TransformerDescription
    ) throws(ReplayError) -> (Int) -> String? {
        let lists = (graph.items(groups) ?? []).map { group in
            graph.value(group, "params").flatMap { graph.items($0) } ?? []
        }
        let all = lists.flatMap { $0 }
        if let first = all.first, graph.text(first) != nil { return { graph.text($0) } }
        guard model.architecture.moduleOrder != nil else {
            throw .unsupportedFormat(
                path: path,
                format: "an optimizer state by numbers of a \(model.architecture.title)",
                remedy: "the replay goes on without it"
            )
        }
        let ordered = moduleOrder(model)
        let names =
            lists.filter { !$0.isEmpty }.count == 1
            ? ordered.map(\.name)
            : ordered.filter { $0.shape.count == 2 }.map(\.name) + ordered.filter { $0.shape.count != 2 }.map(\.name)
        let numbers = all.compactMap(graph.int)
        guard numbers.count == names.count else {
            let detail = "its optimizer has \(numbers.count) parameters, the model \(names.count)"
            throw .malformedHeader(path: path, detail: detail)
        }
        let byNumber = Dictionary(zip(numbers, names), uniquingKeysWith: { first, _ in first })
        return { graph.int($0).flatMap { byNumber[$0] } }
    }

    /// The tensors in the order in which PyTorch's module lists them.
    static func moduleOrder(_ model: TransformerDescription) -> [ParameterTensor] {
        let order = model.architecture.moduleOrder ?? []
        func place(_ tensor: ParameterTensor) -> Int { order.firstIndex(where: tensor.name.hasSuffix) ?? order.count }
        let layers = model.tensors.filter { $0.layer != nil }
        let sorted = layers.enumerated().sorted { a, b in
            (a.element.layer ?? 0, place(a.element), a.offset) < (b.element.layer ?? 0, place(b.element), b.offset)
        }
        let start = model.tensors.firstIndex { $0.layer != nil } ?? 0
        return model.tensors[..<start] + sorted.map(\.element) + model.tensors[(start + layers.count)...]
    }

    /// A count that is kept as a tensor of one number.
    static func step(_ tensor: StoredTensor?, _ bytes: UnsafeRawBufferPointer) -> Int? {
        guard let tensor, let type = ElementType(rawValue: tensor.type), tensor.range.count >= type.width else {
            return nil
        }
        let part = UnsafeRawBufferPointer(rebasing: bytes[tensor.range])
        return type.decode(part, count: 1).first.flatMap { Int(exactly: $0) }
    }
}
