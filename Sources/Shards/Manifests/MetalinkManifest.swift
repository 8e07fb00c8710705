import Terms

/// Metalink 4 (RFC 5854, `.meta4`) and 3 (`.metalink`): size, digests, digests of pieces, and addresses.
enum MetalinkManifest {
    static func parse(bytes: [UInt8], path: String) throws(ShardError) -> Manifest {
        var reader = Reader(path: path, scanner: XMLScanner(bytes))
        return Manifest(path: path, form: .metalink, entries: try reader.entries())
    }

    private struct Reader {
        let path: String
        var scanner: XMLScanner
        private var open: [String] = []
        private var files: [ManifestEntry] = []
        private var entry: ManifestEntry?
        private var text = ""
        private var type: String?
        private var pieceType: String?
        private var others: [String] = []

        init(path: String, scanner: XMLScanner) {
            self.path = path
            self.scanner = scanner
        }

        mutating func entries() throws(ShardError) -> [ManifestEntry] {
            while let event = try next() {
                switch event {
                case .start(let name, let attributes): try start(name, attributes)
                case .text(let part): if text.utf8.count < 1 << 16 { text += part }
                case .end(let name): try end(name)
                }
            }
            guard open.isEmpty else { throw refused("the end, inside \(printable(open.last ?? ""))", "its end") }
            return files
        }

        private mutating func next() throws(ShardError) -> XMLScanner.Event? {
            do {
                return try scanner.next()
            } catch {
                throw .manifest(
                    path: path,
                    place: "line \(error.line)",
                    found: error.found,
                    expected: "Metalink 3 or 4, without a document type"
                )
            }
        }

        private mutating func start(_ name: String, _ attributes: [String: String]) throws(ShardError) {
            text = ""
            guard !open.isEmpty || name == "metalink" else {
                throw refused("XML that is no Metalink file", "Metalink 3 or 4")
            }
            open.append(name)
            guard open.count <= 32 else { throw refused("elements \(open.count) deep", "Metalink 3 or 4") }
            switch name {
            case "file":
                entry = ManifestEntry(name: attributes["name"] ?? "")
                others = []
            case "pieces":
                pieceType = attributes["type"] ?? ""
                guard let length = attributes["length"].flatMap({ Int($0) }), (1 << 10...1 << 30).contains(length)
                else {
                    throw refused("pieces of \(printable(attributes["length"] ?? "no size"))", "1 KiB to 1 GiB a piece")
                }
                entry?.pieceBytes = length
            case "hash": type = attributes["type"]
            default: break
            }
        }

        private mutating func end(_ name: String) throws(ShardError) {
            guard open.popLast() == name else { throw refused("the end of \(printable(name))", "that of what is open") }
            let value = text.trimmed
            text = ""
            switch name {
            case "size":
                guard let bytes = Int(value), bytes >= 0 else {
                    throw refused("the size \"\(printable(value))\"", "a whole number")
                }
                entry?.bytes = bytes
            case "url": if !value.isEmpty { entry?.sources.append(value) }
            case "hash": try endHash(value)
            case "pieces": pieceType = nil
            case "file": try endFile()
            default: break
            }
        }

        private mutating func endHash(_ value: String) throws(ShardError) {
            guard let algorithm = DigestAlgorithm(name: pieceType ?? type ?? "") else {
                if pieceType == nil, let type { others.append(type) }
                return
            }
            guard let digest = ContentDigest(algorithm, hex: value) else {
                throw refused(
                    "\"\(printable(value))\"",
                    "\(algorithm.title) in \(2 * algorithm.byteCount) hexadecimal digits"
                )
            }
            if pieceType != nil { entry?.pieces.append(digest) } else { entry?.add(digest) }
        }

        private mutating func endFile() throws(ShardError) {
            guard var file = entry else { return }
            entry = nil
            if !file.isProvable, !others.isEmpty { file.note = unsupported(others) }
            if !file.pieces.isEmpty, let length = file.pieceBytes {
                guard let bytes = file.bytes else { throw refused("pieces of a file without a size", "a size") }
                let count = bytes / length + (bytes % length > 0 ? 1 : 0)
                guard file.pieces.count == count else {
                    throw refused("\(file.pieces.count) pieces", "\(count) for \(bytes) bytes in pieces of \(length)")
                }
            }
            files.append(file)
        }

        private func refused(_ found: String, _ expected: String) -> ShardError {
            .manifest(path: path, place: "line \(scanner.line)", found: found, expected: expected)
        }
    }
}
