/// Any JSON value.
enum JSONValue: Sendable, Hashable, Decodable {
    case null
    case bool(Bool)
    case number(Double)
    case text(String)
    case list([JSONValue])
    case object([String: JSONValue])

    /// Throws `DecodingError` for what is no JSON.
    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .text(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .list(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    /// Whether it leaves a model's mathematics as they are without the key: absent, off, empty, or one as a factor.
    var isNeutral: Bool {
        switch self {
        case .null: true
        case .bool(let value): !value
        case .number(let value): value == 0 || value == 1
        case .text(let value): value.isEmpty
        // Numbers in a list are one for each layer, and mean something by being there.
        case .list(let values):
            values.allSatisfy { $0 == .null || $0 == .bool(false) || $0 == .text("full_attention") }
        case .object(let values): values.isEmpty
        }
    }

    /// How it looks in a message: numbers as they are written, long values cut.
    var summary: String {
        let text: String
        switch self {
        case .null: text = "null"
        case .bool(let value): text = value ? "true" : "false"
        case .number(let value):
            text = Int(exactly: value).map(String.init) ?? "\(value)"
        case .text(let value): text = value
        case .list(let values): text = "[" + values.prefix(8).map(\.summary).joined(separator: ", ") + "]"
        case .object(let values): text = "{" + values.keys.sorted().prefix(8).joined(separator: ", ") + "}"
        }
        return text.count <= 80 ? text : text.prefix(77) + "..."
    }
}
