extension Int {
    /// Difference of two step numbers from an untrusted log; saturates instead of trapping.
    package func subtractingStep(_ other: Int) -> Int {
        let (value, overflow) = subtractingReportingOverflow(other)
        return overflow ? (self > other ? .max : -.max) : Swift.max(value, -.max)
    }

    /// Sum of two step numbers from an untrusted log; saturates instead of trapping.
    package func addingStep(_ other: Int) -> Int {
        let (value, overflow) = addingReportingOverflow(other)
        return overflow ? (other > 0 ? .max : .min) : value
    }
}
