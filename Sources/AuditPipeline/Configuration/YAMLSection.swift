import Terms
import Yams

/// A mapping of a YAML file, read key by key, with errors that name file, line and key.
struct YAMLSection {
    let path: String
    /// The key of this section; `nil` at the top.
    let key: String?
    let node: Node

    /// Refuses keys that are not known.
    func allow(_ known: [String]) throws(ConfigurationError) {
        guard case .mapping(let mapping) = node else {
            throw ConfigurationError(
                path: path,
                line: node.mark?.line,
                key: key,
                found: "\(describe(node))",
                expected: "a mapping with the keys \(known.joined(separator: ", "))"
            )
        }
        for (name, _) in mapping {
            let text = name.string ?? ""
            guard known.contains(text) else {
                throw ConfigurationError(
                    path: path,
                    line: name.mark?.line,
                    key: full(text),
                    found: "the key is not known",
                    expected: "one of \(known.joined(separator: ", "))"
                )
            }
        }
    }

    func required<Value>(_ name: String, _ value: Value?) throws(ConfigurationError) -> Value {
        guard let value else {
            throw ConfigurationError(path: path, key: full(name), found: "the key is missing", expected: "a value")
        }
        return value
    }

    func section(_ name: String) throws(ConfigurationError) -> YAMLSection? {
        value(name).map { YAMLSection(path: path, key: full(name), node: $0) }
    }

    func string(_ name: String) throws(ConfigurationError) -> String? {
        guard let node = value(name) else { return nil }
        guard case .scalar(let scalar) = node else {
            throw error(name, found: describe(node), expected: "a text")
        }
        guard !scalar.string.isEmpty else { throw error(name, found: "an empty text", expected: "a value, or no key") }
        return scalar.string
    }

    func strings(_ name: String) throws(ConfigurationError) -> [String]? {
        guard let node = value(name) else { return nil }
        if case .scalar(let scalar) = node { return [scalar.string] }
        guard case .sequence(let sequence) = node else {
            throw error(name, found: describe(node), expected: "a list of texts")
        }
        var result: [String] = []
        for item in sequence {
            guard case .scalar(let scalar) = item, !scalar.string.isEmpty else {
                throw error(name, found: describe(item), expected: "a list of texts")
            }
            result.append(scalar.string)
        }
        return result
    }

    /// A list of mappings.
    func sections(_ name: String) throws(ConfigurationError) -> [YAMLSection]? {
        guard let node = value(name) else { return nil }
        guard case .sequence(let sequence) = node else {
            throw error(name, found: describe(node), expected: "a list")
        }
        var result: [YAMLSection] = []
        for item in sequence {
            result.append(YAMLSection(path: path, key: "\(full(name))[\(result.count)]", node: item))
        }
        return result
    }

    func integer(_ name: String, _ allowed: ClosedRange<Int>) throws(ConfigurationError) -> Int? {
        guard let node = value(name) else { return nil }
        let expected = "a whole number from \(allowed.lowerBound) to \(allowed.upperBound)"
        guard let text = node.string.map({ $0.filter { $0 != "_" } }), let value = Int(text), allowed.contains(value)
        else {
            throw error(name, found: describe(node), expected: expected)
        }
        return value
    }

    func number(_ name: String) throws(ConfigurationError) -> Double? {
        guard let node = value(name) else { return nil }
        guard let text = node.string, let value = Double(text), value.isFinite, value >= 0 else {
            throw error(name, found: describe(node), expected: "a number of at least 0")
        }
        return value
    }

    func boolean(_ name: String) throws(ConfigurationError) -> Bool? {
        guard let node = value(name) else { return nil }
        switch node.string {
        case "true": return true
        case "false": return false
        default: throw error(name, found: describe(node), expected: "true or false")
        }
    }

    func choice(_ name: String, _ allowed: [String]) throws(ConfigurationError) -> String? {
        guard let text = try string(name) else { return nil }
        // nanoGPT is the name that its users type.
        guard let value = allowed.first(where: { $0 == text.lowercased() || $0 == text }) else {
            throw error(name, found: "\"\(text)\"", expected: "one of \(allowed.joined(separator: ", "))")
        }
        return value
    }

    func error(_ name: String, found: String, expected: String) -> ConfigurationError {
        ConfigurationError(path: path, line: value(name)?.mark?.line, key: full(name), found: found, expected: expected)
    }

    /// Where the value of a key stands; nil for a key that is absent.
    func source(of name: String) -> SettingSource? {
        guard let node = value(name) else { return nil }
        return SettingSource(file: path.split(separator: "/").last.map(String.init), line: node.mark?.line)
    }

    /// The value of a key; an explicit null counts as absent.
    private func value(_ name: String) -> Node? {
        guard case .mapping(let mapping) = node else { return nil }
        guard let node = mapping.first(where: { $0.key.string == name })?.value else { return nil }
        if case .scalar(let scalar) = node, scalar.style == .plain, ["", "~", "null"].contains(scalar.string) {
            return nil
        }
        return node
    }

    private func full(_ name: String) -> String { key.map { "\($0).\(name)" } ?? name }

    private func describe(_ node: Node) -> String {
        switch node {
        case .scalar(let scalar): "\"\(scalar.string.prefix(80))\""
        case .mapping: "a mapping"
        case .sequence: "a list"
        case .alias: "an alias"
        }
    }
}
