import ArgumentParser
import AuditPipeline
import Diagnosis
@preconcurrency import Dispatch
import Foundation
import Reporting
import Synchronization
import Terms

/// The contract of exit statuses.
enum ExitStatus {
    static let findings = ExitCode(1)
    static let incomplete = ExitCode(2)
    static let interrupted = ExitCode(130)

    /// What makes the exit status 1: findings from a severity on, or also that there is no verdict.
    enum Threshold: String, ExpressibleByArgument, CaseIterable {
        case info, warning, failure, undetermined, never

        /// What the option says of itself.
        static let help: ArgumentHelp = """
            The lowest severity of a finding that makes the exit status 1 (default: failure); `undetermined` also fails \
            where too little is known for a verdict. May be given twice: warning and undetermined.
            """

        /// Whether findings of a severity, or a verdict, fail the command.
        func isReached(by severity: Severity?, _ verdict: Verdict) -> Bool {
            let limit: Severity
            switch self {
            case .never: return false
            case .undetermined:
                if case .undetermined = verdict { return true }
                limit = .failure
            case .info: limit = .info
            case .warning: limit = .warning
            case .failure: limit = .failure
            }
            return severity.map { $0 >= limit } ?? false
        }
    }

    /// Ends a command with status 1 where one of its thresholds is reached; without any, `failure` is one.
    static func check(_ thresholds: [Threshold], _ severity: Severity?, _ verdict: Verdict) throws {
        let all = thresholds.isEmpty ? [.failure] : thresholds
        if all.contains(where: { $0.isReached(by: severity, verdict) }) { throw findings }
    }

    /// Runs a command's work. What makes it impossible is one message on standard error and status 2.
    static func run(_ work: () async throws -> Void) async throws {
        Interrupt.install()
        do {
            try await work()
        } catch let exit as ExitCode {
            throw exit
        } catch let error as ValidationError {
            throw error
        } catch {
            CommonOptions.printError(WorkflowText.inert("trainaudit: \(SafeText.block("\(error)"))\n"))
            // Where nothing was written, the annotation is all that a run's page shows of the reason.
            let annotation = GitHubAnnotations.failure("\(error)", environment: ProcessInfo.processInfo.environment)
            if let annotation { CommonOptions.printError(annotation + "\n") }
            throw incomplete
        }
    }
}

/// Ctrl-C ends the program at once with status 130. Temporary copies are removed; a partial file never has a final name.
/// Work that can keep what it has done asks for a moment: then the first signal is a wish, and the second ends the program.
enum Interrupt {
    /// Who is told of the first signal; `nil` where the first one ends the program.
    private static let listener = Mutex<Interruption?>(nil)

    private static let sources: [any DispatchSourceSignal] = [SIGINT, SIGTERM].map { number in
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler {
            if let told = listener.withLock({ $0 }), !told.isRequested {
                told.request()
                CommonOptions.printError("\ntrainaudit: stopping after this step; once more to stop at once\n")
                return
            }
            TemporaryFolder.removeAll()
            _exit(130)
        }
        source.activate()
        return source
    }

    static func install() {
        _ = sources.count
        // A closed pipe (`trainaudit … | head`) is an error of the write, not the death of the process.
        signal(SIGPIPE, SIG_IGN)
    }

    /// Runs work that stops soon after the first signal and keeps what it has done.
    static func withListener<T>(_ work: (Interruption) throws -> T) rethrows -> T {
        let interruption = Interruption()
        listener.withLock { $0 = interruption }
        defer { listener.withLock { $0 = nil } }
        return try work(interruption)
    }
}
