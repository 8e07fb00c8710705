/// A Git LFS pointer that stands where the shard should be: the file was never downloaded.
enum LFSPointer: ShardFormat {
    static let id = "lfs-pointer"

    static let magic = Array("version https://git-lfs".utf8)

    static func recognises(_ shard: ShardCandidate) -> Bool {
        shard.head.starts(with: magic)
    }

    static func header(of shard: ShardCandidate) throws(ShardError) -> ShardHeader {
        throw shard.malformed(0, "a Git LFS pointer", "the shard itself; run `git lfs pull`")
    }
}
