/// About how wide a line of text is in a generic sans-serif font.
package func textWidth(_ text: String, size: Double) -> Double {
    text.unicodeScalars.reduce(0) { width, scalar in
        let share: Double =
            switch scalar {
            case "i", "j", "l", "t", "f", "I", "r", ".", ",", ":", ";", "'", "|", " ", "(", ")", "-", "/": 0.36
            case "m", "w", "M", "W", "%", "@", "\u{2192}": 0.9
            case "A"..."Z", "_": 0.7
            default: scalar.value > 0x2E80 ? 1.05 : 0.58
            }
        return width + share * size
    }
}

/// A text cut to a width, with an ellipsis in the middle when it was too long: names differ at their ends.
package func fitted(_ text: String, width: Double, size: Double) -> String {
    guard textWidth(text, size: size) > width else { return text }
    var (head, tail) = (Substring(), Substring())
    var rest = text[...]
    var used = size
    var takesHead = true
    while let character = takesHead ? rest.first : rest.last {
        used += textWidth(String(character), size: size)
        if used > width { break }
        if takesHead {
            rest.removeFirst()
            head = text[..<rest.startIndex]
        } else {
            rest.removeLast()
            tail = text[rest.endIndex...]
        }
        takesHead.toggle()
    }
    return head + "\u{2026}" + tail
}

/// A text in lines of a width, broken at spaces; what does not go into the last line is cut off there.
package func wrapped(_ text: String, width: Double, size: Double, lines limit: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    let words = text.split(separator: " ").map(String.init)
    for (index, word) in words.enumerated() {
        let longer = line.isEmpty ? word : line + " " + word
        if line.isEmpty || textWidth(longer, size: size) <= width {
            line = longer
        } else if lines.count + 1 < limit {
            lines.append(line)
            line = word
        } else {
            line += " " + words[index...].joined(separator: " ")
            break
        }
    }
    if !line.isEmpty { lines.append(line) }
    return lines.map { fitted($0, width: width, size: size) }
}
