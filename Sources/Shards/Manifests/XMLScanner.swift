/// Reads XML as far as lists of files need it: elements, attributes, text. No document types, no namespaces beyond leaving
/// out prefixes.
///
/// Foundation's parser on Linux traps on some malformed elements, so that it cannot be given files from outside.
struct XMLScanner {
    enum Event: Equatable {
        case start(name: String, attributes: [String: String])
        case end(name: String)
        case text(String)
    }

    /// What is wrong, and where.
    struct Failure: Error {
        var line: Int
        var found: String
    }

    private let bytes: [UInt8]
    private var place = 0
    /// An end that follows a start at once, for `<a/>`.
    private var pending: String?

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The line that has been reached, from 1 on.
    var line: Int { 1 + bytes[..<min(place, bytes.count)].reduce(0) { $0 + ($1 == 10 ? 1 : 0) } }

    private func failure(_ found: String) -> Failure { Failure(line: line, found: found) }

    /// The next event; `nil` at the end.
    mutating func next() throws(Failure) -> Event? {
        if let name = pending {
            pending = nil
            return .end(name: name)
        }
        while place < bytes.count {
            if bytes[place] != UInt8(ascii: "<") {
                let start = place
                place = bytes[place...].firstIndex(of: UInt8(ascii: "<")) ?? bytes.count
                return .text(try Self.text(bytes[start..<place], failure("an entity that is not known")))
            }
            if starts("<?") {
                try skip(to: "?>")
            } else if starts("<!--") {
                try skip(to: "-->")
            } else if starts("<![CDATA[") {
                let start = place + 9
                try skip(to: "]]>")
                return .text(String(decoding: bytes[start..<place - 3], as: UTF8.self))
            } else if starts("<!") {
                throw failure("a document type or declaration")
            } else {
                return try tag()
            }
        }
        return nil
    }

    private func starts(_ text: String) -> Bool { bytes[place...].starts(with: text.utf8) }

    private mutating func skip(to end: String) throws(Failure) {
        let wanted = Array(end.utf8)
        // Past what opened it, so that its end is not taken from there.
        var index = place + 2
        while index + wanted.count <= bytes.count {
            if bytes[index..<index + wanted.count].elementsEqual(wanted) {
                place = index + wanted.count
                return
            }
            index += 1
        }
        throw failure("something that is not ended by \(end)")
    }

    private mutating func tag() throws(Failure) -> Event {
        place += 1
        let isEnd = place < bytes.count && bytes[place] == UInt8(ascii: "/")
        if isEnd { place += 1 }
        let name = try self.name()
        var attributes: [String: String] = [:]
        while true {
            skipSpace()
            guard place < bytes.count else { throw failure("an element that does not end") }
            if bytes[place] == UInt8(ascii: ">") {
                place += 1
                return isEnd ? .end(name: name) : .start(name: name, attributes: attributes)
            }
            if starts("/>"), !isEnd {
                place += 2
                pending = name
                return .start(name: name, attributes: attributes)
            }
            guard !isEnd, attributes.count < 64 else { throw failure("an element with too many attributes") }
            let key = try self.name()
            skipSpace()
            guard place < bytes.count, bytes[place] == UInt8(ascii: "=") else {
                throw failure("an attribute without a value")
            }
            place += 1
            skipSpace()
            guard place < bytes.count, bytes[place] == UInt8(ascii: "\"") || bytes[place] == UInt8(ascii: "'") else {
                throw failure("an attribute without quotes")
            }
            let quote = bytes[place]
            guard let end = bytes[(place + 1)...].firstIndex(of: quote) else {
                throw failure("an attribute that does not end")
            }
            attributes[key] = try Self.text(bytes[place + 1..<end], failure("an entity that is not known"))
            place = end + 1
        }
    }

    private mutating func skipSpace() {
        while place < bytes.count, bytes[place] == 32 || (9...13).contains(bytes[place]) { place += 1 }
    }

    /// A name without its prefix.
    private mutating func name() throws(Failure) -> String {
        let start = place
        while place < bytes.count, !Array(" \t\r\n=/><\"'".utf8).contains(bytes[place]) { place += 1 }
        guard place > start, place - start <= 256 else { throw failure("a name that is none") }
        let text = String(decoding: bytes[start..<place], as: UTF8.self)
        return text.split(separator: ":").last.map(String.init) ?? text
    }

    /// Text with its entities replaced.
    private static func text(
        _ bytes: ArraySlice<UInt8>,
        _ failure: @autoclosure () -> Failure
    ) throws(Failure) -> String {
        guard bytes.contains(UInt8(ascii: "&")) else { return String(decoding: bytes, as: UTF8.self) }
        let known = ["amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'"]
        var result = ""
        var rest = bytes
        while let start = rest.firstIndex(of: UInt8(ascii: "&")) {
            result += String(decoding: rest[..<start], as: UTF8.self)
            guard let end = rest[start...].prefix(12).firstIndex(of: UInt8(ascii: ";")) else { throw failure() }
            let name = String(decoding: rest[rest.index(after: start)..<end], as: UTF8.self)
            if let value = known[name] {
                result += value
            } else {
                let code =
                    name.hasPrefix("#x")
                    ? UInt32(name.dropFirst(2), radix: 16)
                    : name.hasPrefix("#") ? UInt32(name.dropFirst()) : nil
                guard let scalar = code.flatMap(Unicode.Scalar.init) else { throw failure() }
                result.unicodeScalars.append(scalar)
            }
            rest = rest[rest.index(after: end)...]
        }
        return result + String(decoding: rest, as: UTF8.self)
    }
}
