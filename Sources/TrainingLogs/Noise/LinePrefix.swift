extension ByteCursor {
    /// Steps over what launchers and loggers put in front of a line: `[rank0]: `, `[default7]:`, slurm's `0: `, a date
    /// and time, ` - name - INFO - `, `[titan]`.
    mutating func skipLinePrefix() {
        skipSpaces()
        for _ in 0..<4 where !skipBracketPrefix() && !skipRankPrefix() && !skipTimestamp() { break }
    }

    /// `[rank0]: `, `[0]:`, `[titan] `, `[2026-01-02 03:04:05]`.
    private mutating func skipBracketPrefix() -> Bool {
        guard current == 0x5B, !sees("[CUDA ERROR]") else { return false }
        var probe = self
        probe.position += 1
        let start = probe.position
        while probe.position - start < 40, probe.current != 0x5D, !probe.isAtEnd { probe.position += 1 }
        guard probe.take(0x5D) else { return false }
        let hadColon = probe.take(0x3A)
        guard hadColon || probe.current == 0x20 else { return false }
        probe.skipSpaces()
        self = probe
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

    /// `2026-01-02 03:04:05,678 - name - INFO - ` and shorter forms of it.
    private mutating func skipTimestamp() -> Bool {
        var probe = self
        func digits(_ count: Int) -> Bool {
            for offset in 0..<count where !probe.peek(offset).isDigit { return false }
            return true
        }
        guard digits(4), probe.peek(4) == 0x2D || probe.peek(4) == 0x2F, probe.peek(5).isDigit, probe.peek(6).isDigit
        else { return false }
        probe.position += 10
        guard probe.current == 0x20 || probe.current == 0x54, probe.peek(1).isDigit, probe.peek(3) == 0x3A else {
            return false
        }
        probe.position += 1
        while probe.current.isDigit || probe.current == 0x3A || probe.current == 0x2C || probe.current == 0x2E
            || probe.current == 0x5A
        { probe.position += 1 }
        probe.skipSpaces()
        if probe.take("- ") {
            // "name - LEVEL - message"
            var level = probe
            for _ in 0..<2 where level.seek(" - ") { probe = level }
        }
        self = probe
        return true
    }
}
