import Foundation

/// A model in several safetensors files: `model.safetensors.index.json` says which file holds which tensor.
enum ShardedSafetensors {
    private struct Index: Decodable {
        var weight_map: [String: String]
    }

    static func read(path: String, overrides: CheckpointOverrides) throws(ReplayError) -> Checkpoint {
        let index: Index
        do {
            index = try JSONDecoder().decode(Index.self, from: try MappedFile.map(path))
        } catch let error as ReplayError {
            throw error
        } catch {
            throw .malformedHeader(path: path, detail: "it is no JSON object with a `weight_map` of names")
        }
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        let names = Set(index.weight_map.values).sorted()
        guard names.count <= 4096 else {
            throw .malformedHeader(path: path, detail: "it names \(names.count) files, expected at most 4096")
        }
        var maps: [Data] = []
        for name in names {
            // A name must not lead out of the folder.
            guard !name.isEmpty, !name.contains("/"), name != "..", name.hasSuffix(".safetensors") else {
                throw .malformedHeader(
                    path: path,
                    detail: "\"\(name)\" is not the name of a safetensors file beside it"
                )
            }
            maps.append(try MappedFile.map(folder.appendingPathComponent(name).path))
        }
        return try withBytes(of: maps) { files throws(ReplayError) in
            try assemble(index, names: names, files: files, folder: folder.path, path: path, overrides: overrides)
        }
    }

    private static func assemble(
        _ index: Index,
        names: [String],
        files: [UnsafeRawBufferPointer],
        folder: String,
        path: String,
        overrides: CheckpointOverrides
    ) throws(ReplayError) -> Checkpoint {
        var tensors: [String: StoredTensor] = [:]
        for (file, name) in names.enumerated() {
            let header = try SafetensorsHeader.parse(files[file], path: folder + "/" + name)
            for (tensor, entry) in SafetensorsModel.tensors(header, file: file) where index.weight_map[tensor] == name {
                tensors[tensor] = entry
            }
        }
        if let missing = index.weight_map.keys.sorted().first(where: { tensors[$0] == nil }) {
            throw .missingTensor(path: folder + "/" + (index.weight_map[missing] ?? ""), name: missing)
        }
        // The file's own name has no number; its folder's may have.
        let stored = StoredModel(
            tensors: tensors,
            files: files,
            path: path,
            updatesDone: CheckpointFile.number(inName: folder)
        )
        return try ModelWeights.assemble(stored, overrides: overrides)
    }

    /// Nests one access inside the other; there are as many as the model has files.
    private static func withBytes<T>(
        of maps: [Data],
        _ body: ([UnsafeRawBufferPointer]) throws(ReplayError) -> T
    ) throws(ReplayError) -> T {
        func enter(_ index: Int, _ open: [UnsafeRawBufferPointer]) throws(ReplayError) -> T {
            guard index < maps.count else { return try body(open) }
            let result: Result<T, ReplayError> = maps[index].withUnsafeBytes { bytes in
                do throws(ReplayError) {
                    return .success(try enter(index + 1, open + [bytes]))
                } catch {
                    return .failure(error)
                }
            }
            return try result.get()
        }
        return try enter(0, [])
    }
}
