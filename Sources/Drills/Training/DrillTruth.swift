import Diagnosis
import Terms

/// What a fault did: the truth an audit has to find.
struct DrillTruth: Encodable, Sendable, Equatable {
    /// Damaged data.
    struct Culprit: Encodable, Sendable, Equatable {
        var shard: String
        /// Tokens [first, end) in the shard.
        var tokens: [Int]
        /// Bytes [first, end) in the file.
        var bytes: [Int]
        /// Steps [first, last], in the numbering of the log.
        var steps: [Int]
    }

    var schema = "trainaudit.truth/1"
    var fault: String
    /// The cause an audit should rank first; absent for a healthy run.
    var cause: CauseKind?
    /// Other causes that are right too.
    var accepted: [CauseKind]
    /// The symptom to report, where no cause is to be named.
    var symptom: SymptomKind?
    /// The first step that the fault touches, in the numbering of the log.
    var onset: Int?
    var culprits: [Culprit]
}
