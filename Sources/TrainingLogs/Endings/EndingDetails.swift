/// What a line that names an ending says of its place: the rank, the node, the file, the exit status, the time.
///
/// Only lines with an ending are looked at, so nothing here is in the way of reading a log.
enum EndingDetails {
    /// The rank that a line is of or names: `[rank3]:`, `[Rank 3]`, `Rank 3:`, `[default3]:`, `[1,3]<stderr>:`, `3: `.
    static func rank(in line: ByteCursor) -> Int? {
        var probe = line.slice(0..<min(line.bytes.count, 400))
        while probe.seek("ank") {
            let start = probe.position - 4
            guard start >= 0, probe.bytes[start] | 0x20 == 0x72 else { continue }
            // `local_rank` counts within a node.
            if start > 0, probe.bytes[start - 1] == 0x5F || probe.bytes[start - 1].isLetter { continue }
            var number = probe
            while [0x20, 0x3A, 0x3D].contains(number.current) { number.position += 1 }
            if let rank = number.integer(), rank >= 0, rank < 10_000_000 { return rank }
        }
        var start = line
        start.position = 0
        if start.take("[default"), let rank = start.integer() { return rank }
        start.position = 0
        if start.take("[1,"), let rank = start.integer(), start.sees("]<std") { return rank }
        start.position = 0
        if let rank = start.integer(), rank >= 0, start.position <= 5, start.sees(": ") { return rank }
        return nil
    }

    /// The node that a line is of or names: Slurm's, Ray's, Megatron's, the kernel's, and that of `pdsh` before the line.
    static func node(in line: ByteCursor) -> String? {
        for words: StaticString in ["*** JOB ", "*** STEP "] {
            var probe = line
            probe.position = 0
            if probe.seek(words), probe.seek(" ON "), let name = name(&probe) { return name }
        }
        for words: StaticString in ["srun: error: ", "Node failure on ", ", node: ", ", node ", " ip=", "node_ip="] {
            var probe = line
            probe.position = 0
            if probe.seek(words), let name = name(&probe), name.contains(where: \.isNumber) { return name }
        }
        var kernel = line
        kernel.position = 0
        if EndingClock.month(&kernel) != nil, kernel.seek(":"), kernel.seek(" "), let name = name(&kernel),
            kernel.sees(" kernel")
        {
            return name
        }
        var start = line
        start.position = 0
        if let name = name(&start), start.sees(": "), name.contains(where: \.isNumber), name.contains(where: isMark) {
            return name
        }
        return nil
    }

    private static func isMark(_ character: Character) -> Bool { character == "." || character == "-" }

    /// A host name or an address at the position; nothing of one character.
    private static func name(_ probe: inout ByteCursor) -> String? {
        let start = probe.position
        while probe.current.isLetter || probe.current.isDigit || [0x2D, 0x2E, 0x5F].contains(probe.current),
            probe.position - start < 64
        { probe.position += 1 }
        guard probe.position - start > 1 else { return nil }
        return String(decoding: probe.bytes[start..<probe.position], as: UTF8.self)
    }

    /// The exit status behind the words for it: `137`, `-9`, Slurm's `0:9`.
    static func status(in line: ByteCursor, at place: Int) -> Int? {
        var probe = line
        probe.position = place
        probe.skipSpaces()
        guard let status = probe.integer() else { return nil }
        if status == 0, probe.take(":"), let signal = probe.integer(), signal > 0 { return -min(signal, 127) }
        return (-1 << 31..<1 << 31).contains(status) ? status : nil
    }

    /// The file that a message names: a quoted name with an ending or a folder, or an absolute path behind a colon.
    static func path(in text: ByteCursor) -> String? {
        for quote: UInt8 in [0x27, 0x22, 0x60] {
            var probe = text
            while true {
                let open = probe.index(of: quote)
                guard open < probe.bytes.count else { break }
                probe.position = open + 1
                let close = probe.index(of: quote)
                guard close < probe.bytes.count else { break }
                let name = UnsafeRawBufferPointer(rebasing: probe.bytes[open + 1..<close])
                if isFile(name) { return String(decoding: name, as: UTF8.self) }
                probe.position = close + 1
            }
        }
        var probe = text
        while probe.seek(" ") {
            guard probe.current == 0x2F else { continue }
            let start = probe.position
            while !probe.isAtEnd, ![0x20, 0x2C, 0x29, 0x27].contains(probe.current) { probe.position += 1 }
            var end = probe.position
            while end > start, [0x2E, 0x3A, 0x3B].contains(probe.bytes[end - 1]) { end -= 1 }
            let name = UnsafeRawBufferPointer(rebasing: probe.bytes[start..<end])
            if isFile(name) { return String(decoding: name, as: UTF8.self) }
        }
        return nil
    }

    /// Whether bytes look like the name of a file: no spaces, and a folder or an ending of letters and digits.
    private static func isFile(_ name: UnsafeRawBufferPointer) -> Bool {
        guard (3...1024).contains(name.count), !name.contains(where: { $0 <= 0x20 || $0 == 0x28 || $0 == 0x3C }) else {
            return false
        }
        if name.contains(0x2F) { return true }
        guard let dot = name.lastIndex(of: 0x2E), dot > 0, dot + 1 < name.count else { return false }
        let ending = name[(dot + 1)...]
        return ending.count <= 8 && ending.allSatisfy { $0.isLetter || $0.isDigit } && ending.contains { $0.isLetter }
    }
}
