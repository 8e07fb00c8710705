/// A number in machine output: JSON has no NaN or infinity, so those are the strings `"nan"`, `"inf"` and `"-inf"`.
public struct JSONNumber: Codable, Sendable, Equatable {
    /// The number.
    public var value: Double

    /// Wraps a number.
    public init(_ value: Double) {
        self.value = value
    }

    /// Reads a number, or one of the three strings.
    /// - Throws: `DecodingError` for anything else.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Double.self) {
            value = number
            return
        }
        let names: [String: Double] = ["nan": .nan, "inf": .infinity, "-inf": -.infinity]
        guard let number = names[try container.decode(String.self)] else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "expected a number, \"nan\", \"inf\" or \"-inf\""
            )
        }
        value = number
    }

    /// Writes a number, or the string that stands for it.
    /// - Throws: `EncodingError` when the encoder does.
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
