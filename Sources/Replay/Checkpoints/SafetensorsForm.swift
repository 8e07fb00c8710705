extension CheckpointForm {
    /// A model in one safetensors file.
    static let safetensors = CheckpointForm(
        title: "safetensors",
        suffixes: ["safetensors"],
        names: ["model.safetensors"],
        recognition: .bytes(SafetensorsForm.matches),
        read: SafetensorsForm.read
    )
}

enum SafetensorsForm {
    /// Whether bytes, of which there are at least eight, begin as such a file does.
    static func matches(_ bytes: UnsafeRawBufferPointer) -> Bool { bytes.count > 8 && bytes[8] == UInt8(ascii: "{") }

    fileprivate static func read(
        _ source: CheckpointSource,
        _ overrides: CheckpointOverrides
    ) throws(ReplayError) -> Checkpoint {
        let header = try SafetensorsHeader.parse(source.bytes, path: source.path)
        let stored = StoredModel(
            tensors: tensors(header, file: 0),
            files: [source.bytes],
            mappings: source.file.map { [$0] } ?? [],
            path: source.path,
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
