import DataOrder
import Foundation
import Reporting

/// A list of data to leave out, in a form that a trainer or a script can use.
public enum SkipList: String, Sendable, CaseIterable {
    /// Lightning's `skip_batches.json`: a JSON array of batch numbers, micro-batches counted from 0.
    case lightning
    /// Megatron-LM's `--iterations-to-skip`: iterations as its log numbers them.
    case megatron
    /// Shard, first token and end of each range, separated by tabs; for data sets that take a range list.
    case tokens
    /// As `tokens`, in bytes of the file.
    case bytes

    /// Writes the list for some steps, in the numbering of the log.
    public func text(steps: [Range<Int>], map: DataMap) throws -> String {
        switch self {
        case .lightning:
            var batches: [Int] = []
            for step in steps.joined() {
                let update = map.update(ofStep: step)
                let accumulation = map.loader.geometry(ofUpdate: update).accumulation
                batches += update * accumulation..<(update + 1) * accumulation
            }
            return "[" + batches.map(String.init).joined(separator: ", ") + "]\n"
        case .megatron:
            return "--iterations-to-skip " + steps.joined().map(String.init).joined(separator: " ") + "\n"
        case .tokens, .bytes:
            return try ranges(steps, map)
        }
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
