/// A Git LFS pointer that stands where the shard should be: the file was never downloaded.
enum LFSPointer: ShardFormat {
    static let id = "lfs-pointer"

    static func recognises(name: String, head: [UInt8]) -> Bool {
        head.starts(with: Array("version https://git-lfs".utf8))
    }

    static func header(of file: FileReader, head: [UInt8]) throws(ShardError) -> ShardHeader {
        throw .malformed(
            path: file.path,
            byte: 0,
            found: "a Git LFS pointer",
            expected: "the shard itself; run `git lfs pull`"
        )
    }
}
