import DataOrder
import Foundation
import Parquet
import Shards
import Terms
import Tokenization

/// The shards and files of a configured run, for the loaders that ask for them.
struct RunFiles: LoaderFiles {
    let configuration: AuditConfiguration
    let inventory: ShardInventory

    var names: [String] { inventory.manifest.entries.map(\.name) }

    // MARK: Token shards

    /// The training shards as the trainer saw them: by their own headers, or by the manifest where the header is gone.
    func tokenShards() throws(DataOrderError) -> [ShardLayout] {
        try layouts(of: inventory.manifest.trainingEntries)
    }

    func validationShard() throws(DataOrderError) -> ShardLayout? {
        guard let entry = inventory.manifest.entries.first(where: { Manifest.isValidation($0.name) }) else {
            return nil
        }
        return try layouts(of: [entry])[0]
    }

    /// The token layouts of some shards.
    private func layouts(of entries: [ManifestEntry]) throws(DataOrderError) -> [ShardLayout] {
        var found: [String: ShardVerification] = [:]
        for verification in inventory.verifications { found[verification.name] = verification }
        let fallback = inventory.verifications.lazy.compactMap(\.header).first { $0.tokens != nil }
        var known: [ShardLayout] = []
        var missing: [String] = []
        known.reserveCapacity(entries.count)
        for entry in entries {
            let verification = found[entry.name]
            let header = verification?.header
            let form = header?.tokens == nil ? fallback ?? header : header
            let bytes = entry.bytes ?? verification?.bytes
            let counted = form.flatMap { form in bytes.map { max(0, $0 - form.headerBytes) / max(1, form.tokenWidth) } }
            guard let form, ShardFormats.named(form.format)?.unit != .documents,
                let tokens = header?.tokens ?? entry.tokens ?? counted
            else {
                missing.append(entry.name)
                continue
            }
            known.append(
                ShardLayout(
                    name: entry.name,
                    tokens: tokens,
                    headerBytes: form.headerBytes,
                    tokenWidth: form.tokenWidth
                )
            )
        }
        guard missing.isEmpty else {
            if !inventory.verifications.isEmpty, inventory.verifications.allSatisfy({ $0.status == .missing }) {
                throw .missing(key: "shards", reason: "not one of them is in \(inventory.folder.path)")
            }
            let names = missing.prefix(3).joined(separator: ", ") + (missing.count > 3 ? ", …" : "")
            throw .missing(
                key: "shards",
                reason: "the token counts of \(names) are not known; they are read from the files, or from a lock file "
                    + "that `trainaudit lock` made of them"
            )
        }
        return known
    }

    func tokens(_ range: Range<Int>, of shard: ShardLayout) throws(DataOrderError) -> [Int32] {
        do throws(ShardError) {
            let path = try inventory.folder.resolve(shard.name)
            let reader = try TokenReader(path: path, headerBytes: shard.headerBytes, tokenWidth: shard.tokenWidth)
            return try reader.tokens(range)
        } catch {
            throw .missing(key: "shards", reason: error.description)
        }
    }

    // MARK: Text shards

    func rowGroups(ofShard name: String) throws(DataOrderError) -> [ShardLayout.Piece] {
        do {
            let file = try ParquetFile(contentsOf: inventory.folder.resolve(name))
            let column = try file.column()
            var first = 0
            var pieces: [ShardLayout.Piece] = []
            for group in file.rowGroups {
                pieces.append(.init(units: first..<first + group.rows, bytes: group.chunks[column].bytes))
                first += group.rows
            }
            return pieces
        } catch {
            throw .missing(key: "shards", reason: "\(error)")
        }
    }

    func documentLengths(of shards: [ShardLayout]) throws(DataOrderError) -> NanochatLengths {
        TextShards(files: self, shards: shards, tokenizer: try tokenizer()).lengths
    }

    /// The tokenizer of `order.tokenizer`: a file, or nanochat's folder with one.
    func tokenizer() throws(DataOrderError) -> Tokenizer {
        let path = resolve(configuration.order.tokenizer ?? "")
        let candidates = [path, path + "/tokenizer.pkl", path + "/tokenizer.json"]
        do throws(TokenizerError) {
            return try Tokenizer.read(path: candidates.first { isFolder($0) == false } ?? path, digits: 2)
        } catch {
            throw .missing(key: "order.tokenizer", reason: error.description)
        }
    }

    // MARK: Files

    func path(ofShard name: String) throws -> String { try inventory.folder.resolve(name) }

    func resolve(_ path: String) -> String { configuration.resolve(path) }

    func isFolder(_ path: String) -> Bool? {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) ? isFolder.boolValue : nil
    }

    func names(inFolder path: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    }

    func beginningsOfLogs(bytes: Int) -> [(log: String, text: String)] {
        configuration.logs.compactMap { log in
            guard let handle = FileHandle(forReadingAtPath: resolve(log)) else { return nil }
            defer { try? handle.close() }
            return (try? handle.read(upToCount: bytes)).map { (log, String(decoding: $0, as: UTF8.self)) }
        }
    }

    func open(_ path: String) throws -> any LoaderFile { try FileReader(path: path) }
}

extension FileReader: LoaderFile {}
