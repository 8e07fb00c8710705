import DataOrder

extension AuditConfiguration {
    /// `order:`; what is missing is taken from the log.
    public struct OrderSection: Sendable, Equatable {
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
        }

        /// A data set of a blend, as in Megatron-LM's `--data-path`.
        public struct BlendPart: Sendable, Equatable {
            /// The name of its `.bin` file among the shards, with or without the ending.
            public var data: String
            /// Its weight; `nil` where none of the parts has one.
            public var weight: Double?
        }

        /// A stream of MosaicML's StreamingDataset.
        public struct Stream: Sendable, Equatable {
            /// The folder of its `index.json`, below the shards.
            public var directory: String
            public var proportion: Double?
            /// `repeat`.
            public var repetition: Double?
            public var choose: Int?
        }

        /// What a loader does when a run resumes.
        public enum Resume: String, Sendable, CaseIterable {
            /// It goes on where the last process stopped.
            case goesOn = "continue"
            /// It starts over with the first shard.
            case startsOver = "restart"
        }

        public var loader: String?
        /// The version of the loader, where one trainer had several.
        public var variant: String?
        public var batch: Int?
        public var sequence: Int?
        public var accumulation: Int?
        public var worldSize: Int?
        public var ramp: [RampStage] = []
        /// Whether every step reads the first batch.
        public var fixedBatch: Bool?
        public var resume: Resume?
        /// Index caches, state files or recorded indices: a file or a folder.
        public var state: String?
        public var seed: Int?
        public var shuffle: Bool?
        /// MosaicML: the shuffle algorithm.
        public var algorithm: String?
        public var blockSize: Int?
        public var nodes: Int?
        public var canonicalNodes: Int?
        /// DataLoader workers a rank.
        public var workers: Int?
        public var dropLast: Bool?
        /// Megatron-LM: `--split`.
        public var split: String?
        /// Megatron-LM: the data sets of `--data-path`, and `mid_level_dataset_surplus`.
        public var blend: [BlendPart] = []
        public var surplus: Double?
        /// MosaicML: the streams, and how batches are made of them.
        public var streams: [Stream] = []
        public var epochSize: Int?
        public var batching: String?
        public var sampling: String?
        public var granularity: Int?
        /// nanoGPT: `eval_interval`, `eval_iters`, and the draws before the first batch.
        public var evaluationInterval: Int?
        public var evaluationBatches: Int?
        public var initialDraws: Int?
        /// nanoGPT: whether offsets are drawn with 64 bits.
        public var wideDraws: Bool?
        /// modded-nanogpt: the token documents begin with, and the length they are cut to.
        public var documentToken: Int?
        public var longestDocument: Int?
        /// nanochat: what turns documents into tokens and rows.
        public var tokenizer: String?
        public var bufferDocuments: Int?
        public var tokenizerBatch: Int?

        /// An empty section.
        public init() {}
    }
}

extension AuditConfiguration.OrderSection {
    /// The values of `order.loader`.
    static let loaders = LoaderWirings.ids

    private static let keys = [
        "loader", "variant", "batch", "sequence", "accumulation", "worldSize", "ramp", "fixedBatch", "resume", "state",
        "seed", "shuffle", "algorithm", "blockSize", "nodes", "canonicalNodes", "workers", "dropLast", "split",
        "evaluationInterval", "evaluationBatches", "initialDraws", "wideDraws", "documentToken", "longestDocument",
        "tokenizer", "bufferDocuments", "tokenizerBatch", "blend", "surplus", "streams", "epochSize", "batching",
        "sampling", "granularity",
    ]

