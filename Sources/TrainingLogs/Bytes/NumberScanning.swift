extension ByteCursor {
    /// A decimal integer with an optional sign. Nil, without moving, when there is none or it does not fit.
    @inline(__always) package mutating func integer() -> Int? {
        var index = position
        var negative = false
        if index < bytes.count, bytes[index] == 0x2D || bytes[index] == 0x2B {
            negative = bytes[index] == 0x2D
            index += 1
        }
        let start = index
        var value = 0
        while index < bytes.count, bytes[index].isDigit {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(Int(bytes[index] &- 0x30))
            if overflow || carry { return nil }
            value = sum
            index += 1
        }
        guard index > start else { return nil }
        position = index
        return negative ? -value : value
    }

    /// An integer that may be grouped by commas or underscores in threes: `524,288`.
    package mutating func groupedInteger() -> Int? {
        guard current.isDigit, var value = integer() else { return nil }
        while current == 0x2C || current == 0x5F, peek(1).isDigit, peek(2).isDigit, peek(3).isDigit, !peek(4).isDigit {
            var group = self
            group.position += 1
            guard let digits = group.integer() else { break }
            let (product, overflow) = value.multipliedReportingOverflow(by: 1000)
            let (sum, carry) = product.addingReportingOverflow(digits)
            if overflow || carry { break }
            value = sum
            position = group.position
        }
        return value
    }

    /// A number as C, Python and JSON print it: decimal with an optional exponent, or any spelling of NaN and infinity
    /// (`nan`, `-nan`, `+nan`, `NaN`, `inf`, `Infinity`). Nil, without moving, when there is none.
    @inline(__always) package mutating func number() -> Double? {
        var index = position
        var negative = false
        if index < bytes.count, bytes[index] == 0x2D || bytes[index] == 0x2B {
            negative = bytes[index] == 0x2D
            index += 1
        }
        let digits = index
        var mantissa: UInt64 = 0
        var kept = 0
        var exponent = 0
        var any = false
        while index < bytes.count, bytes[index].isDigit {
            if kept < 19 {
                mantissa = mantissa &* 10 &+ UInt64(bytes[index] &- 0x30)
                if mantissa != 0 { kept += 1 }
            } else {
                exponent += 1
                kept += 1
            }
            any = true
            index += 1
        }
        if index < bytes.count, bytes[index] == 0x2E {
            var fraction = index + 1
            while fraction < bytes.count, bytes[fraction].isDigit {
                if kept < 19 {
                    mantissa = mantissa &* 10 &+ UInt64(bytes[fraction] &- 0x30)
                    if mantissa != 0 { kept += 1 }
                    exponent -= 1
                } else {
                    kept += 1
                }
                any = true
                fraction += 1
            }
            if any { index = fraction }
        }
        guard any else { return nonFinite(at: digits, negative: negative) }
        if index < bytes.count, bytes[index] | 0x20 == 0x65 {
            var power = self
            power.position = index + 1
            if power.current.isDigit || ((power.current == 0x2D || power.current == 0x2B) && power.peek(1).isDigit) {
                let sign = power.current == 0x2D ? -1 : 1
                if !power.current.isDigit { power.position += 1 }
                var size = 0
                while power.current.isDigit {
                    size = min(size * 10 + Int(power.current &- 0x30), 1_000_000)
                    power.position += 1
                }
                exponent += sign * size
                index = power.position
            }
        }
        let start = position
        position = index
        // Up to 2^53 and 10^22 both factors are exact, so one rounding gives the nearest double.
        if kept <= 19, mantissa <= 1 << 53, exponent >= -22, exponent <= 22 {
            let value = Double(mantissa)
            let scaled = exponent < 0 ? value / powersOfTen[-exponent] : value * powersOfTen[exponent]
            return negative ? -scaled : scaled
        }
        return exact(start..<index)
    }

    @inline(never) private mutating func nonFinite(at index: Int, negative: Bool) -> Double? {
        var word = self
        word.position = index
        let start = index
        while word.current.isLetter { word.position += 1 }
        guard !word.current.isDigit, word.current != 0x5F else { return nil }
        func equals(_ text: StaticString) -> Bool {
            guard word.position - start == text.utf8CodeUnitCount else { return false }
            for offset in 0..<text.utf8CodeUnitCount where bytes[start + offset].lowercased != text.utf8Start[offset] {
                return false
            }
            return true
        }
        let value: Double
        if equals("nan") {
            value = .nan
        } else if equals("inf") || equals("infinity") {
            value = negative ? -.infinity : .infinity
        } else {
            return nil
        }
        position = word.position
        return value
    }

    /// The nearest double of a number that the fast path cannot round by itself.
    @inline(never) private func exact(_ range: Range<Int>) -> Double? {
        Double(String(decoding: UnsafeRawBufferPointer(rebasing: bytes[range]), as: UTF8.self))
    }
}

private let powersOfTen: InlineArray<23, Double> = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
]
