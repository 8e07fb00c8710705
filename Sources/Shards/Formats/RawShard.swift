/// Headerless uint16 token streams (nanoGPT `train.bin`): an even size is all their structure.
///
/// Source: nanoGPT `data/*/prepare.py`; reference `shards.md` 3.
enum RawShard: ShardFormat {
    static let id = "raw-uint16"

    static func recognises(name: String, head: [UInt8]) -> Bool {
        name.hasSuffix(".bin")
    }

    static func header(of file: FileReader, head: [UInt8]) throws(ShardError) -> ShardHeader {
        guard file.size % 2 == 0 else {
            throw .malformed(
                path: file.path,
                byte: file.size - 1,
                found: "an odd number of bytes (\(file.size))",
                expected: "2 bytes a token; the file was cut short"
            )
        }
        return ShardHeader(format: id, tokens: file.size / 2, headerBytes: 0, tokenWidth: 2)
    }
}
