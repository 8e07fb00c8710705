import Foundation
import Pickle

extension OptimizerForm {
    /// nanochat's `optim_000100_rank0.pt`, one for each rank.
    static let nanochat = OptimizerForm(
        beginning: "optim",
        suffix: "pt",
        matches: { source in
            source.checkpoint.description.architecture.optimizer == .muon && source.path.hasSuffix(".pt")
                && !source.isModel
        },
        inspect: { source throws(ReplayError) in
            try NanochatOptimizer.inspect(source.paths, of: source.checkpoint, updatesDone: source.updatesDone)
        }
    )
}

/// nanochat's `optim_000100_rank0.pt`: what one rank keeps of AdamW for embeddings, head and scalars, and of Muon for the
/// matrices. Large tensors of AdamW are cut along their rows; matrices of one shape are stacked and dealt to the ranks. The
/// parts are looked at one by one.
///
/// Source: karpathy/nanochat, nanochat/optim.py and gpt.py (setup_optimizer), October 2025 to July 2026. Until 2026-01-29
/// the file holds two states, and Muon's are not stacked; until 2025-11-13 only rank 0 saved its own.
private enum NanochatOptimizer {
    static func inspect(
        _ paths: [String],
        of checkpoint: Checkpoint,
        updatesDone: Int?
    ) throws(ReplayError) -> OptimizerInspection {
        var inspection = OptimizerInspection(files: paths)
        var ranks: [Int] = []
        for (index, path) in paths.enumerated() {
            let rank = rank(ofFile: path) ?? index
            ranks.append(rank)
            let file = try FileMapping(path)
            let part = try file.read { bytes throws(ReplayError) in
                var part = Part(bytes, path: path, rank: rank, ranks: paths.count, model: checkpoint.description)
                try part.inspect()
                return part
            }
            inspection.problems += part.problems
            inspection.checked += part.checked
            inspection.unchecked += part.unchecked
            guard let updates = part.updatesDone else { continue }
            if let known = inspection.updatesDone, known != updates {
                let figures = WeightProblem.Figures.updatesOfRank(rank, updates: updates, before: known)
                inspection.problems.append(WeightProblem(subject: .optimizer, figures: figures))
            }
            inspection.updatesDone = inspection.updatesDone ?? updates
        }
        if ranks.sorted() != Array(0..<paths.count) {
            inspection.unchecked.append(.otherRanks(than: ranks.sorted()))
        }
        inspection.compareUpdates(with: updatesDone)
        return inspection
    }

    /// The number after `rank`.
    private static func rank(ofFile path: String) -> Int? {
        let name = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
        guard let at = name.range(of: "_rank") else { return nil }
        return Int(name[at.upperBound...])
    }
}

/// One rank's file.
private struct Part {
    let bytes: UnsafeRawBufferPointer
    let path: String
    let rank: Int
    let ranks: Int
    let model: TransformerDescription
    var problems: [WeightProblem] = []
    var checked = 0
    var unchecked: [UncheckedOptimizer] = []
    var updatesDone: Int?
    private var isPartial = false

    init(_ bytes: UnsafeRawBufferPointer, path: String, rank: Int, ranks: Int, model: TransformerDescription) {
        self.bytes = bytes
        self.path = path
        self.rank = rank
        self.ranks = ranks
        self.model = model
    }

    private var file: String { URL(fileURLWithPath: path).lastPathComponent }

    mutating func inspect() throws(ReplayError) {
        let contents = try TorchArchive.open(bytes, path: path)
        let graph = contents.graph
        var reader = contents.reader
        // A list of two until both became one optimizer.
        var seen = 0
        for state in graph.items(graph.root) ?? [graph.root] {
            guard let entries = graph.value(state, "state"), let groups = graph.value(state, "param_groups") else {
                continue
            }
            seen += 1
            try inspect(graph, entries: entries, groups: groups, &reader)
        }
        guard seen > 0 else {
            throw .unknownFormat(
                path: path,
                detail: "a PyTorch file without the `state` and `param_groups` of an optimizer"
            )
        }
        if updatesDone == nil, checked == 0 { unchecked.append(.noUpdate(file: file)) }
    }

    private mutating func inspect(
        _ graph: PickleGraph,
        entries: Int,
        groups: Int,
        _ reader: inout TensorReader
    ) throws(ReplayError) {
        var node: [Int: Int] = [:]
        for pair in graph.pairs(entries) ?? [] {
            if let number = graph.int(pair.key) { node[number] = pair.value }
        }
        var scalars = adamNames
        for group in graph.items(groups) ?? [] {
            let numbers = (graph.value(group, "params").flatMap { graph.items($0) } ?? []).compactMap(graph.int)
            for (place, number) in numbers.enumerated() {
                // Before anything is known of it a parameter of AdamW takes its place among the names.
                let entry = node[number]
                let isMuon =
                    entry.map { graph.value($0, "momentum_buffer") != nil } ?? (graph.value(group, "momentum") != nil)
                if isMuon {
                    if let entry { try inspectMuon(graph, entry, place: place, of: numbers.count, &reader) }
                } else {
                    let tensor = scalars.isEmpty ? .parameter(number) : MomentOwner.Tensor.named(scalars.removeFirst())
                    if let entry { try inspectAdam(graph, entry, of: tensor, &reader) }
                }
            }
        }
    }

