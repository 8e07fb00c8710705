/// The keys of a model's configuration while a family reads it: each one is read, refused, known to change nothing, or noted.
struct ConfigurationKeys: Sendable, Hashable {
    /// The file, for messages.
    let path: String
    /// What it holds.
    let values: [String: JSONValue]
    /// Keys that `model.ignore` of `audit.yaml` takes as absent.
    let ignored: Set<String>
    private var used: Set<String> = []

    init(path: String, values: [String: JSONValue], ignored: Set<String> = []) {
        self.path = path
        self.values = values.filter { !ignored.contains($0.key) }
        self.ignored = ignored
    }

    /// The same of an object in it, under the same path.
    func nested(_ values: [String: JSONValue]) -> ConfigurationKeys { ConfigurationKeys(path: path, values: values) }

    /// The first of the keys that is there and not null, and marks all as read.
    mutating func value(_ keys: String...) -> (key: String, value: JSONValue)? { first(keys) }

    private mutating func first(_ keys: [String]) -> (key: String, value: JSONValue)? {
        used.formUnion(keys)
        for key in keys {
            if let value = values[key], value != .null { return (key, value) }
        }
        return nil
    }

    /// A whole number and the key it stands under. Throws `ReplayError.malformedHeader` for another value.
    mutating func integer(_ keys: String...) throws(ReplayError) -> Declared? {
        guard let (key, value) = first(keys) else { return nil }
        guard case .number(let number) = value, let whole = Int(exactly: number), abs(whole) < 1 << 40 else {
            throw wrong(key, value, "a whole number")
        }
        return Declared(key: key, value: whole)
    }

    /// A number. Throws `ReplayError.malformedHeader` for another value.
    mutating func number(_ keys: String...) throws(ReplayError) -> Float? {
        guard let (key, value) = first(keys) else { return nil }
        guard case .number(let number) = value, Float(number).isFinite else { throw wrong(key, value, "a number") }
        return Float(number)
    }

    /// True or false. Throws `ReplayError.malformedHeader` for another value.
    mutating func flag(_ keys: String...) throws(ReplayError) -> Bool? {
        guard let (key, value) = first(keys) else { return nil }
        guard case .bool(let flag) = value else { throw wrong(key, value, "true or false") }
        return flag
    }

    /// A text. Throws `ReplayError.malformedHeader` for another value.
    mutating func text(_ keys: String...) throws(ReplayError) -> String? {
        guard let (key, value) = first(keys) else { return nil }
        guard case .text(let text) = value else { throw wrong(key, value, "a text") }
        return text
    }

    /// A list. Throws `ReplayError.malformedHeader` for another value.
    mutating func list(_ keys: String...) throws(ReplayError) -> (key: String, values: [JSONValue])? {
        guard let (key, value) = first(keys) else { return nil }
        guard case .list(let values) = value else { throw wrong(key, value, "a list") }
        return (key, values)
    }

    /// The layers that `layer_types` gives a window, or else those that `usual` does. Throws `ReplayError.unsupportedModel` for
    /// layers of another type, or another number of them than `layers`.
    mutating func slidingLayers(
        of layers: Declared?,
        usual: (Int) -> Bool
    ) throws(ReplayError) -> Set<Int> {
        let count = max(0, min(layers?.value ?? 0, 4096))
        guard let (key, types) = try list("layer_types") else { return Set((0..<count).filter(usual)) }
        guard types.count == count else { try refuse(key, expected: "one type for each of \(count) layers") }
        var found: Set<Int> = []
        for (layer, type) in types.enumerated() {
            switch type {
            case .text("full_attention"): break
            case .text("sliding_attention"): found.insert(layer)
            default: try refuse(key, expected: "full_attention and sliding_attention")
            }
        }
        return found
    }

    /// Marks keys as read that this family has and that change nothing in it.
    mutating func pass(_ keys: String...) { used.formUnion(keys) }

    /// Refuses a key at a value that cannot be run. Throws `ReplayError.unsupportedModel`.
    func refuse(_ key: String, expected: String) throws(ReplayError) -> Never {
        let found = values[key]?.summary ?? "absent"
        throw .unsupportedModel(
            path: path,
            detail:
                "\(key) is \(found), expected \(expected); if the trainer does not use it, add it to model.ignore in "
                + "the configuration"
        )
    }

    private func wrong(_ key: String, _ value: JSONValue, _ expected: String) -> ReplayError {
        .malformedHeader(
            path: path,
            detail: "`\(key)` is \(value.summary), expected \(expected); correct it, copy it again, or remove it"
        )
    }

    /// Whether a value leaves the mathematics as they are without its key. One does as a factor, and not as a bound or a width.
    private func isNeutral(_ value: JSONValue, of key: String) -> Bool {
        if value == .number(1), KnownKeys.changesMathematics(key) { return KnownKeys.isFactor(key) }
        return value.isNeutral
    }

    /// Throws for a key that nobody has read and that changes the mathematics; returns those that may.
    func unread() throws(ReplayError) -> [String] {
        let left = values.filter { key, value in
            !used.contains(key) && !KnownKeys.isHarmless(key) && !isNeutral(value, of: key)
        }
        for key in left.keys.sorted() where KnownKeys.changesMathematics(key) {
            try refuse(key, expected: "its absence: this family has no such part")
        }
        return left.keys.sorted()
    }
}

/// A size that a configuration states, and under which key.
struct Declared: Sendable, Hashable {
    var key: String
    var value: Int
}
