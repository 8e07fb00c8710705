import Foundation

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// Metalink 4 (RFC 5854, `.meta4`) and 3 (`.metalink`): size, digests, digests of pieces, and addresses.
enum MetalinkManifest {
    static func parse(bytes: [UInt8], path: String) throws(ShardError) -> Manifest {
        // Neither version needs a document type, and entities can make a small file huge.
        let data = Data(bytes)
        guard data.range(of: Data("<!DOCTYPE".utf8)) == nil, data.range(of: Data("<!ENTITY".utf8)) == nil else {
            throw .manifest(path: path, place: "XML", found: "a document type", expected: "a Metalink file without one")
        }
        let reader = Reader(path: path)
        let parser = XMLParser(data: data)
        parser.shouldResolveExternalEntities = false
        parser.shouldProcessNamespaces = true
        parser.delegate = reader
        let isWhole = parser.parse()
        if let failure = reader.failure { throw failure }
        guard isWhole, reader.isMetalink else {
            throw .manifest(
                path: path,
                place: "line \(parser.lineNumber)",
                found: reader.isMetalink ? "XML that cannot be parsed" : "XML that is no Metalink file",
                expected: "Metalink 3 or 4"
            )
        }
        return Manifest(path: path, form: "metalink", entries: reader.entries)
    }

    private final class Reader: NSObject, XMLParserDelegate {
        let path: String
        var entries: [ManifestEntry] = []
        var isMetalink = false
        var failure: ShardError?
        private var entry: ManifestEntry?
        private var text = ""
        private var type: String?
        private var pieceType: String?
        private var depth = 0

        init(path: String) { self.path = path }

        func parser(
            _ parser: XMLParser,
            didStartElement name: String,
            namespaceURI: String?,
            qualifiedName: String?,
            attributes: [String: String]
        ) {
            text = ""
            depth += 1
            if depth == 1 { isMetalink = name == "metalink" }
            if depth > 32 { refuse("elements \(depth) deep", "Metalink 3 or 4", parser) }
            switch name {
            case "file": entry = ManifestEntry(name: attributes["name"] ?? "")
            case "pieces":
                pieceType = attributes["type"] ?? ""
                guard let length = attributes["length"].flatMap({ Int($0) }), (1 << 10...1 << 30).contains(length)
                else {
                    return refuse(
                        "pieces of \(printable(attributes["length"] ?? "no"))",
                        "1 KiB to 1 GiB a piece",
                        parser
                    )
                }
                entry?.pieceBytes = length
            case "hash": type = attributes["type"]
            default: break
            }
        }

        func parser(_ parser: XMLParser, foundCharacters string: String) {
            guard text.utf8.count < 1 << 16 else { return }
            text += string
        }

        func parser(
            _ parser: XMLParser,
            didEndElement name: String,
            namespaceURI: String?,
            qualifiedName: String?
        ) {
            depth -= 1
            let value = text.trimmed
            text = ""
            switch name {
            case "size":
                guard let bytes = Int(value), bytes >= 0 else {
                    return refuse("the size \"\(printable(value))\"", "a whole number", parser)
                }
                entry?.bytes = bytes
            case "url": if !value.isEmpty { entry?.sources.append(value) }
            case "hash": endHash(value, parser)
            case "pieces": pieceType = nil
            case "file": endFile(parser)
            default: break
            }
        }

        private func endHash(_ value: String, _ parser: XMLParser) {
            guard let algorithm = DigestAlgorithm(name: pieceType ?? type ?? "") else { return }
            guard let digest = ContentDigest(algorithm, hex: value) else {
                return refuse(
                    "\"\(printable(value))\"",
                    "\(algorithm.title) in \(2 * algorithm.byteCount) hexadecimal digits",
                    parser
                )
            }
            if pieceType != nil { entry?.pieces.append(digest) } else { entry?.add(digest) }
        }

        private func endFile(_ parser: XMLParser) {
            guard let file = entry else { return }
            entry = nil
            if !file.pieces.isEmpty, let length = file.pieceBytes {
                guard let bytes = file.bytes else {
                    return refuse("pieces of a file without a size", "a size", parser)
                }
                let count = bytes / length + (bytes % length > 0 ? 1 : 0)
                guard file.pieces.count == count else {
                    return refuse(
                        "\(file.pieces.count) pieces",
                        "\(count) for \(bytes) bytes in pieces of \(length)",
                        parser
                    )
                }
            }
            entries.append(file)
        }

        private func refuse(_ found: String, _ expected: String, _ parser: XMLParser) {
            failure =
                failure
                ?? .manifest(path: path, place: "line \(parser.lineNumber)", found: found, expected: expected)
            parser.abortParsing()
        }
    }
}
