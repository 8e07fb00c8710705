/// `index.json` of a litdata folder: sizes of chunks that are not compressed, and never a digest.
///
/// Of a compressed or encrypted chunk `chunk_bytes` is the size after decompression, which says nothing of the file. Reference
/// `manifests.md` 6.
enum LitDataIndex {
    private struct Document: Decodable {
        var chunks: [Chunk]
        var config: Config?
    }

    private struct Chunk: Decodable {
        var filename: String
        var chunk_bytes: Int
        var dim: Int?
    }

    private struct Config: Decodable {
        var compression: String?
        var encryption: Present?
    }

    /// Something that is there, whatever it is.
    private struct Present: Decodable {
        init(from decoder: any Decoder) throws {}
    }

    static func parse(bytes: [UInt8], path: String) throws(ShardError) -> Manifest {
        let document = try JSONManifests.decode(Document.self, bytes, path: path, as: "a litdata index")
        let isPlain = document.config?.compression == nil && document.config?.encryption == nil
        let entries = document.chunks.map { chunk in
            ManifestEntry(
                name: chunk.filename,
                bytes: isPlain ? chunk.chunk_bytes : nil,
                tokens: chunk.dim,
                note: isPlain ? nil : "a litdata index does not know the size of a compressed chunk"
            )
        }
        return Manifest(path: path, form: .litdata, entries: entries)
    }
}
