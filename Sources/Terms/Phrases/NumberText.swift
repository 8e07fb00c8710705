import Foundation

/// Numbers as text, the same on every machine and in every locale.
package enum NumberText {
    /// A fixed number of decimals; non-finite values by name.
    package static func fixed(_ value: Double, _ decimals: Int) -> String {
        guard value.isFinite else { return named(value) }
        guard abs(value) < 1e15 else { return scientific(value) }
        let text = String(format: "%.\(decimals)f", value)
        return text.hasPrefix("-") && text.allSatisfy({ "-0.".contains($0) }) ? String(text.dropFirst()) : text
    }

    /// About four significant digits, without a needless exponent: a loss, a norm, a z-score.
    package static func short(_ value: Double) -> String {
        guard value.isFinite else { return named(value) }
        let size = abs(value)
        if size == 0 { return "0" }
        if size >= 1e6 || size < 1e-2 { return scientific(value) }
        let decimals = size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : size >= 1 ? 3 : 4
        return size >= 1000 ? grouped(Int(value.rounded())) : trimmed(fixed(value, decimals))
    }

    /// A loss in nats, as the diagnosis prints it: three decimals, or an exponent beyond 10 000.
    package static func loss(_ value: Double) -> String {
        value.isFinite && abs(value) < 10_000 ? fixed(value, 3) : short(value)
    }

    /// Mantissa and exponent: `6e-4`, `1.25e7`.
    package static func scientific(_ value: Double, digits: Int = 3) -> String {
        guard value.isFinite else { return named(value) }
        let parts = String(format: "%.*e", max(digits, 1) - 1, value).split(separator: "e")
        guard parts.count == 2, let exponent = Int(parts[1]) else { return "\(value)" }
        return "\(trimmed(String(parts[0])))e\(exponent)"
    }

    /// A whole number in groups of three, set apart by commas.
    package static func grouped(_ value: Int) -> String {
        let digits = Array(String(value.magnitude))
        var result = ""
        for (index, digit) in digits.enumerated() {
            if index > 0 && (digits.count - index) % 3 == 0 { result.append(",") }
            result.append(digit)
        }
        return value < 0 ? "-" + result : result
    }

    /// A size in binary units: `512 B`, `1.5 KiB`, `189 MiB`.
    package static func size(_ bytes: Int) -> String {
        let units: [String] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
        guard bytes.magnitude >= 1024 else { return "\(bytes) B" }
        var value = Double(bytes)
        var unit = -1
        while abs(value) >= 1024 && unit + 1 < units.count {
            value /= 1024
            unit += 1
        }
        return "\(trimmed(fixed(value, abs(value) < 10 ? 2 : abs(value) < 100 ? 1 : 0))) \(units[unit])"
    }

    /// A probability as whole per cent; what is neither 0 nor 1 never shows as such.
    package static func percent(_ share: Double) -> String {
        guard share.isFinite else { return "? %" }
        let value = min(max(share, 0), 1) * 100
        if value > 0 && value < 1 { return "< 1 %" }
        if value < 100 && value > 99 { return "> 99 %" }
        return fixed(value, 0) + " %"
    }

    /// A half-open range `[first, end)` as two grouped numbers.
    package static func range(_ bounds: [Int]) -> String {
        guard bounds.count == 2 else { return "?" }
        return "\(grouped(bounds[0]))..<\(grouped(bounds[1]))"
    }

    /// One step, or the first and the last.
    package static func steps(_ first: Int?, _ last: Int?) -> String? {
        guard let first else { return nil }
        return steps(first...max(first, last ?? first))
    }

    /// One step, or the first and the last.
    package static func steps(_ range: ClosedRange<Int>) -> String {
        range.lowerBound == range.upperBound
            ? "step \(range.lowerBound)" : "steps \(range.lowerBound) to \(range.upperBound)"
    }

    /// `1 shard`, `6 shards`.
    package static func count(_ number: Int, _ noun: String) -> String {
        "\(grouped(number)) \(noun)\(number == 1 ? "" : "s")"
    }

    private static func named(_ value: Double) -> String {
        value.isNaN ? "NaN" : value > 0 ? "inf" : "-inf"
    }

    private static func trimmed(_ text: String) -> String {
        guard text.contains(".") else { return text }
        var result = Substring(text)
        while result.last == "0" { result.removeLast() }
        if result.last == "." { result.removeLast() }
        return String(result)
    }
}

extension NumberText {
    /// A number in the style that a phrase asks for.
    package static func text(_ value: Double, _ style: NumberStyle) -> String {
        switch style {
        case .loss: loss(value)
        case .rate: value == 0 ? "0" : scientific(value)
        case .ratio: ratio(value)
        case .share: share(value)
        case .setting: setting(value)
        case .fixed(let decimals): fixed(value, decimals)
        }
    }

    /// A ratio or a count of standard deviations: one decimal below ten.
    private static func ratio(_ value: Double) -> String {
        guard value.isFinite else { return named(value) }
        return abs(value) >= 10_000 ? scientific(value) : fixed(value, abs(value) < 10 ? 1 : 0)
    }

    /// A share as per cent: one decimal below a tenth.
    private static func share(_ value: Double) -> String {
        value.isFinite ? "\(fixed(value * 100, abs(value) < 0.1 ? 1 : 0)) %" : "? %"
    }

    /// A setting as a person writes it: no digits that say nothing.
    private static func setting(_ value: Double) -> String {
        guard value.isFinite else { return named(value) }
        if value != 0, abs(value) < 1e-3 || abs(value) >= 1e6 { return scientific(value) }
        return value == value.rounded() ? fixed(value, 0) : trimmed(String(format: "%.4g", value))
    }
}