    /// The tensors of AdamW in the order in which nanochat lists them.
    private var adamNames: [String] {
        let names = model.tensors.map(\.name)
        let others = ["resid_lambdas", "x0_lambdas", "smear_gate.weight", "smear_lambda", "backout_lambda"]
        let tables = names.filter { $0.hasPrefix("value_embeds.") }
        return (["lm_head.weight", "transformer.wte.weight"] + tables + others).filter(names.contains)
    }

    private mutating func inspectAdam(
        _ graph: PickleGraph,
        _ entry: Int,
        of tensor: MomentOwner.Tensor,
        _ reader: inout TensorReader
    ) throws(ReplayError) {
        if let step = graph.value(entry, "step") {
            var count = graph.int(step)
            if count == nil { count = TorchOptimizer.step(try reader.tensor(step, name: "step"), bytes) }
            updatesDone = max(updatesDone ?? 0, count ?? 0)
        }
        guard let first = try moment(graph, entry, .mean, of: tensor, &reader),
            let second = try moment(graph, entry, .square, of: tensor, &reader)
        else { return }
        let own = model.tensors.first { .named($0.name) == tensor }
        guard first.shape == second.shape, own.map({ fits(first.shape, $0.shape) }) ?? true else {
            throw .wrongShape(
                path: path,
                name: "exp_avg of \(MomentOwner(tensor).name)",
                expected: own?.shape ?? first.shape,
                actual: first.shape == second.shape ? first.shape : second.shape
            )
        }
        if let rows = own?.shape[0], rows > first.shape[0] * ranks, !isPartial {
            isPartial = true
            unchecked.append(.otherParts(saved: rows / first.shape[0], here: ranks))
        }
        let owner = MomentOwner(tensor, rank: ranks > 1 ? rank : nil)
        first.values.withUnsafeBufferPointer { first in
            second.values.withUnsafeBufferPointer { second in
                problems += MomentCheck.problems(first: first, second: second, owner: owner, isTrained: true)
            }
        }
    }

    /// Whether a shape is that of a tensor, or of equal parts of it along its rows.
    private func fits(_ shape: [Int], _ whole: [Int]) -> Bool {
        guard shape.count == whole.count, shape.dropFirst() == whole.dropFirst() else { return false }
        return shape[0] > 0 && whole[0] % shape[0] == 0
    }

    /// The state of a stack of matrices, or of one.
    private mutating func inspectMuon(
        _ graph: PickleGraph,
        _ entry: Int,
        place: Int,
        of group: Int,
        _ reader: inout TensorReader
    ) throws(ReplayError) {
        for kind in [Moment.momentum, .secondMomentum] {
            guard let moment = try moment(graph, entry, kind, of: .matrices, &reader), moment.shape.count >= 2 else {
                continue
            }
            let isStack = moment.shape.count == 3
            let count = isStack ? moment.shape[0] : 1
            let size = moment.values.count / max(count, 1)
            let names = matrices(of: graph, entry, like: Array(moment.shape.suffix(2)), group: group, &reader)
            for index in 0..<count {
                let position = isStack ? rank * count + index : place
                // What the last ranks have beyond the last matrix is padding.
                guard !isStack || names.isEmpty || position < names.count else { break }
                let tensor =
                    names.indices.contains(position)
                    ? .named(names[position]) : MomentOwner.Tensor.matrix(position, ofShape: moment.shape)
                moment.values[index * size..<(index + 1) * size].withUnsafeBufferPointer { values in
                    problems += MomentCheck.problems(values, kind, owner: MomentOwner(tensor), isTrained: true)
                }
            }
        }
    }

    /// The matrices of a group in the order of the model: those of one shape or, until 2025-11, of one size.
    private func matrices(
        of graph: PickleGraph,
        _ entry: Int,
        like shape: [Int],
        group: Int,
        _ reader: inout TensorReader
    ) -> [String] {
        var shape = shape
        // Averages of squares are kept for rows or columns; the momentum beside them has the whole shape.
        if let node = graph.value(entry, "momentum_buffer"), let whole = try? reader.tensor(node, name: "") {
            shape = Array(whole.shape.suffix(2))
        }
        let all = model.tensors.filter { $0.layer != nil && $0.group != .embedding && $0.shape.count == 2 }
        let alike = all.filter { $0.shape == shape }
        let size = shape.reduce(1) { $0.multipliedReportingOverflow(by: $1).partialValue }
        let chosen = alike.count == group ? alike : all.filter { $0.range.count == size }
        return chosen.count == group ? chosen.map(\.name) : []
    }

    /// A moment's values; `nil` where there is none, or one that cannot be read, which is noted.
    private mutating func moment(
        _ graph: PickleGraph,
        _ entry: Int,
        _ moment: Moment,
        of owner: MomentOwner.Tensor,
        _ reader: inout TensorReader
    ) throws(ReplayError) -> (shape: [Int], values: [Float])? {
        let owner = MomentOwner(owner)
        guard let node = graph.value(entry, moment.rawValue),
            let tensor = try reader.tensor(node, name: "\(moment.rawValue) of \(owner.name)")
        else { return nil }
        guard let type = ElementType(rawValue: tensor.type), tensor.strides == nil else {
            unchecked.append(.unreadMoment(moment, of: owner, file: file, type: tensor.type))
            return nil
        }
        let part = UnsafeRawBufferPointer(rebasing: bytes[tensor.range])
        let values = type.decode(part, count: part.count / type.width)
        checked += values.count
        return (tensor.shape, values)
    }
}
