/// The machine-readable result of `trainaudit verify`.
public struct VerifyDocument: Codable, Sendable, Equatable {
    /// The schema of this document.
    public var schema = "trainaudit.verify/1"
    /// `healthy` or `anomalous`.
    public var verdict: String
    /// One entry a shard, in the order of the manifest.
    public var shards: [ShardDocument]
    /// What changed since the last run, where a ledger is kept.
    public var ledger: LedgerDocument?

    /// Creates a document.
    public init(verdict: String, shards: [ShardDocument], ledger: LedgerDocument? = nil) {
        self.verdict = verdict
        self.shards = shards
        self.ledger = ledger
    }
}

/// The verification of one shard.
public struct ShardDocument: Codable, Sendable, Equatable {
    /// The path relative to the shard folder.
    public var name: String
    /// `verified`, `unproved`, `missing`, `short`, `long`, `mismatch`, `malformed`, `unreadable`, `extra` or
    /// `repaired`.
    public var status: String
    /// The level of evidence behind the status: `none`, `size`, `structure`, `decode` or `digest`.
    public var level: String
    /// The expected digest or size, as text; absent where neither is known or was compared.
    public var expected: String?
    /// The digest or size that was found, as text; absent where it was not compared.
    public var actual: String?
    /// The file's size; absent where it could not be opened, and of a file that the manifest does not list.
    public var bytes: Int?
    /// The number of tokens, where the format tells.
    public var tokens: Int?
    /// Damaged byte ranges [first, end), as fine as they are known; empty where none are.
    public var damagedRanges: [[Int]]
    /// What was found, in words.
    public var detail: String
    /// What the content shows, at the level `decode`, and a copy of another shard at `digest` too; absent when nothing.
    public var findings: [ContentFindingDocument]?
    /// Why a baseline silences the damage; absent for damage that counts.
    public var accepted: AcceptanceDocument?

    /// Creates a document.
    public init(
        name: String,
        status: String,
        level: String,
        expected: String? = nil,
        actual: String? = nil,
        bytes: Int? = nil,
        tokens: Int? = nil,
        damagedRanges: [[Int]] = [],
        detail: String = "",
        findings: [ContentFindingDocument] = [],
        accepted: AcceptanceDocument? = nil
    ) {
        self.findings = findings.isEmpty ? nil : findings
        self.name = name
        self.status = status
        self.level = level
        self.expected = expected
        self.actual = actual
        self.bytes = bytes
        self.tokens = tokens
        self.damagedRanges = damagedRanges
        self.detail = detail
        self.accepted = accepted
    }

    /// Whether the status is a proof of damage.
    public var isDamaged: Bool { Self.isDamaged(status) }

    /// Whether a status is a proof of damage.
    package static func isDamaged(_ status: String) -> Bool {
        ["missing", "short", "long", "mismatch", "malformed", "unreadable"].contains(status)
    }
}

/// Something that a shard's content shows.
public struct ContentFindingDocument: Codable, Sendable, Equatable {
    /// `undecodable`, `invalid-text`, `outside-vocabulary`, `zero-run`, `token-run`, `odd-byte-shift`,
    /// `repeated-block`, `duplicate-shard`, `missing-delimiters` or `entropy-outlier`.
    public var kind: String
    /// `warning` or `failure`.
    public var severity: String
    /// Byte range [first, end) of the file, or of what a packed file unpacks to.
    public var bytes: [Int]
    /// Token range [first, end), for shards of tokens; absent where the finding names none.
    public var tokens: [Int]?
    /// What was found, in words.
    public var detail: String

    /// Creates a document.
    public init(kind: String, severity: String, bytes: [Int], tokens: [Int]? = nil, detail: String) {
        self.kind = kind
        self.severity = severity
        self.bytes = bytes
        self.tokens = tokens
        self.detail = detail
    }
}

/// The machine-readable result of `trainaudit trace`.
public struct TraceDocument: Codable, Sendable, Equatable {
    /// The schema of this document.
    public var schema = "trainaudit.trace/1"
    /// The traced step, in the numbering of the log; absent unless it is a single one.
    public var step: Int?
    /// The loader whose arithmetic was used.
    public var loader: String
    /// The data that fed the step, or the data asked for.
    public var spans: [SpanDocument]
    /// Half-open step ranges, in the numbering of the log: for `--shard` those that read the span, for `--epoch` that
    /// of the pass; absent otherwise.
    public var steps: [[Int]]?
    /// What was assumed.
    public var notes: [String]
    /// The pass over the data, from 1, where it is known.
    public var epoch: Int?
    /// How far the step is from where a new shard begins.
    public var boundary: BoundaryDocument?
    /// What a model saw, for `--show`.
    public var rows: [ShownRowDocument]?

    /// Creates a document.
    public init(step: Int? = nil, loader: String, spans: [SpanDocument], steps: [[Int]]? = nil, notes: [String] = []) {
        self.step = step
        self.loader = loader
        self.spans = spans
        self.steps = steps
        self.notes = notes
    }
}

/// The nearest step at which a shard begins to be read, and how often that coincides with a spike at all.
public struct BoundaryDocument: Codable, Sendable, Equatable {
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
public struct ShownRowDocument: Codable, Sendable, Equatable {
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

/// A piece of data that fed a step.
public struct SpanDocument: Codable, Sendable, Equatable {
    /// The step that it fed, in the numbering of the log; absent where a span was asked about and not a step.
    public var step: Int?
    /// The shard's name.
    public var shard: String
    /// The rank that read it, from 0; 0 where a span was asked about.
    public var rank: Int
    /// The micro-step within the optimizer step, from 0; 0 where a span was asked about.
    public var microStep: Int
    /// Token range [first, end) in the shard, the last target included; of documents or samples where ``unit`` says so.
    public var tokens: [Int]
    /// Byte range [first, end) in the file, its header counted.
    public var bytes: [Int]
    /// `exact`, `interval` or `unknown`.
    public var confidence: String
    /// Why it is not exact; absent where it is.
    public var reason: String?
    /// `documents` or `samples` where ``tokens`` counts those; absent where it counts tokens.
    public var unit: String?
    /// Of one document, the range [first, end) of its own tokens that was fed, the one that begins it being 0; absent
    /// where it is not known.
    public var documentTokens: [Int]?

    /// Creates a document.
    public init(
        step: Int? = nil,
        shard: String,
        rank: Int,
        microStep: Int,
        tokens: [Int],
        bytes: [Int],
        confidence: String,
        reason: String? = nil,
        unit: String? = nil,
        documentTokens: [Int]? = nil
    ) {
        self.step = step
        self.shard = shard
        self.rank = rank
        self.microStep = microStep
        self.tokens = tokens
        self.bytes = bytes
        self.confidence = confidence
        self.reason = reason
        self.unit = unit
        self.documentTokens = documentTokens
    }
}
