/// Text from logs, shards and configurations made fit to be shown: nothing in it can steer a terminal, a parser or a
/// reading direction.
package enum SafeText {
    /// The longest text shown in one place, in Unicode scalars.
    package static let limit = 600

    /// One line: control characters, line breaks and direction marks are replaced, and what is beyond the limit is cut
    /// and counted.
    package static func line(_ text: String, limit: Int = SafeText.limit) -> String {
        clean(text, limit: limit, keepsLineBreaks: false)
    }

    /// Several lines: as ``line(_:limit:)``, but line feeds stay.
    package static func block(_ text: String, limit: Int = 20_000) -> String {
        clean(text, limit: limit, keepsLineBreaks: true)
    }

    private static func clean(_ text: String, limit: Int, keepsLineBreaks: Bool) -> String {
        var result = String.UnicodeScalarView()
        var kept = 0
        var cut = 0
        for scalar in text.unicodeScalars {
            guard kept < limit else {
                cut += 1
                continue
            }
            kept += 1
            if keepsLineBreaks && scalar == "\n" {
                result.append(scalar)
            } else if scalar.value == 9 || scalar.value == 10 || scalar.value == 13 {
                result.append(" ")
            } else {
                result.append(isUnsafe(scalar) ? "\u{FFFD}" : scalar)
            }
        }
        return cut == 0 ? String(result) : String(result) + " … (\(cut) more characters)"
    }

    /// Whether a scalar is forbidden in XML 1.0, acts on a terminal, or changes how its neighbours are read.
    package static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x00...0x1F, 0x7F...0x9F: true  // C0 and C1 controls
        // Direction marks, invisible operators.
        case 0x061C, 0x200B, 0x200E, 0x200F, 0x202A...0x202E, 0x2060...0x206F: true
        case 0x2028, 0x2029: true  // line and paragraph separators
        case 0xFEFF, 0xFFF9...0xFFFB, 0xE0000...0xE007F: true  // byte order mark, annotations, tags
        default: scalar.value & 0xFFFE == 0xFFFE || (0xFDD0...0xFDEF).contains(scalar.value)  // noncharacters
        }
    }
}
