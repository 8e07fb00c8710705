import Foundation

extension CheckpointForm {
    /// A model in several safetensors files: `model.safetensors.index.json` says which file holds which tensor.
    static let safetensorsIndex = CheckpointForm(
        title: nil,
        names: ["model.safetensors.index.json"],
        recognition: .name(".index.json"),
        read: ShardedSafetensors.read
    )
}

private enum ShardedSafetensors {
    private struct Index: Decodable {
        var weight_map: [String: String]
    }

    static func read(
        _ source: CheckpointSource,
        _ overrides: CheckpointOverrides
    ) throws(ReplayError) -> Checkpoint {
        let path = source.path
        let index: Index
        // The largest models have tens of thousands of tensors.
        guard source.bytes.count <= 100_000_000 else {
            throw .malformedHeader(path: path, detail: "it has \(source.bytes.count) bytes, expected at most 100000000")
        }
        do {
            index = try JSONDecoder().decode(Index.self, from: Data(source.bytes))
        } catch {
            throw .malformedHeader(path: path, detail: "it is no JSON object with a `weight_map` of names")
        }
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        let names = Set(index.weight_map.values).sorted()
        guard names.count <= 4096 else {
            throw .malformedHeader(path: path, detail: "it names \(names.count) files, expected at most 4096")
        }
        var maps: [FileMapping] = []
        for name in names {
            // A name must not lead out of the folder.
            guard !name.isEmpty, !name.contains("/"), name != "..", name.hasSuffix(".safetensors") else {
                throw .malformedHeader(
                    path: path,
                    detail: "\"\(name)\" is not the name of a safetensors file beside it"
                )
            }
            do throws(ReplayError) {
                maps.append(try FileMapping(folder.appendingPathComponent(name).path))
            } catch .unreadable(_, let reason) {
                let remedy = "copy the missing part beside it, or the index again"
                throw .unreadable(path: path, reason: "of its parts \(name) cannot be read: \(reason); \(remedy)")
            }
        }
        do throws(ReplayError) {
            let checkpoint = try assemble(
                index,
                names: names,
                maps: maps,
                folder: folder.path,
                path: path,
                overrides: overrides
            )
            for map in maps { try map.checkUnchanged() }
            return checkpoint
        } catch {
            for map in maps { try map.checkUnchanged() }
            throw error
        }
    }

    private static func assemble(
        _ index: Index,
        names: [String],
        maps: [FileMapping],
        folder: String,
        path: String,
        overrides: CheckpointOverrides
    ) throws(ReplayError) -> Checkpoint {
        var tensors: [String: StoredTensor] = [:]
        for (file, name) in names.enumerated() {
            let header = try SafetensorsHeader.parse(maps[file].bytes, path: folder + "/" + name)
            for (tensor, entry) in SafetensorsForm.tensors(header, file: file) where index.weight_map[tensor] == name {
                tensors[tensor] = entry
            }
        }
        if let missing = index.weight_map.keys.sorted().first(where: { tensors[$0] == nil }) {
            let place = "which it says is in \(index.weight_map[missing] ?? "")"
            throw .malformedHeader(
                path: path,
                detail: "tensor \(missing), \(place), is not there; copy the model again"
            )
        }
        // The file's own name has no number; its folder's may have.
        let stored = StoredModel(
            tensors: tensors,
            files: maps.map(\.bytes),
            mappings: maps,
            path: path,
            updatesDone: CheckpointFile.number(inName: folder)
        )
        return try ModelWeights.assemble(stored, overrides: overrides)
    }
}
