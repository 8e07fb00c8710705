extension ByteCursor {
    /// A whole number as configurations hold it: `16`, `524_288`, `12.0`, `8*64`, `5 * 8`, `2**19`, in quotes or not. Nothing
    /// but the end of the value may follow.
    /// - Returns: nil, without moving, when it is something else.
    mutating func configuredInteger() -> Int? {
        var probe = self
        let quote = probe.current == 0x27 || probe.current == 0x22 ? probe.current : 0
        if quote != 0 { probe.position += 1 }
        guard var value = probe.factor() else { return nil }
        while true {
            var next = probe
            next.skipSpaces()
            guard next.take(0x2A), next.current != 0x2A else { break }
            next.skipSpaces()
            guard let factor = next.factor() else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: factor)
            guard !overflow else { return nil }
            value = product
            probe = next
        }
        if quote != 0, !probe.take(quote) { return nil }
        var tail = probe
        tail.skipSpaces()
        let isEnd =
            tail.isAtEnd
            || tail.position > probe.position && tail.current != 0x2B && tail.current != 0x2F
                && tail.current != 0x2D
            || [0x2C, 0x7D, 0x29, 0x5D, 0x23, 0x3B, 0x7C].contains(tail.current)
            || tail.sees("..")
        guard isEnd else { return nil }
        self = probe
        return value
    }

    /// `64`, `524_288`, `12.0`, `2**19`.
    private mutating func factor() -> Int? {
        guard let base = groupedInteger() else { return nil }
        if current == 0x2E, peek(1) == 0x30 {
            var fraction = self
            fraction.position += 1
            while fraction.current == 0x30 { fraction.position += 1 }
            guard !fraction.current.isDigit else { return nil }
            self = fraction
            return base
        }
        var probe = self
        probe.skipSpaces()
        guard probe.take("**") else { return base }
        probe.skipSpaces()
        guard let exponent = probe.integer(), (0...62).contains(exponent) else { return nil }
        var result = 1
        for _ in 0..<exponent {
            let (next, overflow) = result.multipliedReportingOverflow(by: base)
            guard !overflow else { return nil }
            result = next
        }
        self = probe
        return result
    }

    /// A number as people shorten it, with the half of its last digit's unit: `85.8G`, `131K`, `1,048,576`, `2097152`.
    mutating func shortenedNumber() -> (value: Double, rounding: Double)? {
        var probe = self
        probe.skipSpaces()
        let start = probe.position
        if let whole = probe.groupedInteger(), probe.current != 0x2E {
            let unit = probe.unit()
            self = probe
            // A number without a unit is printed in full.
            return (Double(whole) * unit, unit > 1 ? unit : 0)
        }
        probe.position = start
        guard let value = probe.number(), value.isFinite, value >= 0 else { return nil }
        var digits = 0
        var place = probe.position - 1
        while place > start, bytes[place].isDigit { (digits, place) = (digits + 1, place - 1) }
        let isFraction = place > start && bytes[place] == 0x2E && digits < 16
        let unit = probe.unit()
        self = probe
        var rounding = unit
        if isFraction { for _ in 0..<digits { rounding /= 10 } }
        return (value * unit, unit > 1 ? rounding : 0)
    }

    private mutating func unit() -> Double {
        let units: [(UInt8, Double)] = [(0x4B, 1e3), (0x4D, 1e6), (0x47, 1e9), (0x42, 1e9), (0x54, 1e12)]
        guard let unit = units.first(where: { $0.0 == current }), !peek(1).isLetter else { return 1 }
        position += 1
        return unit.1
    }
}
