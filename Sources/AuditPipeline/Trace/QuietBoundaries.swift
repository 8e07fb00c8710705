import Diagnosis
import TrainingLogs

/// How often a run crosses into another shard and nothing happens: what a boundary near an event is worth.
package enum QuietBoundaries {
    /// How far a suspect step may be from a boundary to count as there.
    private static let reach = -2...2

    /// How many boundaries have no suspect step of any event within two steps.
    /// - Parameters:
    ///   - steps: The first steps of the shards.
    ///   - suspects: The suspect steps of all events of the run; those of one alone would call every other boundary quiet.
    /// - Complexity: O(*n*) in the number of boundaries.
    package static func count(_ steps: some Sequence<Int>, suspects: Set<Int>) -> Int {
        steps.count { step in reach.allSatisfy { !suspects.contains(step.addingStep($0)) } }
    }
}
