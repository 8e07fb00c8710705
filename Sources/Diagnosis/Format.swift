import Foundation

/// Numbers in sentences, the same way everywhere.
package enum Format {
    /// A loss in nats: 3 decimals, or scientific beyond 10 000.
    package static func loss(_ value: Double) -> String {
        guard value.isFinite else { return value.isNaN ? "NaN" : (value > 0 ? "inf" : "-inf") }
        return abs(value) < 10_000 ? fixed(value, 3) : scientific(value)
    }

    /// A learning rate: two significant digits after the first, scientific.
    package static func rate(_ value: Double) -> String {
        value == 0 ? "0" : scientific(value)
    }

    /// A ratio or a count of standard deviations.
    package static func ratio(_ value: Double) -> String {
        guard value.isFinite else { return value.isNaN ? "NaN" : "inf" }
        if abs(value) >= 10_000 { return scientific(value) }
        return fixed(value, abs(value) < 10 ? 1 : 0)
    }

    /// A share in percent.
    package static func percent(_ share: Double) -> String {
        share.isFinite ? "\(fixed(share * 100, abs(share) < 0.1 ? 1 : 0)) %" : "?"
    }

    /// A setting as a person writes it: no digits that say nothing.
    package static func decimal(_ value: Double) -> String {
        guard value.isFinite else { return value.isNaN ? "NaN" : "inf" }
        if value != 0, abs(value) < 1e-3 || abs(value) >= 1e6 { return scientific(value) }
        return value == value.rounded() ? fixed(value, 0) : String(format: "%.4g", value)
    }

    /// Fixed decimals, without a locale.
    package static func fixed(_ value: Double, _ digits: Int) -> String {
        String(format: "%.\(digits)f", value)
    }

    /// `1 step`, `2 steps`.
    package static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }

    private static func scientific(_ value: Double) -> String {
        guard value.isFinite else { return "\(value)" }
        let text = String(format: "%.2e", value)
        let parts = text.split(separator: "e", maxSplits: 1)
        guard parts.count == 2, let exponent = Int(parts[1]) else { return text }
        var mantissa = String(parts[0])
        while mantissa.hasSuffix("0") { mantissa.removeLast() }
        if mantissa.hasSuffix(".") { mantissa.removeLast() }
        return "\(mantissa)e\(exponent)"
    }
}
