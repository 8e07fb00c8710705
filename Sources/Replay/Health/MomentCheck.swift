/// Looks for moving averages that no optimizer can have arrived at.
enum MomentCheck {
    /// Adam's averages begin at zero, so that |m| ≤ (1-β1) / √(1-β2) / √(1 - β1²/β2) · √v whatever the gradients were, by the
    /// inequality of Cauchy and Schwarz: 1.2 for (0.9, 0.95), 7.3 for (0.9, 0.999), 23 for (0.9, 0.9999).
    static let largestRatio: Float = 100
    /// Means below it say nothing: their squares underflow.
    static let smallest: Float = 1e-12
    /// An average of squares so far above the mean of all others is one gradient a million times the usual.
    static let outlying = 1e12

    /// Problems of a mean of gradients and of the mean of their squares, element by element.
    static func problems(
        first: UnsafeBufferPointer<Float>,
        second: UnsafeBufferPointer<Float>,
        owner: MomentOwner,
        isTrained: Bool
    ) -> [WeightProblem] {
        var found = problems(first, .mean, owner: owner, isTrained: isTrained)
        found += problems(second, .square, owner: owner, isTrained: isTrained)
        var impossible = 0
        for (mean, square) in zip(first, second) where mean.isFinite && square.isFinite && square >= 0 {
            let size = abs(mean)
            if size > smallest, size > largestRatio * square.squareRoot() { impossible += 1 }
        }
        if impossible > 0 {
            let figures = WeightProblem.Figures.impossibleMoment(impossible, of: first.count)
            found.append(WeightProblem(subject: .moments(nil, of: owner), figures: figures))
        }
        return found
    }

    /// Problems of averages by themselves.
    static func problems(
        _ values: UnsafeBufferPointer<Float>,
        _ moment: Moment,
        owner: MomentOwner,
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
        func add(_ figures: WeightProblem.Figures) {
            found.append(WeightProblem(subject: .moments(moment, of: owner), figures: figures))
        }
        if bad > 0 {
            add(.nonFinite(bad, of: values.count))
        } else if isTrained, !values.isEmpty, zeros == values.count {
            add(.allZero(values.count))
        }
        guard moment.isSquare else { return found }
        if negative > 0 { add(.negativeMoment(negative, of: values.count)) }
        let others = values.count - bad - zeros - 1
        let usual = sum / Double(max(others, 1))
        if others >= 16, usual > 0, Double(largest) > outlying * usual {
            add(.outlyingMoment(times: Double(largest) / usual, others: others))
        }
        return found
    }
}
