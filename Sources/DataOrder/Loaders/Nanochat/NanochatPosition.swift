/// Where nanochat's reader stands: `epoch: 1 pq: 3 rg: 41` of a log line, `dataloader_state_dict` of a checkpoint.
public struct NanochatPosition: Sendable, Equatable {
    /// The update on whose line it stands; the reader has then fetched the first micro-batch of the next one.
    public var update: Int
    /// The pass over the files, from 1.
    public var epoch: Int
    /// The file in the sorted list of training files.
    public var file: Int
    /// The row group that was read last by rank 0.
    public var rowGroup: Int

    /// Creates a position.
    public init(update: Int, epoch: Int, file: Int, rowGroup: Int) {
        self.update = update
        self.epoch = epoch
        self.file = file
        self.rowGroup = rowGroup
    }
}

/// Updates in a row that one process of a nanochat run did; they end where the next begin.
public struct NanochatProcess: Sendable, Equatable {
    /// The first of the updates.
    public var update: Int
    /// The update with which the process began.
    public var start: Int
    /// The saved position it resumed from; `nil` for a process that began with the first file.
    public var resumed: NanochatPosition?

    /// Creates a process.
    /// - Parameters:
    ///   - update: The first of the updates.
    ///   - start: The update with which the process began; by default the first of the updates.
    ///   - resumed: The saved position it resumed from.
    public init(update: Int, start: Int? = nil, resumed: NanochatPosition? = nil) {
        self.update = update
        self.start = start ?? update
        self.resumed = resumed
    }
}

/// The documents that a rank reads, one tokenizer batch after another, for ever.
///
/// Rank r reads row groups r, r + W, … of each file. A resumed process goes on with the row group after the saved one, of
/// the same remainder, so that up to W row groups are skipped.
struct NanochatReader: Sendable {
    let shards: [ShardLayout]
    let worldSize: Int
    let rank: Int
    let batch: Int
    private var file: Int
    private var rowGroup: Int
    /// The documents of the current row group that were handed out.
    private var handedOut = 0

    init(shards: [ShardLayout], worldSize: Int, rank: Int, batch: Int, resumed: NanochatPosition?) {
        self.shards = shards
        self.worldSize = worldSize
        self.rank = rank
        self.batch = max(1, batch)
        file = 0
        rowGroup = rank
        guard let resumed, shards.indices.contains(resumed.file), resumed.rowGroup >= 0 else { return }
        file = resumed.file
        let next = (resumed.rowGroup / worldSize + 1) * worldSize + rank
        if next < shards[file].pieces.count {
            rowGroup = next
        } else {
            file = (file + 1) % shards.count
        }
    }

    /// The next documents: their file, their row group and their places in the file.
    mutating func next() -> (file: Int, rowGroup: Int, documents: Range<Int>)? {
        // Each file may have nothing for a rank; once around all of them is enough to know.
        for _ in 0...shards.count {
            while rowGroup < shards[file].pieces.count {
                let documents = shards[file].pieces[rowGroup].units.dropFirst(handedOut)
                guard !documents.isEmpty else {
                    rowGroup += worldSize
                    handedOut = 0
                    continue
                }
                let batch = documents.prefix(self.batch)
                handedOut += batch.count
                return (file, rowGroup, batch)
            }
            file = (file + 1) % shards.count
            rowGroup = rank
            handedOut = 0
        }
        return nil
    }
}
