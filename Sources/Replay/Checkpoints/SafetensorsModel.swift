/// A model in one safetensors file.
enum SafetensorsModel {
    static func parse(
        _ bytes: UnsafeRawBufferPointer,
        file: FileMapping?,
        path: String,
        overrides: CheckpointOverrides
    ) throws(ReplayError) -> Checkpoint {
        let header = try SafetensorsHeader.parse(bytes, path: path)
        let stored = StoredModel(
            tensors: tensors(header, file: 0),
            files: [bytes],
            mappings: file.map { [$0] } ?? [],
            path: path,
            updatesDone: header.metadata["step"].flatMap { Int($0) }
        )
        return try ModelWeights.assemble(stored, overrides: overrides)
    }

    /// The tensors of a file by name.
    static func tensors(_ header: SafetensorsHeader, file: Int) -> [String: StoredTensor] {
        header.entries.mapValues { entry in
            let start = header.dataStart + entry.range.lowerBound
            return StoredTensor(
                type: entry.type,
                shape: entry.shape,
                range: start..<start + entry.range.count,
                file: file
            )
        }
    }
}
