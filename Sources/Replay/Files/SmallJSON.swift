import Foundation

/// Reads the small JSON files that lie beside checkpoints.
enum SmallJSON {
    /// The largest that is read: what these files hold takes a few kilobytes.
    private static let largest = 1 << 24

    /// The bytes of a file; `nil` when there is none. Throws `ReplayError.unreadable` or `ReplayError.malformedHeader`.
    static func data(_ path: String) throws(ReplayError) -> Data? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let file = try FileMapping(path)
        guard file.bytes.count <= largest else {
            throw .malformedHeader(path: path, detail: "it has \(file.bytes.count) bytes, expected at most \(largest)")
        }
        return try file.read { bytes throws(ReplayError) in Data(bytes) }
    }

    /// Decodes JSON, also as Python writes it: its Infinity and NaN are taken for null. Throws `ReplayError.malformedHeader`
    /// that names the key.
    ///
    /// Not by the decoder's JSON5, which ends the process on some damaged files (Foundation of Swift 6.3).
    static func decode<T: Decodable>(_ type: T.Type, _ data: Data, path: String) throws(ReplayError) -> T {
        do {
            return try JSONDecoder().decode(type, from: strict(data))
        } catch {
            throw .malformedHeader(path: path, detail: "\(detail(of: error)); correct it, copy it again, or remove it")
        }
    }

    /// The same text with `null` for the numbers that JSON does not have.
    private static func strict(_ data: Data) -> Data {
        let words = ["-Infinity", "Infinity", "NaN"].map { Array($0.utf8) }
        let bytes = [UInt8](data)
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var isText = false
        var at = 0
        while at < bytes.count {
            let byte = bytes[at]
            if !isText, let word = words.first(where: { bytes[at...].starts(with: $0) }) {
                result += Array("null".utf8)
                at += word.count
                continue
            }
            if isText, byte == UInt8(ascii: "\\"), at + 1 < bytes.count {
                result += [byte, bytes[at + 1]]
                at += 2
                continue
            }
            if byte == UInt8(ascii: "\"") { isText.toggle() }
            result.append(byte)
            at += 1
        }
        return Data(result)
    }

    private static func detail(of error: any Error) -> String {
        switch error as? DecodingError {
        case .typeMismatch(let type, let context):
            "`\(key(context))` is not what it should be, expected \(word(for: type))"
        case .valueNotFound(let type, let context):
            "`\(key(context))` is null, expected \(word(for: type))"
        case .dataCorrupted(let context) where !context.codingPath.isEmpty:
            "`\(key(context))` is not what it should be: \(context.debugDescription)"
        case .dataCorrupted(let context):
            "it is not a JSON object of this kind (\(reason(context)))"
        default:
            "it is not a JSON object"
        }
    }

    /// What the parser says where it says more than the decoder: which number is not one of Swift's.
    private static func reason(_ context: DecodingError.Context) -> String {
        let inner = context.underlyingError.map { ($0 as NSError).userInfo["NSDebugDescription"] as? String }
        let text = (inner ?? nil) ?? context.debugDescription
        return text.hasSuffix(".") ? String(text.dropLast()) : text
    }

    private static func key(_ context: DecodingError.Context) -> String {
        let path = context.codingPath.map(\.stringValue).joined(separator: ".")
        return path.isEmpty ? "the file" : path
    }

    private static func word(for type: any Any.Type) -> String {
        switch type {
        case is Int.Type: "a whole number"
        case is Float.Type, is Double.Type: "a number"
        case is Bool.Type: "true or false"
        case is String.Type: "a text"
        default: "an object"
        }
    }
}
