extension ByteCursor {
    /// Steps over what launchers, loggers and container runtimes put in front of a line, several of them in any order:
    /// `[rank0]: `, `[default7]:`, `[1,0]<stdout>:`, slurm's `0: `, `(worker pid=9) `, a date and time or seconds since
    /// 1970, Kubernetes' `stdout F `, Compose's `trainer-1  | `, ` - name - INFO - `, `INFO:root:`, `[titan]`.
    mutating func skipLinePrefix() {
        skipSpaces()
        for _ in 0..<6
        where !skipBracketPrefix() && !skipRankPrefix() && !skipTimestamp() && !skipStream() && !skipLevel()
            && !skipService()
        { break }
    }

    /// `[rank0]: `, `[0]:`, `[titan] `, `[2026-01-02 03:04:05]`, `[1,0]<stdout>:`, `(worker pid=9, ip=10.0.0.1) `.
    private mutating func skipBracketPrefix() -> Bool {
        let close: UInt8 = current == 0x28 ? 0x29 : 0x5D
        guard current == 0x5B || current == 0x28, !sees("[CUDA ERROR]") else { return false }
        var probe = self
        probe.position += 1
        // Ray's `(ActorWorker(train-1) pid=9)` has parentheses of its own before the process.
        guard close == 0x5D || probe.seekNear("pid=", within: 64) else { return false }
        let start = probe.position
        while probe.position - start < 64, probe.current != close, !probe.isAtEnd { probe.position += 1 }
        guard probe.take(close) else { return false }
        if !(probe.take("<stdout>") || probe.take("<stderr>")) {
            // "[date][level][place] message" has no space between.
            guard probe.current == 0x3A || probe.current == 0x20 || probe.current == 0x5B else { return false }
        }
        _ = probe.take(0x3A)
        probe.skipSpaces()
        self = probe
        return true
    }

    /// Moves behind words that begin within some bytes; stays where it is when they do not.
    private mutating func seekNear(_ words: StaticString, within reach: Int) -> Bool {
        var probe = slice(position..<min(bytes.count, position + reach))
        guard probe.seek(words) else { return false }
        position += probe.position
        return true
    }

    /// Slurm's `srun --label`: digits, a colon and a space.
    private mutating func skipRankPrefix() -> Bool {
        var probe = self
        let start = probe.position
        while probe.current.isDigit, probe.position - start < 5 { probe.position += 1 }
        guard probe.position > start, probe.take(": ") else { return false }
        probe.skipSpaces()
        self = probe
        return true
    }

    /// `2026-01-02 03:04:05,678 - name - INFO - ` and shorter forms of it; `1776142719.400 `.
    private mutating func skipTimestamp() -> Bool {
        var probe = self
        func digits(_ count: Int, at first: Int = 0) -> Bool {
            for offset in first..<first + count where !probe.peek(offset).isDigit { return false }
            return true
        }
        if digits(10), probe.peek(10) == 0x2E, probe.peek(11).isDigit {
            probe.position += 11
            while probe.current.isDigit { probe.position += 1 }
            guard probe.take(0x20) else { return false }
            probe.skipSpaces()
            self = probe
            return true
        }
        if digits(4), probe.peek(4) == 0x2D || probe.peek(4) == 0x2F, digits(2, at: 5) {
            probe.position += 10
        } else if digits(2), probe.peek(2) == 0x2F, digits(2, at: 3) {
            probe.position += probe.peek(5) == 0x2F ? 6 : 5  // 10/17/2025, 08/16
            while probe.current.isDigit { probe.position += 1 }
        } else {
            return false
        }
        guard probe.current == 0x20 || probe.current == 0x54, probe.peek(1).isDigit, probe.peek(3) == 0x3A else {
            return false
        }
        probe.position += 1
        while probe.current.isDigit || probe.current == 0x3A || probe.current == 0x2C || probe.current == 0x2E
            || probe.current == 0x5A || (probe.current == 0x2B && probe.peek(1).isDigit)
        { probe.position += 1 }
        probe.skipSpaces()
        if probe.take("- ") {
            // "name - LEVEL - message"
            var level = probe
            for _ in 0..<2 where level.seek(" - ") { probe = level }
        } else if probe.take("| ") {
            // "LEVEL | name | message"
            var level = probe
            for _ in 0..<2 where level.seek(" | ") && level.position - probe.position < 64 { probe = level }
        }
        self = probe
        return true
    }

    /// The container runtime's `stdout F `.
    private mutating func skipStream() -> Bool {
        guard sees("std") else { return false }
        return take("stdout F ") || take("stderr F ") || take("stdout P ") || take("stderr P ")
    }

    /// Python's logging without a format: `INFO:root:message`, `INFO: message`, `INFO message`.
    private mutating func skipLevel() -> Bool {
        guard current == 0x49 || current == 0x44 || current == 0x57 else { return false }
        var probe = self
        guard probe.take("INFO") || probe.take("DEBUG") || probe.take("WARNING") else { return false }
        if probe.take(0x3A), probe.current.isLetter {
            let colon = probe.index(of: 0x3A)
            guard colon - probe.position < 40, colon < probe.bytes.count else { return false }
            probe.position = colon + 1
        } else {
            _ = probe.take(" -") || probe.take(" |")
            guard probe.current == 0x20 else { return false }
        }
        probe.skipSpaces()
        self = probe
        return true
    }

    /// Compose's `trainer-1  | `: a word with a number at its end, spaces and a bar.
    private mutating func skipService() -> Bool {
        guard current.isLetter else { return false }
        var probe = self
        while probe.current.isLetter || probe.current.isDigit || probe.current == 0x2D || probe.current == 0x5F,
            probe.position - position < 40
        { probe.position += 1 }
        guard probe.peek(-1).isDigit, probe.current == 0x20 else { return false }
        probe.skipSpaces()
        guard probe.take("| ") else { return false }
        self = probe
        return true
    }

    /// Whether a rank may stand in front of the line, by its first character.
    var mayHaveRank: Bool { current == 0x5B || current == 0x28 || current.isDigit || current == 0x20 }

    /// The number of the process that printed the line, in front of it: `[rank3]:`, `[default7]:`, `[1,0]<stdout>:`,
    /// slurm's `3: `, `(worker pid=9) `; nil for a line without one.
    var rank: Int? {
        var probe = self
        for _ in 0..<4 {
            probe.skipSpaces()
            let isBracket = probe.current == 0x5B || probe.current == 0x28
            if isBracket { probe.position += 1 }
            let start = probe.position
            var digits: Range<Int>?
            while !probe.isAtEnd, probe.position - start < 64, probe.current != 0x5D, probe.current != 0x29,
                isBracket || probe.current.isDigit
            {
                let first = digits?.upperBound == probe.position ? digits?.lowerBound : nil
                if probe.current.isDigit { digits = (first ?? probe.position)..<(probe.position + 1) }
                probe.position += 1
            }
            guard isBracket ? probe.current == 0x5D || probe.current == 0x29 : probe.sees(": ") else { return nil }
            let isProcess = probe.current == 0x29
            if isBracket { probe.position += 1 }
            let isLast = digits?.upperBound == probe.position - (isBracket ? 1 : 0)
            if probe.current == 0x3A || probe.sees("<std") || isProcess, let digits, isLast || isProcess {
                var number = slice(digits.prefix(9).lowerBound..<digits.prefix(9).upperBound)
                return number.integer()
            }
        }
        return nil
    }
}
