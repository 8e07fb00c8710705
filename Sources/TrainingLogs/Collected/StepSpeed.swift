import Terms

/// How fast a run is, as its log prints it: medians.
public struct StepSpeed: Sendable, Equatable {
    /// Seconds an optimizer step, or a printed iteration.
    public var secondsPerStep: Double?
    /// Tokens a second; of torchtitan those of one device.
    public var tokensPerSecond: Double?

    /// Creates a speed.
    public init(secondsPerStep: Double? = nil, tokensPerSecond: Double? = nil) {
        self.secondsPerStep = secondsPerStep
        self.tokensPerSecond = tokensPerSecond
    }

    /// Whether nothing is known.
    public var isEmpty: Bool { secondsPerStep == nil && tokensPerSecond == nil }
}

extension TrainingHistory {
    /// The medians of time and throughput. The first record is slower than all others (compilation) and does not count
    /// where there are more.
    public var speed: StepSpeed {
        StepSpeed(secondsPerStep: series[.stepTime].median, tokensPerSecond: series[.tokensPerSecond].median)
    }
}

extension Series {
    fileprivate var median: Double? {
        let sorted = values.dropFirst(count > 2 ? 1 : 0).filter { $0.isFinite && $0 > 0 }.sorted()
        return sorted.isEmpty ? nil : sorted[sorted.count / 2]
    }
}
