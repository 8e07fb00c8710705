import Terms

/// A Git LFS pointer that stands where the shard should be: the file was never downloaded.
enum LFSPointer: ShardFormat {
    static let title = "Git LFS pointer"
    static let ids = ["lfs-pointer"]
    static let suffixes: [String] = []
    static let magic = [mark]
    static let unit: ShardUnit? = nil
    static let loaders: [String] = []

    static let mark = Array("version https://git-lfs".utf8)

    static func header(of shard: ShardCandidate) throws(ShardError) -> ShardHeader {
        throw shard.malformed(0, "a Git LFS pointer", "the shard itself; run `git lfs pull`")
    }

    /// Says what to do, as ``header(of:)`` does.
    static func tokens(of shard: ShardCandidate) throws(ShardError) -> TokenLayout? {
        _ = try header(of: shard)
        return nil
    }
}