    /// Reads the section.
    init(_ section: YAMLSection) throws(ConfigurationError) {
        try section.allow(Self.keys)
        loader = try section.choice("loader", Self.loaders)
        variant = try section.choice("variant", LoaderWirings.variants)
        batch = try section.integer("batch", 1...1 << 30)
        sequence = try section.integer("sequence", 1...1 << 30)
        accumulation = try section.integer("accumulation", 1...1 << 20)
        worldSize = try section.integer("worldSize", 1...1 << 20)
        for stage in try section.sections("ramp") ?? [] {
            try stage.allow(["step", "batch", "sequence", "accumulation", "longestDocument"])
            ramp.append(
                RampStage(
                    step: try stage.required("step", stage.integer("step", 0...1 << 40)),
                    batch: try stage.integer("batch", 1...1 << 30),
                    sequence: try stage.integer("sequence", 1...1 << 30),
                    accumulation: try stage.integer("accumulation", 1...1 << 20),
                    longestDocument: try stage.integer("longestDocument", 1...1 << 24)
                )
            )
        }
        fixedBatch = try section.boolean("fixedBatch")
        resume = try section.choice("resume", Resume.allCases.map(\.rawValue)).flatMap(Resume.init)
        state = try section.string("state")
        seed = try section.integer("seed", 0...Int(UInt32.max))
        shuffle = try section.boolean("shuffle")
        algorithm = try section.choice("algorithm", MosaicShuffle.allCases.map(\.rawValue))
        blockSize = try section.integer("blockSize", 0...1 << 40)
        nodes = try section.integer("nodes", 1...1 << 16)
        canonicalNodes = try section.integer("canonicalNodes", 1...1 << 20)
        workers = try section.integer("workers", 0...1 << 16)
        dropLast = try section.boolean("dropLast")
        split = try section.string("split")
        evaluationInterval = try section.integer("evaluationInterval", 1...1 << 40)
        evaluationBatches = try section.integer("evaluationBatches", 0...1 << 24)
        initialDraws = try section.integer("initialDraws", 0...1 << 40)
        wideDraws = try section.boolean("wideDraws")
        documentToken = try section.integer("documentToken", 0...Int(UInt32.max))
        longestDocument = try section.integer("longestDocument", 1...1 << 24)
        tokenizer = try section.string("tokenizer")
        bufferDocuments = try section.integer("bufferDocuments", 1...1 << 24)
        tokenizerBatch = try section.integer("tokenizerBatch", 1...1 << 24)
        try readBlend(section)
        try readStreams(section)
    }

    private mutating func readBlend(_ section: YAMLSection) throws(ConfigurationError) {
        for part in try section.sections("blend") ?? [] {
            try part.allow(["data", "weight"])
            let weight = try part.number("weight")
            if let weight, !(weight > 0 && weight.isFinite) {
                throw part.error("weight", found: "\(weight)", expected: "a positive number")
            }
            blend.append(BlendPart(data: try part.required("data", part.string("data")), weight: weight))
        }
        if !blend.isEmpty, Set(blend.map { $0.weight == nil }).count > 1 {
            throw section.error("blend", found: "weights for some data sets", expected: "a weight for all or for none")
        }
        surplus = try section.number("surplus")
        if let surplus, !(0...10).contains(surplus) {
            throw section.error("surplus", found: "\(surplus)", expected: "0 to 10")
        }
    }

    private mutating func readStreams(_ section: YAMLSection) throws(ConfigurationError) {
        for stream in try section.sections("streams") ?? [] {
            try stream.allow(["directory", "proportion", "repeat", "choose"])
            let found = Stream(
                directory: try stream.required("directory", stream.string("directory")),
                proportion: try stream.number("proportion"),
                repetition: try stream.number("repeat"),
                choose: try stream.integer("choose", 0...1 << 30)
            )
            for (key, value) in [("proportion", found.proportion), ("repeat", found.repetition)] {
                if let value, !(value >= 0 && value <= 0x1p30) {
                    throw stream.error(key, found: "\(value)", expected: "a number from 0 to 2^30")
                }
            }
            streams.append(found)
        }
        epochSize = try section.integer("epochSize", 1...1 << 30)
        batching = try section.choice("batching", MosaicLoader.Batching.allCases.map(\.rawValue))
        sampling = try section.choice("sampling", ["balanced", "fixed"])
        granularity = try section.integer("granularity", 1...1 << 30)
    }
}
