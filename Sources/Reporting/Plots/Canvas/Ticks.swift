import Foundation
import Terms

/// Round numbers along an axis.
package enum Ticks {
    /// Multiples of 1, 2 or 5 times a power of ten inside a range, at most `count` + 1 of them.
    ///
    /// Where these are fewer than three, which is too few to read a distance by, the steps are halved once, and there are
    /// seven at most.
    /// Steps are never finer than `minimumStep` (1 for an axis of whole numbers).
    package static func linear(_ low: Double, _ high: Double, count: Int, minimumStep: Double = 0) -> [Double] {
        guard low.isFinite, high.isFinite, high > low, count > 0 else { return low.isFinite ? [low] : [] }
        let step = max(niceStep((high - low) / Double(count)), minimumStep)
        guard let ticks = multiples(of: step, low, high, count: count) else { return [low] }
        let isWhole = minimumStep > 0 && (step / 2).truncatingRemainder(dividingBy: minimumStep) != 0
        let finer = max(isWhole ? niceStep(step / 2.5) : step / 2, minimumStep)
        guard ticks.count < 3, count >= 3, finer < step else { return ticks }
        return multiples(of: finer, low, high, count: count) ?? ticks
    }

    private static func multiples(of step: Double, _ low: Double, _ high: Double, count: Int) -> [Double]? {
        guard step > 0, step.isFinite else { return nil }
        let first = (low / step - 1e-9).rounded(.up)
        let last = (high / step + 1e-9).rounded(.down)
        guard last >= first, last - first <= Double(4 * count + 4) else { return nil }
        return (0...Int(last - first)).map { (first + Double($0)) * step + 0 }
    }

    /// The smallest of 1, 2, 5, 10 times a power of ten that is not below `rough`.
    package static func niceStep(_ rough: Double) -> Double {
        guard rough > 0, rough.isFinite else { return 0 }
        let power = pow(10, (log10(rough)).rounded(.down))
        let mantissa = rough / power
        let nice: Double = mantissa <= 1 + 1e-9 ? 1 : mantissa <= 2 + 1e-9 ? 2 : mantissa <= 5 + 1e-9 ? 5 : 10
        return nice * power
    }

    /// Powers of ten inside a positive range; with fewer than three of them, also their 2- and 5-fold.
    package static func logarithmic(_ low: Double, _ high: Double, count: Int) -> [Double] {
        guard low > 0, high > low, high.isFinite else { return low > 0 && low.isFinite ? [low] : [] }
        let first = Int((log10(low) - 1e-9).rounded(.down))
        let last = Int((log10(high) + 1e-9).rounded(.up))
        let stride = max(1, (last - first + count - 1) / max(count, 1))
        var result: [Double] = []
        let factors: [Double] = last - first <= 3 ? [1, 2, 5] : [1]
        for exponent in Swift.stride(from: first, through: last, by: stride) {
            for factor in factors {
                let value = factor * pow(10, Double(exponent))
                if value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9) { result.append(value) }
            }
        }
        return result.isEmpty ? [low, high] : result
    }

    /// Labels with as many decimals as the distance between the ticks needs, or with exponents when numbers are extreme.
    package static func labels(_ ticks: [Double]) -> [String] {
        let largest = ticks.map(abs).max() ?? 0
        let distances = zip(ticks, ticks.dropFirst()).map { abs($1 - $0) }.filter { $0 > 0 }
        let step = distances.min() ?? max(largest, 1)
        if largest >= 1e5 || (largest > 0 && largest < 1e-2) {
            for digits in 3...5 {
                let labels = ticks.map { $0 == 0 ? "0" : NumberText.scientific($0, digits: digits) }
                if Set(labels).count == ticks.count { return aligned(labels) }
            }
        }
        // The tolerance is relative: a tiny step is not a whole number.
        var decimals = 0
        while decimals < 12 {
            let scaled = step * pow(10, Double(decimals))
            if abs(scaled - scaled.rounded()) <= 1e-6 * scaled { break }
            decimals += 1
        }
        return ticks.map { $0 == 0 ? "0" : NumberText.fixed($0, decimals) }
    }

    /// Mantissas with the same number of decimals: `2.0e-4` beside `2.2e-4`.
    private static func aligned(_ labels: [String]) -> [String] {
        let parts = labels.map { $0.split(separator: "e", maxSplits: 1).map(String.init) }
        let decimals = { (mantissa: String) in mantissa.split(separator: ".").dropFirst().first?.count ?? 0 }
        let most = parts.map { decimals($0[0]) }.max() ?? 0
        return parts.map { part in
            guard part.count == 2, most > decimals(part[0]) else { return part.joined(separator: "e") }
            let point = decimals(part[0]) == 0 ? "." : ""
            return part[0] + point + String(repeating: "0", count: most - decimals(part[0])) + "e" + part[1]
        }
    }

    /// Labels of a logarithmic axis: each tick has its own precision.
    package static func logarithmicLabels(_ ticks: [Double]) -> [String] {
        ticks.map { NumberText.short($0) }
    }

    /// Labels of whole numbers: `800`, `20k`, `1.5M`, one unit for all.
    package static func stepLabels(_ ticks: [Double]) -> [String] {
        let largest = ticks.map(abs).max() ?? 0
        let step = zip(ticks, ticks.dropFirst()).map { $1 - $0 }.min() ?? largest
        let units: [(Double, String)] = [(1e6, "M"), (1e3, "k"), (1, "")]
        // A unit needs a round step: `31.215k` says less than `31215`.
        let fits = units.first { unit, _ in largest >= unit * (unit == 1e3 ? 10 : 1) && step >= unit / 10 }
        let (unit, suffix) = fits ?? (1, "")
        if unit == 1, largest < 1e15 { return ticks.map { String(Int($0.rounded())) } }
        return zip(ticks, labels(ticks.map { $0 / unit })).map { $0 == 0 ? "0" : $1 + suffix }
    }
}
