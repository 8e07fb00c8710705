/// A sum that stops at the largest number instead of trapping.
// Readers charge every value they decode with it, which must not cost a call into another module.
@inlinable
package func saturatingSum(_ numbers: some Sequence<Int>) -> Int {
    numbers.reduce(0) { sum, number in
        let (result, overflow) = sum.addingReportingOverflow(number)
        return overflow ? .max : result
    }
}
