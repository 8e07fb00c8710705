import Terms

/// nanoGPT's settings: `Overriding config with F:` and the text of that file, then `Overriding: n_layer = 3` for each option
/// of the command line, in the order in which they override one another.
struct NanoGPTSettings {
    /// Whether the lines of a configuration file follow. Source code looks alike: only a log that said so has them.
    private var isInFile = false

    /// Reads a line; false if it is none of these.
    mutating func read(_ text: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        var probe = text
        if probe.take("Overriding config with ") {
            isInFile = true
            history.history.hyperparameters.options["config"] = probe.rest.plainText(limit: 160)
            return true
        }
        let isOverride = probe.take("Overriding: ")
        if isOverride || text.sees("tokens per iteration") { isInFile = false }
        guard isOverride || isInFile, let name = probe.pythonName(), probe.takeEquals() else { return false }
        let options = history.history.hyperparameters.options
        let line = probe.rest.plainText(limit: 160)
        let value = line.prefix { !$0.isWhitespace && $0 != "#" && $0 != "," }
        if !value.isEmpty, options.count < 64 || options[name] != nil {
            history.history.hyperparameters.options[name] = value.filter { $0 != "'" && $0 != "\"" }
        }
        guard let quantity = Self.quantities[name] else { return isOverride }
        history.geometry(quantity, probe.configuredInteger(), .ordered)
        return true
    }

    /// What the options of nanoGPT are; its accumulation counts the micro-steps of all ranks.
    private static let quantities: [String: Quantity] = [
        "batch_size": .batch, "block_size": .sequence, "gradient_accumulation_steps": .accumulationOverRanks,
    ]
}

extension ByteCursor {
    /// A Python name, and the spaces behind it.
    fileprivate mutating func pythonName() -> String? {
        let start = position
        while current.isLetter || current == 0x5F || position > start && current.isDigit { position += 1 }
        guard position > start, position - start <= 64 else { return nil }
        let name = String(decoding: bytes[start..<position], as: UTF8.self)
        skipSpaces()
        return name
    }

    /// An equals sign that assigns, and the spaces behind it.
    fileprivate mutating func takeEquals() -> Bool {
        guard current == 0x3D, peek(1) != 0x3D else { return false }
        position += 1
        skipSpaces()
        return true
    }
}
