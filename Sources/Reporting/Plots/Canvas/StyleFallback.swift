/// The light colours of the plots as attributes of their elements.
///
/// A page that forbids styles in the file (`style-src 'self'`, as Jenkins sends with archived files) drops the style sheet
/// of a plot, and shapes without a fill are black. A style sheet outweighs these attributes wherever it is allowed.
package enum StyleFallback {
    private struct Rule {
        /// The classes of one element that the rule asks for.
        var classes: [String]
        var attributes: [(name: String, value: String)]
    }

    private static let properties: Set<String> = [
        "fill", "stroke", "fill-opacity", "stroke-opacity", "stroke-width", "stroke-dasharray", "stroke-linecap",
        "font-size", "font-weight", "paint-order",
    ]

    private static let rules: [Rule] = parse(Resource.plotStyle)

    /// The rules for single elements by class, in the order of the sheet; the dark ones come last and are left out.
    private static func parse(_ sheet: String) -> [Rule] {
        let light = sheet.split(separator: "\n").prefix { !$0.hasPrefix("@media") }
        return light.flatMap { line -> [Rule] in
            guard let open = line.firstIndex(of: "{"), let close = line.lastIndex(of: "}"), open < close else {
                return []
            }
            let declarations = line[line.index(after: open)..<close].split(separator: ";").compactMap {
                item -> (String, String)? in
                let parts = item.split(separator: ":", maxSplits: 1).map { $0.filter { $0 != "\"" } }
                guard parts.count == 2 else { return nil }
                let name = parts[0].filter { $0 != " " }
                let value = String(parts[1].drop { $0 == " " })
                return properties.contains(name) ? (name, value) : nil
            }
            guard !declarations.isEmpty else { return [] }
            return line[..<open].split(separator: ",").compactMap { selector -> Rule? in
                let parts = selector.split(separator: " ")
                guard parts.count == 2, parts[0] == ".plot", parts[1].hasPrefix(".") else { return nil }
                return Rule(classes: parts[1].split(separator: ".").map(String.init), attributes: declarations)
            }
        }
    }

    /// An element and its children with attributes for what the sheet says of their classes.
    package static func applied(to element: Markup) -> Markup {
        var result = element
        result.children = element.children.map(applied)
        guard element.name != "svg", let style = element.attributes.first(where: { $0.name == "class" })?.value else {
            return result
        }
        let classes = Set(style.split(separator: " ").map(String.init))
        // A rule that names more classes outweighs one that names fewer; of equals the later one counts.
        var values: [(name: String, value: String, weight: Int)] = []
        for rule in rules where rule.classes.allSatisfy(classes.contains) {
            for (name, value) in rule.attributes {
                if let place = values.firstIndex(where: { $0.name == name }) {
                    guard rule.classes.count >= values[place].weight else { continue }
                    values[place] = (name, value, rule.classes.count)
                } else {
                    values.append((name, value, rule.classes.count))
                }
            }
        }
        let own = Set(element.attributes.map(\.name))
        result.attributes += values.filter { !own.contains($0.name) }.map {
            Markup.Attribute(name: $0.name, value: $0.value)
        }
        return result
    }
}
