import Foundation
import Pickle

extension OptimizerFolderForm {
    /// DeepSpeed's ZeRO stages 1 and 2, of all ranks.
    static let deepSpeed = OptimizerFolderForm(inspect: DeepSpeedOptimizer.inspect)
}

/// DeepSpeed's `global_step3/zero_pp_rank_0_mp_rank_00_optim_states.pt`: what one rank of ZeRO stage 1 or 2 keeps of Adam, as
/// one flat row of fp32 for each group of parameters. `param_slice_mappings` says which stretch belongs to which tensor; a
/// tensor may go on in the next rank's row.
///
/// Source: microsoft/DeepSpeed, deepspeed/runtime/zero/stage_1_and_2.py (state_dict), 0.19.
private enum DeepSpeedOptimizer {
    /// Looks at the states beside a checkpoint; `nil` when there are none. Where the rows do not
    /// tell how the matrices lie, as a GPT-2's do not, the moments are looked at and not put together. Files that cannot be read are noted.
    static func inspect(_ folder: OptimizerFolder) -> OptimizerInspection? {
        let (checkpoint, updatesDone) = (folder.checkpoint, folder.updatesDone)
        guard let place = place(folder.path, folder.names, updatesDone: updatesDone) else { return nil }
        let files = place.files.map { place.folder + "/" + $0 }
        var inspection = OptimizerInspection(files: files)
        let ranks = place.files.compactMap(rank)
        guard ranks.sorted() == Array(0..<files.count), place.files.allSatisfy({ $0.contains("mp_rank_00") }) else {
            inspection.unchecked = [.ranksMissing]
            return inspection
        }
        guard checkpoint.description.parameterCount <= OptimizerInspection.largestModel else {
            inspection.unchecked = [.tooLarge(mostParameters: OptimizerInspection.largestModel)]
            return inspection
        }
        var whole = Whole(checkpoint.description)
        for (rank, path) in zip(ranks, files).sorted(by: { $0.0 < $1.0 }) {
            do throws(ReplayError) {
                let file = try FileMapping(path)
                try file.read { bytes throws(ReplayError) in
                    try inspectRank(bytes, path: path, rank: rank, into: &inspection, &whole)
                }
            } catch {
                inspection.unchecked.append(.unreadable(error))
            }
        }
        inspection.compareUpdates(with: updatesDone)
        if checkpoint.description.isLaidOutAsStored, inspection.unchecked.isEmpty {
            inspection.state = whole.state(updatesDone: inspection.updatesDone, path: files[0])
        }
        return inspection
    }

    /// The folder of states that goes with a checkpoint: the one of its updates, or the last.
    private static func place(
        _ folder: String,
        _ names: [String],
        updatesDone: Int?
    ) -> (folder: String, files: [String])? {
        let steps = names.compactMap { name in
            name.hasPrefix("global_step") ? Int(name.dropFirst("global_step".count)).map { ($0, name) } : nil
        }
        let chosen = steps.first { $0.0 == updatesDone } ?? steps.max { $0.0 < $1.0 }
        let place = chosen.map { folder + "/" + $0.1 } ?? folder
        let all = (try? FileManager.default.contentsOfDirectory(atPath: place)) ?? []
        let files = all.filter { $0.hasSuffix("_optim_states.pt") }.sorted { ($0.utf8.count, $0) < ($1.utf8.count, $1) }
        return files.isEmpty ? nil : (place, files)
    }

    /// The number after `zero_pp_rank_`.
    private static func rank(_ name: String) -> Int? {
        guard let at = name.range(of: "zero_pp_rank_") else { return nil }
        return Int(name[at.upperBound...].prefix { ("0"..."9").contains($0) })
    }

