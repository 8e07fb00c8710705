/// Whether two findings of different audits are the same event: a longer log may move its edges a little.
package struct FindingMatch: Sendable, Equatable {
    /// The id without the step: a kind of symptom, or the whole id where it ends in no step.
    package var kind: String
    /// The first step, where the id has one.
    package var step: Int?

    /// Takes an id apart: `loss-spike-356` is kind `loss-spike` at step 356.
    package init(id: String) {
        if id.hasPrefix(FindingDocument.damagedShardPrefix) || id.hasPrefix(FindingDocument.damagedShardsPrefix) {
            kind = id
        } else if let match = id.wholeMatch(of: #/(.+)-(\d+)(-stage\d+)?/#), let step = Int(match.2) {
            // Another stage of training in the same log counts its steps anew.
            kind = String(match.1) + String(match.3 ?? "")
            self.step = step
        } else {
            kind = id
        }
    }

    /// How far apart two events of one kind may begin and be the same: 50 steps, or 1 % of the step number.
    package static func tolerance(at step: Int) -> Int { max(50, Int(step.magnitude / 100)) }

    /// ``tolerance(at:)`` in words.
    package static let closeness = "within 50 steps or 1 % of the step"

    /// Steps between two events, 0 where one of them has none.
    package func distance(to other: FindingMatch) -> UInt {
        guard let step, let first = other.step else { return 0 }
        let distance = step.subtractingReportingOverflow(first)
        return distance.overflow ? .max : distance.partialValue.magnitude
    }

    /// Whether an event of this kind that covers these steps is the same.
    package func matches(_ other: FindingMatch, covering steps: ClosedRange<Int>?) -> Bool {
        guard kind == other.kind else { return false }
        guard let step, let first = other.step else { return self == other }
        if let steps, steps.contains(step) { return true }
        let distance = step.subtractingReportingOverflow(first)
        return !distance.overflow && distance.partialValue.magnitude <= Self.tolerance(at: step)
    }
}

extension FindingDocument {
    /// What the id of a finding of one damaged shard begins with; the shard's name follows.
    package static let damagedShardPrefix = "damaged-shard-"
    /// What the id of a finding of many damaged shards begins with; their state follows.
    package static let damagedShardsPrefix = "damaged-shards-"

    /// Whether the finding is of damaged shards, and not of what a curve, a checkpoint or the configuration shows.
    var isOfDamage: Bool { id.hasPrefix(Self.damagedShardPrefix) || id.hasPrefix(Self.damagedShardsPrefix) }

    /// The shard that a finding with this id is of; `nil` for any other.
    static func damagedShard(id: String) -> String? {
        id.hasPrefix(damagedShardPrefix) ? String(id.dropFirst(damagedShardPrefix.count)) : nil
    }
}

/// What two audits must both know of a finding to be compared.
protocol ComparedFinding {
    var id: String { get }
    var firstStep: Int? { get }
    var lastStep: Int? { get }
    var shards: [String]? { get }
}

extension ComparedFinding {
    /// The steps of the event.
    var coveredSteps: ClosedRange<Int>? {
        firstStep.map { first in first...max(lastStep ?? first, first) }
    }

    /// The damaged shards that the finding is of, one or many; empty for any other finding.
    var damagedShards: [String] { FindingDocument.damagedShard(id: id).map { [$0] } ?? shards ?? [] }
}

extension FindingDocument: ComparedFinding {}
extension PreviousReport.Finding: ComparedFinding {}
