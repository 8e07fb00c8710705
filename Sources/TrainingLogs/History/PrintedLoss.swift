/// A number behind a name for a loss, wherever it stands in a line and whatever else the name says: `loss: 2.31`,
/// `denoiser_loss=0.4`, `the loss is 3.2`. Looser than any format: for lines that no format understands.
struct PrintedLoss {
    /// Where the name stands.
    var name: Range<Int>
    var value: Double

    /// The first printed training loss of a line; nil for a line without one, or one about an evaluation or about
    /// rewards, or is a progress bar.
    static func find(in line: ByteCursor) -> PrintedLoss? {
        var start = 0
        while let word = nextWord(in: line, from: start) {
            start = word
            let name = self.name(around: word, in: line)
            guard let value = value(behind: name, word: word, in: line) else { continue }
            return isOfSomethingElse(line) ? nil : PrintedLoss(name: name, value: value)
        }
        return nil
    }

    /// The index behind the next "loss" in any case. Looks for two letters S in a row, seven bytes at a time.
    private static func nextWord(in line: ByteCursor, from start: Int) -> Int? {
        let bytes = line.bytes
        let count = bytes.count
        var index = start
        while index < count {
            var end = min(index + 7, count - 1)
            if index + 8 <= count {
                let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self) | 0x2020_2020_2020_2020
                let other = word ^ 0x7373_7373_7373_7373
                let letters = (other &- 0x0101_0101_0101_0101) & ~other & 0x8080_8080_8080_8080
                if letters & (letters >> 8) == 0 {
                    index += 7
                    continue
                }
                end = index + 7
            }
            for last in index...end where isWord(endingAt: last, in: bytes, from: start) { return last + 1 }
            index += 7
        }
        return nil
    }

    @inline(__always)
    private static func isWord(endingAt last: Int, in bytes: UnsafeRawBufferPointer, from start: Int) -> Bool {
        last >= start + 3 && bytes[last] | 0x20 == 0x73 && bytes[last - 1] | 0x20 == 0x73
            && bytes[last - 2] | 0x20 == 0x6F
            && bytes[last - 3] | 0x20 == 0x6C
    }

    private static func name(around end: Int, in line: ByteCursor) -> Range<Int> {
        func belongs(_ byte: UInt8) -> Bool {
            byte.isLetter || byte.isDigit || [0x5F, 0x2D, 0x2E, 0x2F].contains(byte)
        }
        var low = end - 4
        while low > 0, belongs(line.bytes[low - 1]) { low -= 1 }
        var high = end
        while high < line.bytes.count, belongs(line.bytes[high]) { high += 1 }
        return low..<high
    }

    /// The number that follows the name.
    private static func value(behind name: Range<Int>, word end: Int, in line: ByteCursor) -> Double? {
        var cursor = line
        // "losses", "loss_scale", "loss-coefficient" are other things.
        if name.upperBound > end {
            guard [0x5F, 0x2D, 0x2E, 0x2F].contains(line.bytes[end]) else { return nil }
            let tail = line.slice(end + 1..<name.upperBound)
            if settings.contains(where: { tail.contains($0) }) { return nil }
        }
        cursor.position = name.upperBound
        _ = cursor.take(0x22) || cursor.take(0x27)
        cursor.skipSpaces()
        _ = cursor.take(0x3A) || cursor.take(0x3D) || cursor.take("is ")
        cursor.skipSpaces()
        _ = cursor.take(0x22) || cursor.take(0x27)
        let start = cursor.position
        guard let value = cursor.number() else { return nil }
        // A loss is printed with a fraction; "loss 0" is a count, a setting or source code.
        let isWhole = !line.bytes[start..<cursor.position].contains { !$0.isDigit && $0 != 0x2D }
        return isWhole ? nil : value
    }

    private static let settings: [StaticString] = [
        "scale", "scaling", "coef", "weight", "factor", "func", "type", "alpha", "ratio", "reduction", "threshold",
    ]

    private static func isOfSomethingElse(_ line: ByteCursor) -> Bool {
        if line.contains("it/s") || line.contains("s/it") || line.contains("eward") { return true }
        var isEvaluation = false
        var position = 0
        let bytes = line.bytes
        while position < bytes.count {
            guard bytes[position].isLetter else {
                position += 1
                continue
            }
            let start = position
            while position < bytes.count, bytes[position].isLetter { position += 1 }
            let word = line.slice(start..<position)
            if word.isOne(of: ["train", "training"]) { return false }
            if word.isOne(of: evaluations) { isEvaluation = true }
        }
        return isEvaluation
    }

    private static let evaluations: [StaticString] = [
        "val", "valid", "validation", "eval", "evaluation", "evaluating", "test", "dev", "valloss", "evalloss",
        "testloss",
        "best", "final", "lowest", "minimum",
    ]
}

extension ByteCursor {
    /// Whether the literal stands anywhere behind the position.
    func contains(_ literal: StaticString) -> Bool {
        var probe = self
        return probe.seek(literal)
    }

    /// Whether all of the bytes are one of some words in lower case.
    fileprivate func isOne(of words: [StaticString]) -> Bool {
        words.contains { word in
            guard word.utf8CodeUnitCount == bytes.count else { return false }
            return bytes.indices.allSatisfy { bytes[$0].lowercased == word.utf8Start[$0] }
        }
    }
}