    private static func inspectRank(
        _ bytes: UnsafeRawBufferPointer,
        path: String,
        rank: Int,
        into inspection: inout OptimizerInspection,
        _ whole: inout Whole
    ) throws(ReplayError) {
        let contents = try TorchArchive.open(bytes, path: path)
        let graph = contents.graph
        var reader = contents.reader
        guard let root = graph.value(graph.root, "optimizer_state_dict"),
            let groups = graph.value(root, "param_slice_mappings").flatMap({ graph.items($0) }),
            let state = graph.value(root, "base_optimizer_state").flatMap({ graph.value($0, "state") })
        else {
            let name = URL(fileURLWithPath: path).lastPathComponent
            inspection.unchecked.append(.noSlices(file: name))
            return
        }
        var entries: [Int: Int] = [:]
        for pair in graph.pairs(state) ?? [] { entries[graph.int(pair.key) ?? -1] = pair.value }
        for (number, group) in groups.enumerated() {
            // A rank without a share of a group has no entry for it.
            guard let entry = entries[number], let first = graph.value(entry, "exp_avg"),
                let second = graph.value(entry, "exp_avg_sq")
            else { continue }
            if let step = graph.value(entry, "step") {
                var count = graph.int(step)
                if count == nil { count = TorchOptimizer.step(try reader.tensor(step, name: "step"), bytes) }
                inspection.updatesDone = max(inspection.updatesDone ?? 0, count ?? 0)
            }
            let moments = [
                try row(first, "exp_avg", number, bytes, path: path, &reader),
                try row(second, "exp_avg_sq", number, bytes, path: path, &reader),
            ]
            for pair in graph.pairs(group) ?? [] {
                guard let name = graph.text(pair.key), let start = graph.value(pair.value, "start").flatMap(graph.int),
                    let count = graph.value(pair.value, "numel").flatMap(graph.int)
                else {
                    throw .malformedHeader(path: path, detail: "a stretch of group \(number) has no start and numel")
                }
                guard start >= 0, count >= 0, moments.allSatisfy({ start <= $0.count && count <= $0.count - start })
                else {
                    let detail = "the moments of \(name) reach from \(start) for \(count) beyond group \(number)"
                    throw .malformedHeader(path: path, detail: detail)
                }
                let range = start..<start + count
                let owner = MomentOwner(.named(name), rank: rank)
                inspection.problems += check(moments[0][range], moments[1][range], owner)
                inspection.checked += 2 * count
                whole.append(moments[0][range], moments[1][range], of: name)
            }
        }
    }

    private static func check(
        _ first: ArraySlice<Float>,
        _ second: ArraySlice<Float>,
        _ owner: MomentOwner
    ) -> [WeightProblem] {
        first.withUnsafeBufferPointer { first in
            second.withUnsafeBufferPointer { second in
                MomentCheck.problems(first: first, second: second, owner: owner, isTrained: true)
            }
        }
    }

    /// The flat moments of a group.
    private static func row(
        _ node: Int,
        _ key: String,
        _ group: Int,
        _ bytes: UnsafeRawBufferPointer,
        path: String,
        _ reader: inout TensorReader
    ) throws(ReplayError) -> [Float] {
        let name = "\(key) of group \(group)"
        guard let tensor = try reader.tensor(node, name: name) else { throw .missingTensor(path: path, name: name) }
        guard let type = ElementType(rawValue: tensor.type), tensor.strides == nil, tensor.shape.count == 1 else {
            throw .unsupportedElementType(path: path, name: name, type: "\(tensor.type) \(tensor.shape)")
        }
        let part = UnsafeRawBufferPointer(rebasing: bytes[tensor.range])
        return type.decode(part, count: part.count / type.width)
    }
}

/// Moments put together from stretches in the order of the ranks.
private struct Whole {
    private let model: TransformerDescription
    private let tensors: [String: ParameterTensor]
    private var moments: [[Float]]
    private var filled: [String: Int] = [:]

    init(_ model: TransformerDescription) {
        self.model = model
        tensors = Dictionary(model.tensors.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let count = model.isLaidOutAsStored ? model.parameterCount : 0
        moments = [[Float](repeating: 0, count: count), [Float](repeating: 0, count: count)]
    }

    mutating func append(_ first: ArraySlice<Float>, _ second: ArraySlice<Float>, of name: String) {
        guard let tensor = tensors[name], model.isLaidOutAsStored else { return }
        let done = filled[name] ?? 0
        filled[name] = done + first.count
        guard done + first.count <= tensor.range.count else { return }
        let start = tensor.range.lowerBound + done
        moments[0].replaceSubrange(start..<start + first.count, with: first)
        moments[1].replaceSubrange(start..<start + second.count, with: second)
    }

    /// `nil` unless every tensor is there, whole and once.
    func state(updatesDone: Int?, path: String) -> OptimizerState? {
        guard filled.count == tensors.count, tensors.allSatisfy({ filled[$0.key] == $0.value.range.count }) else {
            return nil
        }
        return OptimizerState(firstMoment: moments[0], secondMoment: moments[1], updatesDone: updatesDone, path: path)
    }
}

extension TransformerDescription {
    /// Whether the matrices of all files lie as they do here.
    fileprivate var isLaidOutAsStored: Bool { architecture.orientations == nil }
}
