/// NumPy's sum of doubles: eight running sums over blocks of up to 128, and the sum of two halves beyond that.
///
/// Source: NumPy's documentation of `numpy.sum` (pairwise summation); Higham, "The accuracy of floating point summation"
/// (1993).
func numPySum(_ values: ArraySlice<Double>) -> Double {
    if values.count < 8 { return values.reduce(0, +) }
    if values.count > 128 {
        let half = values.count / 2
        let cut = values.startIndex + half - half % 8
        return numPySum(values[..<cut]) + numPySum(values[cut...])
    }
    let whole = values.startIndex + values.count - values.count % 8
    var sums = Array(values.prefix(8))
    for start in stride(from: values.startIndex + 8, to: whole, by: 8) {
        for lane in 0..<8 { sums[lane] += values[start + lane] }
    }
    let joined = ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]))
    return values[whole...].reduce(joined, +)
}
