import DataOrder
import Terms

extension OrderOptions {
    private static let keys = [
        "loader", "variant", "batch", "sequence", "accumulation", "worldSize", "ramp", "fixedBatch", "resume", "state",
        "seed", "shuffle", "algorithm", "blockSize", "nodes", "canonicalNodes", "workers", "dropLast", "split",
        "evaluationInterval", "evaluationBatches", "initialDraws", "wideDraws", "documentToken", "longestDocument",
        "tokenizer", "bufferDocuments", "tokenizerBatch", "blend", "surplus", "streams", "epochSize", "batching",
        "sampling", "granularity",
    ]

    /// Reads the section.
    init(_ section: YAMLSection) throws(ConfigurationError) {
        self.init()
        try section.allow(Self.keys)
        loader = try section.choice("loader", LoaderRule.all.map(\.id))
        variant = try section.choice("variant", LoaderRule.all.flatMap(\.variants))
        batch = try section.integer("batch", 1...1 << 30)
        sequence = try section.integer("sequence", 1...1 << 30)
        accumulation = try section.integer("accumulation", 1...1 << 20)
        worldSize = try section.integer("worldSize", 1...1 << 20)
        for setting in [Setting.batch, .sequence, .accumulation, .worldSize] {
            sources[setting] = section.source(of: setting.rawValue)
        }
        for stage in try section.sections("ramp") ?? [] {
            try stage.allow(["step", "batch", "sequence", "accumulation", "longestDocument"])
            var found = RampStage(step: try stage.required("step", stage.integer("step", 0...1 << 40)))
            found.batch = try stage.integer("batch", 1...1 << 30)
            found.sequence = try stage.integer("sequence", 1...1 << 30)
            found.accumulation = try stage.integer("accumulation", 1...1 << 20)
            found.longestDocument = try stage.integer("longestDocument", 1...1 << 24)
            ramp.append(found)
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
            var found = Stream(directory: try stream.required("directory", stream.string("directory")))
            found.proportion = try stream.number("proportion")
            found.repetition = try stream.number("repeat")
            found.choose = try stream.integer("choose", 0...1 << 30)
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
