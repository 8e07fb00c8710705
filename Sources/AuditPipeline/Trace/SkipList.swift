import DataOrder
import Foundation
import Reporting
import Terms

/// A list of data to leave out, in a form that a trainer or a script can use.
public enum SkipList: String, Sendable, CaseIterable {
    /// Lightning's `skip_batches.json`: a JSON array of `batch_idx`, micro-batches counted from 0 in each epoch. Lightning's
    /// `SpikeDetection` writes the file and leaves skipping to the data set.
    /// Source: `lightning/fabric/utilities/spike.py` of 2026-07.
    case lightning
    /// Megatron-LM's `--iterations-to-skip`: iterations as its log numbers them, from 1.
    /// Source: `megatron/training/training.py` of 2026-08.
    case megatron
    /// The numbers of samples in the data set, one a line: OLMo's instances as in `global_indices.npy`, samples of MosaicML
    /// and litdata. OLMo and OLMo-core read no list of their own (as of 2026-06); their index file can be made without them.
    case samples
    /// Shard, first token and end of each range, separated by tabs; for data sets that take a range list.
    case tokens
    /// As `tokens`, in bytes of the file.
    case bytes

    /// Writes the list for some steps, in the numbering of the log.
    /// - Parameters:
    ///   - steps: The steps to leave out.
    ///   - map: The map of the run.
    ///   - areTraced: Whether the steps were themselves found by the map, and are no surer than it.
    public func text(steps: [Range<Int>], map: DataMap, areTraced: Bool = false) throws -> String {
        if areTraced, let doubt = map.doubt, steps.contains(where: { $0.upperBound > doubt.step }) {
            throw AuditError("--skip-list: from step \(doubt.step) on the mapping is unknown: \(doubt.reason).")
        }
        switch self {
        case .lightning:
            var batches: [Int] = []
            for step in steps.joined() {
                if let epoch = map.epoch(ofStep: step), epoch > 1 {
                    throw AuditError(
                        "--skip-list lightning: step \(step) is in pass \(epoch) over the data, and Lightning counts batches "
                            + "anew in each; expected a step of the first pass, or --skip-list tokens."
                    )
                }
                let update = map.update(ofStep: step)
                let accumulation = map.loader.geometry(ofUpdate: update).accumulation
                batches += update * accumulation..<(update + 1) * accumulation
            }
            return "[" + batches.map(String.init).joined(separator: ", ") + "]\n"
        case .megatron:
            return "--iterations-to-skip " + steps.joined().map(String.init).joined(separator: " ") + "\n"
        case .samples:
            return try samples(steps, map).map { "\($0)\n" }.joined()
        case .tokens, .bytes:
            return try ranges(steps, map)
        }
    }

    private func samples(_ steps: [Range<Int>], _ map: DataMap) throws -> [Int] {
        var found = Set<Int>()
        for step in steps.joined() {
            guard try map.microBatches(step: step).allSatisfy({ $0.confidence == .exact }),
                let numbers = try map.loader.sampleNumbers(update: map.update(ofStep: step))
            else {
                throw AuditError(
                    "--skip-list samples: the loader \(map.loaderID) does not number the samples that step \(step) read; "
                        + "use --skip-list tokens."
                )
            }
            found.formUnion(numbers)
        }
        return found.sorted()
    }

    private func ranges(_ steps: [Range<Int>], _ map: DataMap) throws -> String {
        var found: [Int: [Range<Int>]] = [:]
        for step in steps.joined() {
            for span in try map.microBatches(step: step).flatMap(\.spans) {
                guard span.confidence != .unknown else {
                    throw AuditError("step \(step): what it read is not known, so it cannot be listed as data to skip.")
                }
                found[span.shard, default: []].append(self == .tokens ? span.tokens : span.bytes)
            }
        }
        var lines: [String] = []
        for shard in found.keys.sorted() {
            for range in RangeSet(found[shard] ?? []).ranges {
                lines.append("\(map.loader.shards[shard].name)\t\(range.lowerBound)\t\(range.upperBound)")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
