import Diagnosis
import Terms

/// The machine-readable result of `trainaudit verify`.
public struct VerifyReport: Encodable, Sendable, Equatable {
    /// The schema of this document.
    public var schema = "trainaudit.verify/2"
    /// What the verification came to.
    public var verdict: Verdict
    /// One entry a shard, in the order of the manifest.
    public var shards: [ShardReport]
    /// What changed since the last run, where a ledger is kept.
    public var ledger: LedgerReport?

    /// Creates a document.
    public init(verdict: Verdict, shards: [ShardReport], ledger: LedgerReport? = nil) {
        self.verdict = verdict
        self.shards = shards
        self.ledger = ledger
    }
}

/// The verification of one shard.
public struct ShardReport: Codable, Sendable, Equatable {
    private enum CodingKeys: String, CodingKey {
        case name, status, level, expected, actual, bytes, tokens, damagedRanges, detail, defects, provedOn
        case acceptance = "accepted"
    }

    /// The path relative to the shard folder.
    public var name: String
    /// The outcome.
    public var status: ShardStatus
    /// What the outcome rests on.
    public var level: EvidenceLevel
    /// The expected digest or size, as text; absent where neither is known or was compared.
    public var expected: String?
    /// The digest or size that was found, as text; absent where it was not compared.
    public var actual: String?
    /// The file's size; absent where it could not be opened, and of a file that the manifest does not list.
    public var bytes: Int?
    /// The number of tokens, where the format tells.
    public var tokens: Int?
    /// Damaged byte ranges [first, end), as fine as they are known; empty where none are.
    public var damagedRanges: [Range<Int>]
    /// What was found, in words.
    public var detail: String
    /// What is wrong inside its content, at the level `decode`, and a copy of another shard at `digest` too; absent when
    /// nothing.
    public var defects: [DefectReport]?
    /// The day on which an earlier run proved it, where a ledger is relied on; absent where this run read the file.
    public var provedOn: String?
    /// Why a baseline silences the damage; absent for damage that counts.
    public var acceptance: Acceptance?

    /// Creates a report.
    public init(
        name: String,
        status: ShardStatus,
        level: EvidenceLevel,
        expected: String? = nil,
        actual: String? = nil,
        bytes: Int? = nil,
        tokens: Int? = nil,
        damagedRanges: [Range<Int>] = [],
        detail: String = "",
        defects: [DefectReport] = [],
        provedOn: String? = nil,
        acceptance: Acceptance? = nil
    ) {
        self.name = name
        self.status = status
        self.level = level
        self.expected = expected
        self.actual = actual
        self.bytes = bytes
        self.tokens = tokens
        self.damagedRanges = damagedRanges
        self.detail = detail
        self.defects = defects.isEmpty ? nil : defects
        self.provedOn = provedOn
        self.acceptance = acceptance
    }

    /// Whether the status is a proof of damage.
    public var isDamaged: Bool { status.isDamaged }
}

/// What is wrong inside a shard's content.
public struct DefectReport: Codable, Sendable, Equatable {
    /// `undecodable`, `invalid-text`, `outside-vocabulary`, `zero-run`, `token-run`, `odd-byte-shift`,
    /// `repeated-block`, `duplicate-shard`, `missing-delimiters` or `entropy-outlier`.
    public var kind: String
    /// `warning` or `failure`.
    public var severity: Severity
    /// Byte range [first, end) of the file, or of what a packed file unpacks to.
    public var bytes: Range<Int>
    /// Token range [first, end), for shards of tokens; absent where the defect names none.
    public var tokens: Range<Int>?
    /// What was found, in words.
    public var detail: String

    /// Creates a report.
    public init(kind: String, severity: Severity, bytes: Range<Int>, tokens: Range<Int>? = nil, detail: String) {
        self.kind = kind
        self.severity = severity
        self.bytes = bytes
        self.tokens = tokens
        self.detail = detail
    }
}

/// The machine-readable result of `trainaudit trace`.
public struct TraceReport: Encodable, Sendable, Equatable {
    /// The schema of this document.
    public var schema = "trainaudit.trace/1"
    /// The traced step, in the numbering of the log; absent unless it is a single one.
    public var step: Int?
    /// The loader whose arithmetic was used.
    public var loader: String
    /// The data that fed the step, or the data asked for.
    public var spans: [TracedSpan]
    /// Half-open step ranges, in the numbering of the log: for `--shard` those that read the span, for `--epoch` that
    /// of the pass; absent otherwise.
    public var steps: [Range<Int>]?
    /// What was assumed.
    public var notes: [String]
    /// The pass over the data, from 1, where it is known.
    public var epoch: Int?
    /// How far the step is from where a new shard begins.
    public var boundary: NearestBoundary?
    /// What a model saw, for `--show`.
    public var rows: [ShownRow]?

    /// Creates a document.
    public init(step: Int? = nil, loader: String, spans: [TracedSpan], steps: [Range<Int>]? = nil, notes: [String] = [])
    {
        self.step = step
        self.loader = loader
        self.spans = spans
        self.steps = steps
        self.notes = notes
    }
}

/// The nearest step at which a shard begins to be read, and how often that coincides with a spike at all.
public struct NearestBoundary: Encodable, Sendable, Equatable {
    /// The first step that read the shard.
    public var step: Int
    /// The shard.
    public var shard: String
    /// The traced step less that step.
    public var distance: Int
    /// All boundaries up to the last step of the log.
    public var boundaries: Int
    /// Those with no suspect step within two steps, where there is a log to tell.
    public var quietBoundaries: Int?

    /// Creates a document.
    public init(step: Int, shard: String, distance: Int, boundaries: Int, quietBoundaries: Int?) {
        self.step = step
        self.shard = shard
        self.distance = distance
        self.boundaries = boundaries
        self.quietBoundaries = quietBoundaries
    }
}

/// A row of a batch, or a piece of a shard, as tokens and as text.
public struct ShownRow: Encodable, Sendable, Equatable {
    /// The shard's name.
    public var shard: String
    /// The rank that read it, from 0; 0 for `--shard`.
    public var rank: Int
    /// The micro-step within the optimizer step, from 0; 0 for `--shard`.
    public var microStep: Int
    /// The range [first, end) in the shard, in its unit.
    public var tokens: [Int]
    /// The tokens, cut to a length.
    public var ids: [Int]
    /// Tokens that were left out.
    public var omitted: Int
    /// The text, with control characters made visible; absent without a tokenizer.
    public var text: String?

    /// Creates a document.
    public init(
        shard: String,
        rank: Int,
        microStep: Int,
        tokens: [Int],
        ids: [Int],
        omitted: Int,
        text: String?
    ) {
        self.shard = shard
        self.rank = rank
        self.microStep = microStep
        self.tokens = tokens
        self.ids = ids
        self.omitted = omitted
        self.text = text
    }
}
