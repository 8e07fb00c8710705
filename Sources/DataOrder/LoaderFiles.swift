/// The shards and files of a run, as far as loaders ask for them. This module reads nothing by itself: whoever makes a
/// loader hands the files in.
package protocol LoaderFiles: Sendable {
    /// The names of all shards, in the order of the manifest.
    var names: [String] { get }

    /// The training shards as token shards, in the order in which the trainer lists them.
    func tokenShards() throws(DataOrderError) -> [ShardLayout]

    /// The first validation shard as a token shard; `nil` where none is listed.
    func validationShard() throws(DataOrderError) -> ShardLayout?

    /// The row groups of a Parquet shard: their documents, and the bytes of the column that holds the text.
    func rowGroups(ofShard name: String) throws(DataOrderError) -> [ShardLayout.Piece]

    /// Counts the tokens of documents with the tokenizer of `order.tokenizer`.
    func documentLengths(of shards: [ShardLayout]) throws(DataOrderError) -> NanochatLengths

    /// Some tokens of a token shard.
    func tokens(_ range: Range<Int>, of shard: ShardLayout) throws(DataOrderError) -> [Int32]

    /// The path of a shard's file.
    func path(ofShard name: String) throws -> String

    /// A path of the configuration, made absolute.
    func resolve(_ path: String) -> String

    /// Whether a path is of a folder; `nil` where nothing is there.
    func isFolder(_ path: String) -> Bool?

    /// The names of what a folder holds.
    func names(inFolder path: String) -> [String]

    /// The text with which each log of the run begins, by the log's name; a log that cannot be read is left out.
    func beginningsOfLogs(bytes: Int) -> [(log: String, text: String)]

    /// A file to read from.
    func open(_ path: String) throws -> any LoaderFile
}

/// A file that a loader reads from.
package protocol LoaderFile: Sendable {
    /// Its size in bytes.
    var size: Int { get }

    /// The bytes of a range, as far as the file goes.
    func bytes(_ range: Range<Int>) throws -> [UInt8]
}
