import Foundation

/// Reads the plain YAML that `yaml.dump` writes of a flat record: scalars, lists of scalars and mappings of scalars.
enum SmallYAML {
    /// The keys of a text; what is nested deeper is left out.
    static func keys(_ text: String) -> [String: JSONValue] {
        var result: [String: JSONValue] = [:]
        var key: String?
        var list: [JSONValue] = []
        var inner: [String: JSONValue] = [:]
        func close() {
            guard let key else { return }
            if !list.isEmpty { result[key] = .list(list) }
            if !inner.isEmpty { result[key] = .object(inner) }
        }
        for line in text.split(whereSeparator: \.isNewline) where !line.hasPrefix("#") {
            if line.hasPrefix("- ") || line.hasPrefix("  - ") {
                list.append(scalar(line.drop { $0 == " " }.dropFirst(2)))
            } else if line.hasPrefix("  "), !line.hasPrefix("   ") {
                if let (name, value) = pair(line.dropFirst(2)), !value.isEmpty { inner[name] = scalar(value) }
            } else if !line.hasPrefix(" "), let (name, value) = pair(line) {
                close()
                (key, list, inner) = (name, [], [:])
                result[name] = scalar(value)
            }
        }
        close()
        return result
    }

    private static func pair(_ line: Substring) -> (String, Substring)? {
        guard let colon = line.firstIndex(of: ":") else { return nil }
        return (String(line[..<colon]), line[line.index(after: colon)...])
    }

    private static func scalar(_ text: Substring) -> JSONValue {
        let plain = text.trimmingCharacters(in: .whitespaces)
        switch plain {
        case "", "null", "~": return .null
        case "true": return .bool(true)
        case "false": return .bool(false)
        case "{}": return .object([:])
        case "[]": return .list([])
        default: break
        }
        if let number = Double(plain), number.isFinite { return .number(number) }
        return .text(plain.trimmingCharacters(in: CharacterSet(charactersIn: "'\"")))
    }
}
