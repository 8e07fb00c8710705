import Diagnosis
import Terms

/// Whether two findings of different audits are the same event: a longer log may move its edges a little.
package struct FindingMatch: Sendable, Equatable {
    /// The id without the step: a kind of symptom, or the whole id where it ends in no step.
    package var kind: String
    /// The first step, where the id has one.
    package var step: Int?

    /// Takes an id apart: `loss-spike-356` is kind `loss-spike` at step 356.
    package init(id: String) {
        if Finding.Origin.isDamage(id: id) {
            kind = id
        } else if let match = id.wholeMatch(of: #/(.+)-(\d+)(-run\d+)?/#), let step = Int(match.2) {
            // Another run of the same log starts its steps again.
            kind = String(match.1) + String(match.3 ?? "")
            self.step = step
        } else {
            kind = id
        }
    }

    /// Takes the id of a finding of this audit.
    package init(_ finding: Finding) {
        if case .event(let kind, let step) = finding.origin {
            self.kind = kind.rawValue + (finding.run.map { "-run\($0.number)" } ?? "")
            self.step = step
        } else {
            kind = finding.id
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

extension Finding.Origin {
    /// The origin that an id names, as far as a comparison with another audit needs it: `nil` but for one damaged shard.
    ///
    /// Reports of other versions and baselines hold ids; this is where they are read.
    static func damagedShard(id: String) -> String? {
        id.hasPrefix(shardPrefix) ? String(id.dropFirst(shardPrefix.count)) : nil
    }

    static let shardPrefix = Finding(.shard(name: ""), title: "", severity: .info).id

    /// Whether an id, of this or of an earlier report, is that of damage.
    static func isDamage(id: String) -> Bool { id.hasPrefix(shardPrefix) || id.hasPrefix("damaged-shards-") }
}

/// What two audits must both know of a finding to be compared.
protocol ComparedFinding {
    var id: String { get }
    /// The steps of the event.
    var coveredSteps: ClosedRange<Int>? { get }
    /// The damaged shards that the finding is of, one or many; empty for any other finding.
    var damagedShards: [String] { get }
}

extension Finding: ComparedFinding {
    var coveredSteps: ClosedRange<Int>? { steps }

    package var damagedShards: [String] {
        if case .shard(let name) = origin { [name] } else { shards }
    }
}

extension PreviousReport.Finding: ComparedFinding {
    var coveredSteps: ClosedRange<Int>? {
        firstStep.map { first in first...max(lastStep ?? first, first) }
    }

    var damagedShards: [String] { Finding.Origin.damagedShard(id: id).map { [$0] } ?? shards ?? [] }
}
