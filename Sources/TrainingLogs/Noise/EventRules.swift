/// Which lines are events.
enum EventRules {
    /// The kind of event a line is, read from behind its prefix.
    static func kind(of text: ByteCursor) -> LogEvent.Kind? {
        if text.sees("skipping update due to") || text.sees("Gradient overflow.") { return .skippedUpdate }
        if isResume(text) { return .resumed }
        return isCheckpoint(text) ? .checkpoint : nil
    }

    /// Whether a line is all that a shell says of a process that was ended.
    static func isKilled(_ text: ByteCursor) -> Bool {
        var probe = text
        guard probe.take("Killed") || probe.take("Terminated") else { return false }
        _ = probe.take(": 9") || probe.take(": 15")
        probe.skipSpaces()
        return probe.isAtEnd
    }

    /// Whether a line is source code: a frame of a traceback that another rank's lines have torn apart.
    static func isSource(_ text: ByteCursor) -> Bool {
        text.sees("raise ") || text.sees("except ") || text.sees("File \"") || text.sees("assert ") || text.sees("# ")
            || text.sees("return ")
    }

    /// `package.NameError: message` at the start of a line.
    static func isException(_ text: ByteCursor) -> Bool {
        var probe = text
        guard probe.current.isLetter else { return false }
        let start = probe.position
        while probe.current.isLetter || probe.current.isDigit || probe.current == 0x2E || probe.current == 0x5F {
            probe.position += 1
        }
        guard probe.position - start <= 80, probe.take(": ") || (probe.isAtEnd && probe.position > start) else {
            return false
        }
        let isBare = probe.isAtEnd && probe.peek(-1).isLetter
        probe.position -= isBare ? 0 : 2
        func ends(_ word: StaticString) -> Bool {
            var tail = probe
            tail.position -= word.utf8CodeUnitCount
            return tail.position >= start && tail.sees(word)
        }
        return ends("Error") || ends("Exception") || ends("KeyboardInterrupt")
    }

    private static func isResume(_ text: ByteCursor) -> Bool {
        text.sees("Resuming training from") || text.sees("Resuming optimization from") || text.sees("Resuming from")
            || text.sees("resuming from") || text.sees("Continuing training from") || text.sees("Resume training from")
            || text.sees("successfully loaded checkpoint from") || text.sees("Restored all states from")
            || text.sees("Loading the checkpoint from") || text.sees("Restoring states from")
            || text.sees("Resuming at step")
    }

    private static func isCheckpoint(_ text: ByteCursor) -> Bool {
        text.sees("saving checkpoint") || text.sees("Saving checkpoint") || text.sees("Saving model checkpoint to")
            || text.sees("Writing checkpoint at") || text.sees("Writing model to") || text.sees("Saved model file to")
            || text.sees("Saved model parameters to") || text.sees("Saved model to")
            || text.sees("successfully saved checkpoint") || text.sees("Saved checkpoint")
    }

    /// The loss scale a skipped update falls back to: DeepSpeed's, apex's and fairseq's wording.
    static func reducedLossScale(in text: ByteCursor) -> Double? {
        var probe = text
        guard
            probe.seek("reducing to ") || probe.seek("reducing loss scale to ") || probe.seek("setting loss scale to: ")
        else { return nil }
        return probe.number()
    }
}
