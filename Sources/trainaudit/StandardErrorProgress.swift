import AuditPipeline
import Foundation
import Reporting
import Synchronization

/// Progress on standard error: a line that is redrawn on a terminal, plain lines elsewhere.
final class StandardErrorProgress: ProgressReporter {
    private struct State {
        var stage = ""
        var total: Int?
        var done = 0
        var begin = ContinuousClock.now
        var lastDrawn = ContinuousClock.now
    }

    /// Whether nothing is shown, so that no total is needed either.
    let isQuiet: Bool
    private let isTerminal: Bool
    private let state = Mutex(State())

    init(isQuiet: Bool) {
        self.isQuiet = isQuiet
        isTerminal = isatty(STDERR_FILENO) == 1
    }

    func begin(_ stage: String, total: Int?) {
        guard !isQuiet else { return }
        let stage = SafeText.line(stage)
        state.withLock { $0 = State(stage: stage, total: total) }
        if isTerminal { write("\r\u{1b}[K\(stage) …") } else { write("\(stage)\n") }
    }

    func advance(by amount: Int) {
        guard !isQuiet else { return }
        let line = state.withLock { state -> String? in
            state.done += amount
            let now = ContinuousClock.now
            // Ten times a second on a terminal, every half minute in a log.
            guard now - state.lastDrawn > (isTerminal ? .milliseconds(100) : .seconds(30)) else { return nil }
            state.lastDrawn = now
            return describe(state, at: now)
        }
        if let line { write(isTerminal ? "\r\u{1b}[K\(line)" : "\(line)\n") }
    }

    func end() {
        if !isQuiet, isTerminal { write("\r\u{1b}[K") }
    }

    private func describe(_ state: State, at now: ContinuousClock.Instant) -> String {
        let seconds =
            Double((now - state.begin).components.seconds)
            + Double((now - state.begin).components.attoseconds) / 1e18
        let rate = seconds > 0 ? Double(state.done) / seconds : 0
        // Work is told in bytes or in pieces (batches, drills); nobody waits for so few bytes.
        let isBytes = state.total.map { $0 >= 100_000 } ?? true
        var line = "\(state.stage): \(isBytes ? size(Double(state.done)) : String(state.done))"
        if let total = state.total, total > 0 {
            let share = Int(100 * min(1, Double(state.done) / Double(total)))
            line += " of \(isBytes ? size(Double(total)) : String(total)) (\(share) %)"
            if isBytes { line += ", \(size(rate))/s" }
            if rate > 0 { line += ", \(Int(Double(max(0, total - state.done)) / rate)) s left" }
        }
        return line
    }

    private func size(_ bytes: Double) -> String {
        let units = ["B", "kB", "MB", "GB", "TB"]
        var value = bytes
        var unit = 0
        while value >= 1000, unit < units.count - 1 {
            value /= 1000
            unit += 1
        }
        return String(format: unit == 0 ? "%.0f %@" : "%.1f %@", value, units[unit])
    }

    private func write(_ text: String) {
        CommonOptions.printError(WorkflowText.inert(text))
    }
}
