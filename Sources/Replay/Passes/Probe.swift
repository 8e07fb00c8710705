/// Statistics of the output of one operation. Mean, deviation, maximum and zeros are over the finite values.
public struct Probe: Sendable, Equatable {
    /// `h.<layer>.<operation>`, or the operation alone outside the layers.
    public var name: String
    /// 0-based layer; `nil` outside the layers.
    public var layer: Int?
    /// The operation.
    public var operation: Operation
    /// Mean of the finite values.
    public var mean: Double
    /// Population standard deviation of the finite values.
    public var deviation: Double
    /// Largest absolute value among the finite ones. Near 65504 an fp16 run is about to overflow.
    public var absoluteMaximum: Double
    /// Share of the finite values that are exactly zero, 0 to 1; after a rectifier near 1 the units are dead.
    public var zeroFraction: Double
    /// Share of the finite values so large that the operation hardly answers any more, 0 to 1: probabilities of
    /// attention from 0.999 on, logits within 5 % of the soft cap. 0 for other operations.
    public var saturatedFraction: Double
    /// Number of values, finite or not.
    public var count: Int
    /// Number of NaNs and infinities.
    public var nonFinite: Int
    /// Row and position of the first of them: the lowest row, then the lowest position.
    public var firstNonFinite: NonFinitePlace?
    /// Whether a row's non-finite values came out of finite activations here, instead of being passed on.
    public var produced: Bool

    /// Creates a record.
    public init(
        name: String,
        layer: Int? = nil,
        operation: Operation,
        mean: Double,
        deviation: Double,
        absoluteMaximum: Double,
        zeroFraction: Double,
        saturatedFraction: Double = 0,
        count: Int,
        nonFinite: Int,
        firstNonFinite: NonFinitePlace? = nil,
        produced: Bool
    ) {
        self.name = name
        self.layer = layer
        self.operation = operation
        self.mean = mean
        self.deviation = deviation
        self.absoluteMaximum = absoluteMaximum
        self.zeroFraction = zeroFraction
        self.saturatedFraction = saturatedFraction
        self.count = count
        self.nonFinite = nonFinite
        self.firstNonFinite = firstNonFinite
        self.produced = produced
    }
}

extension Probe {
    /// How many times larger the largest value could be before it overflows in a precision: 1 is the edge.
    public func headroom(in precision: Precision) -> Double {
        precision.largestValue / max(absoluteMaximum, .leastNormalMagnitude)
    }
}
