/// Looks for moving averages that no optimizer can have arrived at.
enum MomentCheck {
    /// Adam's averages begin at zero, so that |m| ≤ (1-β1) / √(1-β2) / √(1 - β1²/β2) · √v whatever the gradients were, by the
    /// inequality of Cauchy and Schwarz: 1.2 for (0.9, 0.95), 7.3 for (0.9, 0.999), 23 for (0.9, 0.9999).
    static let largestRatio: Float = 100
    /// Means below it say nothing: their squares underflow.
    static let smallest: Float = 1e-12
    /// An average of squares so far above the mean of all others is one gradient a million times the usual.
    static let outlying = 1e12

    /// Problems of a mean of gradients and of the mean of their squares, element by element. `owner` is the tensor.
    static func problems(
        first: UnsafeBufferPointer<Float>,
        second: UnsafeBufferPointer<Float>,
        owner: String,
        isTrained: Bool
    ) -> [WeightProblem] {
        var found = problems(first, named: "exp_avg of \(owner)", isSquare: false, isTrained: isTrained)
        found += problems(second, named: "exp_avg_sq of \(owner)", isSquare: true, isTrained: isTrained)
        var impossible = 0
        for (mean, square) in zip(first, second) where mean.isFinite && square.isFinite && square >= 0 {
            let size = abs(mean)
            if size > smallest, size > largestRatio * square.squareRoot() { impossible += 1 }
        }
        if impossible > 0 {
            let detail =
                "\(impossible) of \(first.count) means of gradients are too large for their means of squares: one of the two "
                + "was lost, cut off or changed"
            found.append(WeightProblem(name: "moments of \(owner)", kind: .impossibleMoment, detail: detail))
        }
        return found
    }

    /// Problems of averages by themselves; `isSquare` for those of squares.
    static func problems(
        _ values: UnsafeBufferPointer<Float>,
        named name: String,
        isSquare: Bool,
        isTrained: Bool
    ) -> [WeightProblem] {
        var (bad, zeros, negative, sum, largest) = (0, 0, 0, 0.0, Float(0))
        for value in values {
            guard value.isFinite else {
                bad += 1
                continue
            }
            if value == 0 { zeros += 1 }
            if value < 0 { negative += 1 }
            // Without the largest: in a sum with it the others would be lost.
            sum += Double(min(value, largest))
            largest = max(largest, value)
        }
        var found: [WeightProblem] = []
        if bad > 0 {
            let detail = "\(bad) of \(values.count) values are NaN or infinite"
            found.append(WeightProblem(name: name, kind: .nonFinite, detail: detail))
        } else if isTrained, !values.isEmpty, zeros == values.count {
            let detail = "all \(values.count) values are zero: no gradient has arrived, or the state was reset"
            found.append(WeightProblem(name: name, kind: .allZero, detail: detail))
        }
        guard isSquare else { return found }
        if negative > 0 {
            let detail = "\(negative) of \(values.count) averages of squares are below zero"
            found.append(WeightProblem(name: name, kind: .negativeMoment, detail: detail))
        }
        let others = values.count - bad - zeros - 1
        let usual = sum / Double(max(others, 1))
        if others >= 16, usual > 0, Double(largest) > outlying * usual {
            let detail =
                "one value is \(Float(Double(largest) / usual)) times the mean of the \(others) others: a changed bit, or one "
                + "huge gradient"
            found.append(WeightProblem(name: name, kind: .outlyingMoment, detail: detail))
        }
        return found
    }
}
