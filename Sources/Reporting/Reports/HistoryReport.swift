import TrainingLogs

/// What was read from the logs.
public struct HistoryReport: Codable, Sendable, Equatable {
    /// The id of the log format, such as `llm.c-python`; of several logs that of the first with a training loss.
    public var format: String
    /// Why that format was chosen, in one sentence; absent where nothing is to be said.
    public var formatReason: String?
    /// Records of the training loss, repeated steps and values that are not finite included.
    public var trainPoints: Int
    /// Records of the validation loss, repeated steps and values that are not finite included.
    public var validationPoints: Int
    /// The lowest step with a training loss, in the numbering of the log; absent without any.
    public var firstStep: Int?
    /// The highest step with a training loss, in the numbering of the log; absent without any.
    public var lastStep: Int?
    /// The training loss that was printed first, nats per token; absent without any.
    public var firstLoss: JSONNumber?
    /// The training loss that was printed last, nats per token; absent without any.
    public var lastLoss: JSONNumber?
    /// The smallest finite training loss, nats per token; absent without any.
    public var minimumLoss: JSONNumber?
    /// Records of the training loss that are NaN or infinite.
    public var nonFinitePoints: Int
    /// Contiguous runs of steps, at least 1; a resumed run has several.
    public var segments: Int
    /// What one printed training loss averages over: `step`, `micro-batch`, `interval`, `moving-average` or `unknown`.
    public var lossScope: String?
    /// The number printed for the first optimizer update.
    public var stepBase: Int?
    /// First and last step of each contiguous run of steps, both part of it; empty without a training loss.
    public var segmentSteps: [[Int]]
    /// Records by series: the names of the export, such as `train_loss`; only series that hold any.
    public var points: [String: Int]
    /// What the log prints of the configuration, by name.
    public var hyperparameters: [String: Int]
    /// Lines that are neither curve nor configuration and still matter, in order, the first hundred.
    public var events: [LogEventReport]
    /// What is wrong with the files themselves, although they could be read.
    public var notes: [String]

    /// Creates a document.
    public init(
        format: String,
        formatReason: String? = nil,
        trainPoints: Int,
        validationPoints: Int,
        firstStep: Int? = nil,
        lastStep: Int? = nil,
        firstLoss: JSONNumber? = nil,
        lastLoss: JSONNumber? = nil,
        minimumLoss: JSONNumber? = nil,
        nonFinitePoints: Int,
        segments: Int,
        lossScope: String? = nil,
        stepBase: Int? = nil,
        segmentSteps: [[Int]] = [],
        points: [String: Int] = [:],
        hyperparameters: [String: Int] = [:],
        events: [LogEventReport] = [],
        notes: [String] = []
    ) {
        self.format = format
        self.formatReason = formatReason
        self.trainPoints = trainPoints
        self.validationPoints = validationPoints
        self.firstStep = firstStep
        self.lastStep = lastStep
        self.firstLoss = firstLoss
        self.lastLoss = lastLoss
        self.minimumLoss = minimumLoss
        self.nonFinitePoints = nonFinitePoints
        self.segments = segments
        self.lossScope = lossScope
        self.stepBase = stepBase
        self.segmentSteps = segmentSteps
        self.points = points
        self.hyperparameters = hyperparameters
        self.events = events
        self.notes = notes
    }
}

/// A line of a log that is neither curve nor configuration and still matters: a traceback, a skipped update.
public struct LogEventReport: Codable, Sendable, Equatable {
    /// `traceback`, `skipped-update`, `resumed`, `checkpoint` or `hidden-non-finite`.
    public var kind: String
    /// The step that it belongs to or that was printed last before it; absent where none was.
    public var step: Int?
    /// The line of its log, from 1.
    public var line: Int
    /// The line's text without control characters, cut to 400 characters.
    public var text: String
    /// What a `traceback` says of the end of the run.
    public var ending: EndingReport?

    /// Creates a document.
    public init(kind: String, step: Int?, line: Int, text: String, ending: EndingReport? = nil) {
        self.kind = kind
        self.step = step
        self.line = line
        self.text = text
        self.ending = ending
    }

    /// An event of a log.
    public init(_ event: LogEvent) {
        self.init(
            kind: event.kind.rawValue,
            step: event.step,
            line: event.line,
            text: event.text,
            ending: event.ending.map(EndingReport.init)
        )
    }
}

/// What a line of a log says of the end of a run.
public struct EndingReport: Codable, Sendable, Equatable {
    /// The id of the rule that knows the line.
    public var rule: String
    /// What ended the run, by where it is mended.
    public var kind: EndingKind
    /// How it stands to the death of the run.
    public var role: LogEnding.Role
    /// The rank that printed the line or that it names.
    public var rank: Int?
    /// The node that it names.
    public var node: String?
    /// The file that it names.
    public var path: String?
    /// The exit status that it names; a signal is negative.
    public var exitStatus: Int?

    /// The ending of an event.
    public init(_ ending: LogEnding) {
        rule = ending.rule
        kind = ending.kind
        role = ending.role
        rank = ending.rank
        node = ending.node
        path = ending.path
        exitStatus = ending.exitStatus
    }
}
