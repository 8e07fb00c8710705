/// A number in machine output: JSON has no NaN or infinity, so those are the strings `"nan"`, `"inf"` and `"-inf"`.
public struct JSONNumber: Encodable, Sendable, Equatable {
    /// The number.
    public var value: Double

    /// Wraps a number.
    public init(_ value: Double) {
        self.value = value
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if value.isNaN {
            try container.encode("nan")
        } else if value.isInfinite {
            try container.encode(value > 0 ? "inf" : "-inf")
        } else {
            try container.encode(value)
        }
    }

    /// NaN equals NaN here: documents are compared, not computed with.
    public static func == (left: JSONNumber, right: JSONNumber) -> Bool {
        left.value == right.value || (left.value.isNaN && right.value.isNaN)
    }
}
