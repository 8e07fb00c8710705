import Terms

/// What ended a run, by where it is mended.
public enum EndingKind: String, Sendable, Codable, CaseIterable {
    /// Data that could not be decoded, or that ended too soon.
    case data
    /// The memory of a device was used up.
    case deviceMemory = "device-memory"
    /// The memory of the host, of its control group or of `/dev/shm` was used up.
    case hostMemory = "host-memory"
    /// A device failed: Xid, ECC, a lost device.
    case device = "device-fault"
    /// Code on a device failed: an assertion, an illegal address, a failed launch.
    case deviceCode = "device-code"
    /// A collective operation or a link between nodes failed.
    case network
    /// A disk, a file system or a checkpoint file failed.
    case storage
    /// The scheduler or the cluster took the run away.
    case scheduler
    /// The program itself failed.
    case program
    /// The trainer stopped at a value that is not finite.
    case numerics
    /// A person stopped the run, which is no failure.
    case interrupt
}

/// What a line says of the end of a run.
public struct LogEnding: Sendable, Equatable {
    /// How an ending stands to the death of the run.
    public enum Role: String, Sendable, Codable, CaseIterable {
        /// The first cause of the death that the log shows.
        case root
        /// Printed with the death and not its first cause.
        case follows
        /// The run went on behind it.
        case survived
        /// Printed after training was done.
        case afterTraining = "after-training"
    }

    /// The id of its rule in the table of endings.
    public var rule: String
    /// What ended the run.
    public var kind: EndingKind
    /// How it stands to the death of the run.
    public var role: Role
    /// The rank that printed it or that is named, where either is known.
    public var rank: Int?
    /// The node that is named.
    public var node: String?
    /// The file that is named.
    public var path: String?
    /// The exit status or, negative, the signal that is named.
    public var exitStatus: Int?
    /// How many other endings of the same rule were printed with it.
    public var repeats: Int
    /// Seconds on the clock of its line, within a year without leap days; only to compare lines.
    var time: Double?
    /// The traceback chain it ends a part of.
    var chain: Int?
    /// Whether it is the launcher's account of the first failure.
    var isAccount = false

    /// Creates an ending.
    public init(
        rule: String,
        kind: EndingKind,
        role: Role = .root,
        rank: Int? = nil,
        node: String? = nil,
        path: String? = nil,
        exitStatus: Int? = nil,
        repeats: Int = 0
    ) {
        self.rule = rule
        self.kind = kind
        self.role = role
        self.rank = rank
        self.node = node
        self.path = path
        self.exitStatus = exitStatus
        self.repeats = repeats
    }

    /// Whether a look-up beyond the end of a table or a list ended the run: a token that the vocabulary lacks does.
    public var isLookup: Bool { EndingRules.rule(rule)?.traits.contains(.lookup) ?? false }

    /// Whether ranks waited for one another: the ending says that, and not why.
    public var isHang: Bool { EndingRules.rule(rule)?.traits.contains(.hang) ?? false }

    /// Whether the line says only that a process ended, and with which signal.
    public var isOnlyExit: Bool { (EndingRules.rule(rule)?.weight ?? .exception) <= .signal }

    /// Whether the line gives the cause a name.
    public var namesCause: Bool { EndingRules.rule(rule)?.weight == .cause }

    /// What to do about it.
    public var remedy: Phrase { EndingRules.rule(rule)?.remedy ?? Phrase() }

    /// How grave it is where it ended the run.
    public var severity: Severity { kind == .interrupt ? .info : .failure }
}

extension LogEnding {
    /// The ending that a message names; one that no rule knows is an exception of the program.
    package init(text: String) {
        var text = text
        let ending = text.withUTF8 { bytes -> LogEnding? in
            let line = ByteCursor(UnsafeRawBufferPointer(bytes))
            return LogEnding(line, line, EndingWords.all.find(in: line))
        }
        self = ending ?? LogEnding(rule: EndingRules.exception, kind: .program)
    }

    /// The ending that a line names; `nil` where it says that a process ended well.
    /// - Parameters:
    ///   - line: The line from its first byte.
    ///   - message: The same line behind its prefix.
    ///   - found: What the line says.
    init?(_ line: ByteCursor, _ message: ByteCursor, _ found: EndingWords.Found) {
        var rule = found.rule.map { EndingRules.all[$0] } ?? EndingRules.pythonError
        var status: Int?
        if let place = found.status {
            guard let named = EndingDetails.status(in: line, at: place), named != 0 else { return nil }
            status = named
            rule = EndingRules.rule(EndingRules.rule(ofStatus: named)) ?? rule
        } else if found.rule == nil, EventRules.isKilled(message) {
            rule = EndingRules.rule(message.sees("Killed") ? EndingRules.killed : EndingRules.terminated) ?? rule
        }
        self.init(
            rule: rule.id,
            kind: rule.kind,
            rank: EndingDetails.rank(in: line),
            node: EndingDetails.node(in: line),
            path: rule.traits.contains(.names) ? EndingDetails.path(in: message) : nil,
            exitStatus: status
        )
        time = EndingClock.time(in: line)
    }
}

extension TrainingHistory {
    /// The ending that the run died of: the first that says why.
    public var death: LogEvent? { events.last { $0.ending?.role == .root } }
}
