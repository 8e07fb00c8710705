import Reporting

/// Ranges of steps for people.
enum StepText {
    /// `586–600, 1286–1300 and 3 more ranges`; input is half-open.
    static func list(_ ranges: [Range<Int>], limit: Int = 4) -> String {
        let sorted = ranges.sorted { $0.lowerBound < $1.lowerBound }
        let shown = sorted.prefix(limit).map { range in
            range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound - 1)"
        }
        let rest = sorted.count - shown.count
        return shown.joined(separator: ", ") + (rest > 0 ? " and \(rest) more ranges" : "")
    }
}

/// Ranges of bytes for people.
enum ByteText {
    /// `bytes 63,024..<77,424 and 2 more ranges`.
    static func ranges(_ ranges: [Range<Int>], limit: Int = 2) -> String {
        let shown = ranges.prefix(limit).map {
            "\(NumberText.grouped($0.lowerBound))..<\(NumberText.grouped($0.upperBound))"
        }
        let rest = ranges.count - shown.count
        return "bytes " + shown.joined(separator: ", ") + (rest > 0 ? " and \(rest) more ranges" : "")
    }
}

extension String {
    /// The text with its first letter in lower case.
    var lowercasedFirst: String { prefix(1).lowercased() + dropFirst() }
    /// The text with its first letter in upper case.
    var uppercasedFirst: String { prefix(1).uppercased() + dropFirst() }
}
