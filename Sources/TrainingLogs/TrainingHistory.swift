import Terms

/// What a training log says about a run: its curves, what the numbers mean, and what else was printed.
///
/// Steps are in the numbering of the log. Every series keeps its records as printed and in order, repeats and
/// non-finite values included; ``Series/merged()`` gives the one curve a reader would draw.
public struct TrainingHistory: Sendable, Equatable {
    /// The id of the log format that was recognised, for example `llm.c-python`.
    public var format: String
    /// Why that format was chosen, in one sentence.
    public var formatReason: String
    /// The number printed for the first optimizer update: 0 for nanoGPT, 1 for llm.c.
    public var stepBase: Int
    /// What the printed training loss averages over.
    public var lossScope: LossScope
    /// Training loss in nats per token, as printed.
    public var train: Series
    /// Of a printed moving average the loss of each step, one value a step; nil where ``train`` is not an average, or does
    /// not allow to undo it.
    public var rawTrain: Series?
    /// Validation loss; nats per token unless ``validationUnit`` says otherwise.
    public var validation: Series
    /// The lowest validation loss of the whole run, where the log names it (fairseq): an excerpt may not hold it.
    public var bestValidation: Double?
    /// The unit of ``validation``.
    public var validationUnit: LossUnit
    /// Learning rate as applied, or the multiplier of the peak when ``learningRateIsMultiplier``.
    public var learningRate: Series
    /// Whether ``learningRate`` holds multipliers of the peak and not absolute rates (nanochat prints only these).
    public var learningRateIsMultiplier: Bool
    /// Global gradient norm before clipping.
    public var gradientNorm: Series
    /// Loss scale of mixed-precision training.
    public var lossScale: Series
    /// The other series of the log: times, throughput, memory, norms and what else has a canonical name.
    public var series = SeriesTable()
    /// The contiguous runs of steps the log holds; a resumed run has several.
    public var segments: [Segment]
    /// What the log prints of the configuration.
    public var hyperparameters: Hyperparameters
    /// What the log prints of the geometry, line by line; ``hyperparameters`` holds what comes of it.
    var ledger = SettingsLedger()
    /// What the records show of the tokens of a step.
    public var stepTokens: [StepTokens] = []
    /// The run that was read, where a folder or a database was given: its place in it.
    public var origin: String?
    /// What the run's own configuration says of settings of `audit.yaml`, each with its source, where a tracker or the trainer
    /// kept it.
    public var settings: [RecordedSetting] = []
    /// Lines that are neither curve nor configuration and still matter: tracebacks, skipped updates.
    public var events: [LogEvent]
    /// Where the data loader stood, as far as the log prints it (nanochat).
    public var dataPositions: [DataPosition] = []
    /// The records of ``train`` with which a process resumes without going back to an earlier step, rising: those behind a
    /// line that says so, and the first of another file of the log. Where steps go back, ``segments`` has it.
    public var resumeRecords: [Int] = []
    /// Where the log goes on with other runs, see ``runs``; empty for nearly every log.
    public var runStarts: [RunStart] = []
    /// The run that a report is about, from 1, where it was chosen.
    public var chosenRun: Int?
    /// Which run of its log this is; nil where the log holds one.
    public var place: RunPlace?
    /// See ``HistoryBuilder/hasMicroBatches``.
    var hasMicroBatches = false
    /// The lines of the log.
    public var lines: Int?
    /// The file that the first run stands in, where the runs stand in several.
    public var file: String?
    /// Whether it says before its first record that it goes on from a checkpoint; of one of several logs.
    var resumesFirst = false
    /// Whether its first step starts from trained weights, so that its first loss is not that of guessing.
    public var startsTrained = false
    /// The lines that look like records and were not read; `nil` when every such line was read.
    public var unread: UnreadRecords?
    /// Whether the log ends between lines of NCCL: where ranks wait for one another, nothing more is printed.
    public var endsAmongCollectives = false
    /// What is wrong with the file itself, although it could be read: packed data that end early, records whose
    /// checksum does not agree. One sentence each.
    public var notes: [String]

    /// Creates a history; everything that the log did not say may be left out.
    public init(
        format: String,
        formatReason: String = "",
        stepBase: Int = 0,
        lossScope: LossScope = .unknown,
        train: Series = Series(),
        rawTrain: Series? = nil,
        validation: Series = Series(),
        validationUnit: LossUnit = .nats,
        learningRate: Series = Series(),
        learningRateIsMultiplier: Bool = false,
        gradientNorm: Series = Series(),
        lossScale: Series = Series(),
        segments: [Segment] = [],
        hyperparameters: Hyperparameters = Hyperparameters(),
        events: [LogEvent] = [],
        notes: [String] = []
    ) {
        self.format = format
        self.formatReason = formatReason
        self.stepBase = stepBase
        self.lossScope = lossScope
        self.train = train
        self.rawTrain = rawTrain
        self.validation = validation
        self.validationUnit = validationUnit
        self.learningRate = learningRate
        self.learningRateIsMultiplier = learningRateIsMultiplier
        self.gradientNorm = gradientNorm
        self.lossScale = lossScale
        self.segments = segments
        self.hyperparameters = hyperparameters
        self.events = events
        self.notes = notes
    }
}

extension TrainingHistory {
    /// The steps with which a process resumed, in the order of the log: where it goes back, and where it says so.
    package var resumedSteps: [Int] {
        let back = segments.dropFirst().map(\.records.lowerBound)
        return Set(back + resumeRecords).sorted().filter(train.steps.indices.contains).map { train.steps[$0] }
    }
}

/// A contiguous run of steps in a log.
public struct Segment: Sendable, Equatable {
    /// The first and the last step of the segment, as printed.
    public var steps: ClosedRange<Int>
    /// The records of ``TrainingHistory/train`` that belong to it.
    public var records: Range<Int>

    /// Creates a segment.
    public init(steps: ClosedRange<Int>, records: Range<Int>) {
        self.steps = steps
        self.records = records
    }
}

/// Where nanochat's data loader stood: its line's step, the pass over the files from 1, the file and its row group.
public struct DataPosition: Sendable, Equatable {
    public var step: Int
    public var epoch: Int
    public var file: Int
    public var rowGroup: Int
}

/// A line that is neither curve nor configuration and still matters.
public struct LogEvent: Sendable, Equatable {
    /// What kind of line it is.
    public enum Kind: String, Sendable, Codable {
        /// A traceback, a fatal error, or what a launcher, a scheduler or a kernel says of the end of a process: see
        /// ``LogEvent/ending``.
        case traceback
        /// The trainer skipped an optimizer update.
        case skippedUpdate = "skipped-update"
        /// The trainer resumed from a checkpoint.
        case resumed
        /// The trainer wrote a checkpoint.
        case checkpoint
        /// The loss field of a record is missing or was replaced because it was not finite.
        case hiddenNonFinite = "hidden-non-finite"
    }

    /// What kind of line it is.
    public var kind: Kind
    /// The step it belongs to (the last one printed before it), if any was printed.
    public var step: Int?
    /// The 1-based line in the log.
    public var line: Int
    /// The text, cut to 400 characters; control characters removed.
    public var text: String
    /// What a ``Kind/traceback`` says of the end of the run.
    public var ending: LogEnding?

    /// Creates an event; the ending of a traceback is read from its text where it is not given.
    public init(kind: Kind, step: Int?, line: Int, text: String, ending: LogEnding? = nil) {
        self.kind = kind
        self.step = step
        self.line = line
        self.text = text
        self.ending = ending ?? (kind == .traceback ? LogEnding(text: text) : nil)
    }
}
