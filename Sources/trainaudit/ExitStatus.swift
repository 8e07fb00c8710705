import ArgumentParser
import AuditPipeline
import Diagnosis
@preconcurrency import Dispatch
import Foundation
import Reporting

/// The contract of exit statuses.
enum ExitStatus {
    static let findings = ExitCode(1)
    static let incomplete = ExitCode(2)

    /// From which severity on findings fail the command.
    enum Threshold: String, ExpressibleByArgument, CaseIterable {
        case info, warning, failure, never

        /// Whether findings of a severity fail the command.
        func isReached(by severity: Severity?) -> Bool {
            guard let severity, let limit = Severity(rawValue: rawValue) else { return false }
            return severity >= limit
        }
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
            CommonOptions.printError(WorkflowText.inert("trainaudit: \(error)\n"))
            throw incomplete
        }
    }
}

/// Ctrl-C ends the program at once with status 130. Temporary copies are removed; a partial file never has a final name.
enum Interrupt {
    private static let sources: [any DispatchSourceSignal] = [SIGINT, SIGTERM].map { number in
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler {
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
}
