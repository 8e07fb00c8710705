import Terms

/// `order:` of a configuration; what is missing is taken from the log.
public struct OrderOptions: Sendable, Equatable {
    /// A stage of a batch size that grows during the run.
    public struct RampStage: Sendable, Equatable {
        /// The first step of the stage, in the numbering of the log.
        public var step: Int
        /// Rows per rank and micro-step; `nil` leaves them.
        public var batch: Int?
        /// Tokens a row; `nil` leaves them.
        public var sequence: Int?
        /// Micro-steps per step and rank; `nil` leaves them.
        public var accumulation: Int?
        /// modded-nanogpt: the length to which documents are cut; `nil` leaves it.
        public var longestDocument: Int?

        /// A stage that leaves everything as it is.
        public init(step: Int) { self.step = step }
    }

    /// A data set of a blend, as in Megatron-LM's `--data-path`.
    public struct BlendPart: Sendable, Equatable {
        /// The name of its `.bin` file among the shards, with or without the ending.
        public var data: String
        /// Its weight; `nil` where none of the parts has one.
        public var weight: Double?

        /// Creates a part.
        public init(data: String, weight: Double? = nil) {
            self.data = data
            self.weight = weight
        }
    }

    /// A stream of MosaicML's StreamingDataset.
    public struct Stream: Sendable, Equatable {
        /// The folder of its `index.json`, below the shards.
        public var directory: String
        /// `proportion`.
        public var proportion: Double?
        /// `repeat`.
        public var repetition: Double?
        /// `choose`.
        public var choose: Int?

        /// A stream without a weight.
        public init(directory: String) { self.directory = directory }
    }

    /// What a loader does when a run resumes.
    public enum Resume: String, Sendable, CaseIterable {
        /// It goes on where the last process stopped.
        case goesOn = "continue"
        /// It starts over with the first shard.
        case startsOver = "restart"
    }

    /// Where the factors of the geometry are configured.
    public var sources: [Setting: SettingSource] = [:]
    /// Which loader read the shards; `nil` takes it from the log or the shards.
    public var loader: String?
    /// The version of the loader, where one trainer had several.
    public var variant: String?
    /// Rows per rank and micro-step.
    public var batch: Int?
    /// Tokens a row.
    public var sequence: Int?
    /// Micro-steps per step and rank.
    public var accumulation: Int?
    /// Data-parallel ranks.
    public var worldSize: Int?
    /// How the batch grows.
    public var ramp: [RampStage] = []
    /// Whether every step reads the first batch.
    public var fixedBatch: Bool?
    /// What the loader did when the run resumed; `nil` for what its trainer usually does.
    public var resume: Resume?
    /// Index caches, state files or recorded indices: a file or a folder.
    public var state: String?
    /// The seed of the shuffle.
    public var seed: Int?
    /// Whether the data are shuffled.
    public var shuffle: Bool?
    /// MosaicML: the shuffle algorithm.
    public var algorithm: String?
    /// MosaicML: `shuffle_block_size`; litdata: `item_shuffle_window`.
    public var blockSize: Int?
    /// Physical nodes.
    public var nodes: Int?
    /// MosaicML: `num_canonical_nodes`.
    public var canonicalNodes: Int?
    /// DataLoader workers a rank.
    public var workers: Int?
    /// Whether ranks get equal shares.
    public var dropLast: Bool?
    /// Megatron-LM: `--split`.
    public var split: String?
    /// Megatron-LM: the data sets of `--data-path`.
    public var blend: [BlendPart] = []
    /// Megatron-LM: `mid_level_dataset_surplus`.
    public var surplus: Double?
    /// MosaicML: the streams.
    public var streams: [Stream] = []
    /// MosaicML: `epoch_size`.
    public var epochSize: Int?
    /// MosaicML: how batches are made of the streams.
    public var batching: String?
    /// MosaicML: `balanced` or `fixed`.
    public var sampling: String?
    /// MosaicML: `sampling_granularity`.
    public var granularity: Int?
    /// nanoGPT: `eval_interval`.
    public var evaluationInterval: Int?
    /// nanoGPT: `eval_iters`.
    public var evaluationBatches: Int?
    /// nanoGPT: the draws before the first batch.
    public var initialDraws: Int?
    /// nanoGPT: whether offsets are drawn with 64 bits.
    public var wideDraws: Bool?
    /// modded-nanogpt: the token that documents begin with.
    public var documentToken: Int?
    /// modded-nanogpt: the length to which documents are cut.
    public var longestDocument: Int?
    /// nanochat: the tokenizer, a file or nanochat's folder with one.
    public var tokenizer: String?
    /// nanochat: documents held ready for packing.
    public var bufferDocuments: Int?
    /// nanochat: documents tokenised at once.
    public var tokenizerBatch: Int?

    /// Options of which none is given.
    public init() {}
}
