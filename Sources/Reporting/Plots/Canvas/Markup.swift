import Foundation
import XMLCoder

/// One element of an SVG or JUnit file: a name, attributes in order, and text or children in order.
///
/// XMLCoder writes it and escapes its text; characters that XML 1.0 forbids are replaced here, because XMLCoder passes
/// them through.
package struct Markup: Sendable, Equatable {
    package var name: String
    package var attributes: [Attribute]
    package var text: String?
    package var children: [Markup]

    package struct Attribute: Sendable, Equatable {
        package var name: String
        package var value: String
    }

    /// Creates an element.
    package init(
        _ name: String,
        _ attributes: KeyValuePairs<String, String> = [:],
        text: String? = nil,
        children: [Markup] = []
    ) {
        self.name = name
        self.attributes = attributes.map { Attribute(name: $0.key, value: $0.value) }
        self.text = text
        self.children = children
    }

    /// The element as text.
    /// - Parameter isDocument: with the XML declaration and a line feed at the end.
    /// - Throws: `EncodingError`; not for any value of this type that is known.
    package func encoded(isDocument: Bool) throws -> String {
        let encoder = XMLEncoder()
        encoder.outputFormatting = .prettyPrinted
        encoder.prettyPrintIndentation = .spaces(2)
        let header = isDocument ? XMLHeader(version: 1.0, encoding: "UTF-8") : nil
        let data = try encoder.encode(self, withRootKey: name, header: header)
        return String(decoding: data, as: UTF8.self) + (isDocument ? "\n" : "")
    }
}

extension Markup: Encodable, DynamicNodeEncoding {
    private struct Key: CodingKey {
        var stringValue: String
        var isAttribute: Bool
        var intValue: Int? { nil }

        init(_ name: String, isAttribute: Bool) {
            stringValue = name
            self.isAttribute = isAttribute
        }

        init?(stringValue: String) { self.init(stringValue, isAttribute: false) }
        init?(intValue: Int) { nil }
    }

    package static func nodeEncoding(for key: any CodingKey) -> XMLEncoder.NodeEncoding {
        (key as? Key)?.isAttribute == true ? .attribute : .element
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        for attribute in attributes {
            let value = SafeText.line(attribute.value, limit: .max)
            try container.encode(value, forKey: Key(attribute.name, isAttribute: true))
        }
        if let text {
            try container.encode(SafeText.block(text, limit: .max), forKey: Key("", isAttribute: false))
        }
        for child in children {
            try container.encode(child, forKey: Key(child.name, isAttribute: false))
        }
    }
}
