import Foundation

/// The logarithm of the likelihood of pairs of normal noise with a correlation, over that of independent ones.
struct LikelihoodRatio {
    /// What a pair gains on average where the correlation holds; without a correlation it loses on average.
    let usualGain: Double
    private let square: Double
    private let product: Double

    init(_ correlation: Double) {
        let rest = 1 - correlation * correlation
        usualGain = -0.5 * log(rest)
        square = correlation * correlation / (2 * rest)
        product = correlation / rest
    }

    /// The range of places with the greatest sum.
    func best(
        in range: Range<Int>,
        _ later: [Float],
        _ earlier: [Float],
        _ lag: Int
    ) -> (sum: Double, places: Range<Int>) {
        var best = (sum: 0.0, places: range.lowerBound..<range.lowerBound)
        var sum = 0.0
        var start = range.lowerBound
        for place in range {
            sum += gain(later[place], earlier[place - lag])
            if sum < 0 {
                sum = 0
                start = place + 1
            } else if sum > best.sum {
                best = (sum, start..<place + 1)
            }
        }
        return best
    }

    /// How far the sum grows along places, until it has lost ``RepeatedData/patience`` again.
    func extent(
        _ places: some Sequence<Int>,
        _ later: [Float],
        _ earlier: [Float],
        _ lag: Int
    ) -> (sum: Double, last: Int?) {
        var best: (sum: Double, last: Int?) = (0, nil)
        var sum = 0.0
        for place in places {
            sum += gain(later[place], earlier[place - lag])
            if sum > best.sum { best = (sum, place) }
            if sum < best.sum - RepeatedData.patience { break }
        }
        return best
    }

    /// 0 where one of the two has no noise.
    private func gain(_ x: Float, _ y: Float) -> Double {
        guard x != 0, y != 0 else { return 0 }
        let (a, b) = (Double(x), Double(y))
        return usualGain - square * (a * a + b * b) + product * a * b
    }
}
