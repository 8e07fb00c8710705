import Foundation

/// Machine output: JSON with sorted keys, one value a line, the same bytes for the same value.
public enum JSONOutput {
    /// Encodes a report, with a line feed at the end; sentences of the diagnosis are written in its voice.
    ///
    /// Numbers are in their shortest form that reads back exactly; a non-finite `Double` outside ``JSONNumber`` becomes
    /// the same strings. Characters that act on a terminal or on the reading direction are escaped.
    /// - Throws: `EncodingError` when the value itself throws while being encoded.
    public static func encode(_ value: some Encodable, voice: Voice = Voice()) throws -> String {
        let encoder = JSONEncoder()
        if let key = CodingUserInfoKey.voice { encoder.userInfo[key] = voice }
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf",
            negativeInfinity: "-inf",
            nan: "nan"
        )
        let text = String(decoding: try encoder.encode(value), as: UTF8.self)
        return escapingControls(text) + "\n"
    }

    /// Reads a document that ``encode(_:voice:)`` wrote.
    /// - Throws: `DecodingError` when something is missing or of another type.
    public static func decode<Value: Decodable>(_ type: Value.Type, from data: Data) throws -> Value {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf",
            negativeInfinity: "-inf",
            nan: "nan"
        )
        return try decoder.decode(type, from: data)
    }

    /// Outside strings JSON is ASCII, so a scalar above it can be replaced by its escape anywhere.
    private static func escapingControls(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: needsEscape) else { return text }
        var result = ""
        result.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            guard needsEscape(scalar) else {
                result.unicodeScalars.append(scalar)
                continue
            }
            for unit in String(scalar).utf16 {
                let digits = String(unit, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
        return result
    }

    private static func needsEscape(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value >= 0x7F && SafeText.isUnsafe(scalar)
    }
}
