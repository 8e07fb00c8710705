/// What was read from the logs.
public struct HistoryDocument: Codable, Sendable, Equatable {
    public var format: String
    public var formatReason: String?
    public var trainPoints: Int
    public var validationPoints: Int
    public var firstStep: Int?
    public var lastStep: Int?
    public var firstLoss: JSONNumber?
    public var lastLoss: JSONNumber?
    public var minimumLoss: JSONNumber?
    public var nonFinitePoints: Int
    public var segments: Int
    public var lossScope: String?
    /// The number printed for the first optimizer update.
    public var stepBase: Int?
    /// First and last step of each contiguous run of steps.
    public var segmentSteps: [[Int]]
    /// Points by series: the names of the export.
    public var points: [String: Int]
    /// What the log prints of the configuration, by name.
    public var hyperparameters: [String: Int]
    /// Lines that are neither curve nor configuration and still matter, in order, the first hundred.
    public var events: [LogEventDocument]
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
        events: [LogEventDocument] = [],
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
public struct LogEventDocument: Codable, Sendable, Equatable {
    public var kind: String
    public var step: Int?
    public var line: Int
    public var text: String

    /// Creates a document.
    public init(kind: String, step: Int?, line: Int, text: String) {
        self.kind = kind
        self.step = step
        self.line = line
        self.text = text
    }
}
