/// Reads the account that `torchrun` gives of the first failure: rank, host, exit code and, where the program was told to
/// record it, the traceback.
struct LauncherAccount {
    private(set) var rank: Int?
    private(set) var node: String?
    private(set) var status: Int?
    private(set) var time: Double?
    private(set) var message: String?
    private var lines = 0

    private static let mostLines = 40

    /// Reads a line; false when the account is over.
    mutating func read(_ line: ByteCursor) -> Bool {
        lines += 1
        var text = line
        text.position = 0
        guard lines < Self.mostLines, !text.seek("======") else { return false }
        text.position = 0
        if let value = value(of: "rank ", in: text) {
            var number = value
            rank = rank ?? number.integer()
        } else if let value = value(of: "host ", in: text) {
            node = value.plainText(limit: 64)
        } else if let value = value(of: "exitcode ", in: text) {
            var number = value
            status = number.integer()
        } else if let value = value(of: "time ", in: text) {
            time = EndingClock.time(in: value)
        } else if let value = value(of: "traceback :", in: text), !value.sees("To enable traceback") {
            message = value.plainText(limit: 300)
        }
        return true
    }

    /// What stands behind the colon of a field; `local_rank:` within the value of `rank` is no field.
    private func value(of field: StaticString, in line: ByteCursor) -> ByteCursor? {
        var probe = line
        guard probe.seek(field) else { return nil }
        let start = probe.position - field.utf8CodeUnitCount
        guard start == 0 || line.bytes[start - 1] == 0x20 else { return nil }
        probe.skipSpaces()
        _ = probe.take(":")
        probe.skipSpaces()
        return probe.rest
    }

    /// The account as an event.
    func event(line: Int, step: Int?) -> LogEvent? {
        guard let status, status != 0 else { return nil }
        let rule = EndingRules.rule(ofStatus: status)
        var ending = LogEnding(
            rule: rule,
            kind: EndingRules.rule(rule)?.kind ?? .program,
            role: .follows,
            rank: rank,
            node: node,
            exitStatus: status
        )
        ending.time = time
        ending.isAccount = true
        let place = (rank.map { "rank \($0): " } ?? "") + "exit code \(status)"
        let text = place + (message.map { ": \($0)" } ?? "")
        return LogEvent(kind: .traceback, step: step, line: line, text: text, ending: ending)
    }
}
