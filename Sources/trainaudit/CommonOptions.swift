import ArgumentParser
import AuditPipeline
import Foundation
import Logging
import Reporting
import TrainingLogs

/// The form of standard output.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case text, json
}

/// Options that every command has.
struct CommonOptions: ParsableArguments {
    @Option(help: "The form of standard output.")
    var format: OutputFormat = .text

    @Flag(name: .shortAndLong, help: "No progress on standard error.")
    var quiet = false

    @Flag(name: .shortAndLong, help: "Say on standard error what is done and why.")
    var verbose = false

    /// How text is written to standard output: colour only on a terminal and when NO_COLOR is not set.
    var style: TerminalStyle {
        let environment = ProcessInfo.processInfo.environment
        let isTerminal = isatty(STDOUT_FILENO) == 1
        let wantsColor = (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
        return TerminalStyle(hasColor: isTerminal && wantsColor, width: Self.width(environment, isTerminal: isTerminal))
    }

    /// The columns to fill: what COLUMNS says, or the terminal itself, else 100; 40 to 200.
    private static func width(_ environment: [String: String], isTerminal: Bool) -> Int {
        var columns = environment["COLUMNS"].flatMap(Int.init) ?? 0
        if columns <= 0, isTerminal {
            var size = winsize()
            if ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 { columns = Int(size.ws_col) }
        }
        return columns > 0 ? min(max(columns, 40), 200) : 100
    }

    /// Progress on standard error.
    var progress: StandardErrorProgress { StandardErrorProgress(isQuiet: quiet) }

    /// Messages on standard error, only with --verbose.
    var logger: Logger {
        var logger = Logger(label: "trainaudit") { label in StreamLogHandler.standardError(label: label) }
        logger.logLevel = verbose ? .debug : .warning
        return logger
    }

    /// Writes to standard output. A full disk is an error; a reader that has seen enough (`trainaudit … | head`) is told
    /// nothing more, and the status stays that of the work.
    static func print(_ text: String) throws {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes(writeToStandardOutput)
            if written >= 0 {
                bytes = bytes.dropFirst(written)
                continue
            }
            let number = errno
            if number == EINTR { continue }
            if number == EAGAIN {
                var ready = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
                _ = poll(&ready, 1, -1)
                continue
            }
            if number == EPIPE { return }
            throw AuditError("standard output cannot be written (\(String(cString: strerror(number)))).")
        }
    }

    /// Writes to standard error; that nobody reads it is no reason to stop.
    static func printError(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }

    /// Says on standard error what of a log is not looked at.
    static func noteRuns(of history: TrainingHistory) {
        guard let text = history.otherRunsText else { return }
        let line = SafeText.line("\(text), which is not shown; `trainaudit diagnose` judges it", limit: 400)
        printError(WorkflowText.inert("trainaudit: \(line)\n"))
    }

    /// Writes a result: the report as JSON, in a voice where it holds sentences of the diagnosis, or the text.
    func write(_ report: some Encodable, voice: Voice = Voice(), text: (TerminalStyle) -> String) throws {
        switch format {
        case .json: try Self.print(WorkflowText.inert(json: try JSONOutput.encode(report, voice: voice)))
        case .text: try Self.print(WorkflowText.inert(text(style)))
        }
    }
}

/// One call of the system, outside of the type above, whose own `write` would be found first.
private func writeToStandardOutput(_ bytes: UnsafeRawBufferPointer) -> Int {
    write(STDOUT_FILENO, bytes.baseAddress, bytes.count)
}

/// How many cores to use.
struct WorkerOptions: ParsableArguments {
    @Option(name: [.customShort("j"), .long], help: "Shards read, or rows replayed, at once (default: all cores).")
    var workers: Int?

    var count: Int { max(1, min(workers ?? ProcessInfo.processInfo.activeProcessorCount, 256)) }

    func validate() throws {
        if let workers, workers < 1 { throw ValidationError("--workers: \(workers); expected at least 1.") }
    }
}
