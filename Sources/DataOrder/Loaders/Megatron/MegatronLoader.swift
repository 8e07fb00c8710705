import Terms

/// What Megatron-LM's index caches say: documents in the order in which they are laid end to end, where each sample of
/// that stream begins, and the order of the samples.
public struct MegatronIndex: Sendable {
    /// The document (sequence number in the `.idx` file) at each place of the stream.
    public var documents: [Int32]
    /// For each sample, and for the end of the last: the place in ``documents`` its first token lies in.
    public var sampleDocuments: [Int]
    /// For each sample, and for the end of the last: the token of that document it begins with.
    public var sampleOffsets: [Int]
    /// The sample that is fed n-th.
    public var order: [Int]
    /// The first token of each document in the shard, and the end of the last.
    public var documentStarts: [Int]

    /// Checks and keeps the arrays.
    /// - Throws: ``DataOrderError`` naming the array that does not fit the others.
    public init(
        documents: [Int32],
        sampleDocuments: [Int],
        sampleOffsets: [Int],
        order: [Int],
        documentStarts: [Int]
    ) throws(DataOrderError) {
        func wrong(_ array: String, _ found: String, _ expected: String) -> DataOrderError {
            .invalid(key: "order.state", found: "\(array) with \(found)", expected: expected)
        }
        let known = documentStarts.count - 1
        guard known >= 1, documentStarts[0] >= 0,
            zip(documentStarts, documentStarts.dropFirst()).allSatisfy({ $0 <= $1 })
        else { throw wrong("the .idx file", "document starts that fall", "rising document starts") }
        guard documents.allSatisfy({ $0 >= 0 && Int($0) < known }) else {
            throw wrong("document_index", "documents beyond \(known)", "documents of the .idx file")
        }
        guard sampleDocuments.count == sampleOffsets.count, sampleDocuments.count >= 2,
            sampleDocuments.allSatisfy({ documents.indices.contains($0) }), sampleOffsets.allSatisfy({ $0 >= 0 }),
            zip(sampleDocuments, sampleDocuments.dropFirst()).allSatisfy({ $0 <= $1 })
        else { throw wrong("sample_index", "places beyond the document index", "rising places of it") }
        let samples = sampleDocuments.count - 1
        guard !order.isEmpty, order.allSatisfy({ (0..<samples).contains($0) }) else {
            throw wrong("shuffle_index", "samples beyond \(samples)", "samples of the sample index")
        }
        self.documents = documents
        self.sampleDocuments = sampleDocuments
        self.sampleOffsets = sampleOffsets
        self.order = order
        self.documentStarts = documentStarts
    }

    /// Builds the arrays as Megatron-LM builds them when no cache is there.
    /// - Parameters:
    ///   - documentStarts: The first token of each document in the shard, and the end of the last.
    ///   - split: The documents that belong to the training split.
    ///   - samples: The samples the run asks for (`train_iters` · global batch size); `nil` for those of one epoch, as in a
    ///     blend without weights.
    ///   - sequence: Tokens of a row.
    ///   - seed: `--seed`.
    /// Source: Megatron-LM `megatron/core/datasets/gpt_dataset.py` and `helpers.cpp`.
    public static func built(
        documentStarts: [Int],
        split: Range<Int>,
        samples: Int?,
        sequence: Int,
        seed: Int
    ) throws(DataOrderError) -> MegatronIndex {
        let split = split.clamped(to: 0..<max(0, documentStarts.count - 1))
        guard !split.isEmpty, sequence > 0, (1...1 << 31).contains(samples ?? 1), (0...Int(UInt32.max)).contains(seed)
        else {
            throw .invalid(key: "order", found: "no documents, or no samples", expected: "a split with documents")
        }
        let perEpoch = documentStarts[split.upperBound] - documentStarts[split.lowerBound]
        let (requested, overflow) = (samples ?? 0).multipliedReportingOverflow(by: sequence)
        guard perEpoch > 0, !overflow, requested < 1 << 56 else {
            throw .invalid(key: "order", found: "\(perEpoch) tokens an epoch", expected: "at least one")
        }
        let epochs = samples == nil ? 1 : max(1, (requested + 1 + perEpoch - 1) / perEpoch)
        guard epochs <= (1 << 31) / split.count else {
            throw .invalid(key: "training.steps", found: "\(epochs) epochs", expected: "fewer than 2^31 documents")
        }
        let beforeLast = max(0, ((epochs - 1) * perEpoch - 1) / sequence)
        let inLast = (samples ?? 0) - beforeLast
        let isLastSeparate = epochs > 1 && inLast < Int(0.8 * Double((perEpoch - 1) / sequence))
        var generator = MersenneTwister(seed: UInt32(seed))
        func shuffledDocuments(_ epochs: Int) -> [Int32] {
            var list: [Int32] = []
            list.reserveCapacity(epochs * split.count)
            for _ in 0..<epochs { list += split.map { Int32(truncatingIfNeeded: $0) } }
            generator.shuffleLikeNumPy(&list)
            return list
        }
        let documents =
            isLastSeparate ? shuffledDocuments(epochs - 1) + shuffledDocuments(1) : shuffledDocuments(epochs)
        let count = (epochs * perEpoch - 1) / sequence
        var places = [0]
        var offsets = [0]
        var place = 0
        var offset = 0
        for _ in 0..<count {
            var remaining = sequence + 1
            while remaining > 0 {
                let document = Int(documents[place])
                let held = documentStarts[document + 1] - documentStarts[document] - offset
                remaining -= held
                if remaining <= 0 {
                    // The next sample begins with this one's last token.
                    offset += remaining + held - 1
                    remaining = 0
                } else {
                    if place == documents.count - 1 { break }
                    place += 1
                    offset = 0
                }
            }
            places.append(place)
            offsets.append(offset)
        }
        var order = Array(0..<(isLastSeparate ? beforeLast : count))
        generator.shuffleLikeNumPy(&order)
        if isLastSeparate {
            var last = Array(beforeLast..<count)
            generator.shuffleLikeNumPy(&last)
            order += last
        }
        return try MegatronIndex(
            documents: documents,
            sampleDocuments: places,
            sampleOffsets: offsets,
            order: order,
            documentStarts: documentStarts
        )
    }
}

extension MegatronIndex {
    /// The tokens of a sample in the shard, document by document.
    func parts(ofSample sample: Int) -> [Range<Int>] {
        let (first, last) = (sampleDocuments[sample], sampleDocuments[sample + 1])
        var result: [Range<Int>] = []
        for place in first...last {
            let document = Int(documents[place])
            let bounds = documentStarts[document]..<documentStarts[document + 1]
            let begin = bounds.lowerBound + (place == first ? sampleOffsets[sample] : 0)
            // The last token of a sample is the first of the next.
            let end = place == last ? bounds.lowerBound + sampleOffsets[sample + 1] + 1 : bounds.upperBound
            let part = min(begin, bounds.upperBound)..<max(min(begin, bounds.upperBound), min(end, bounds.upperBound))
            if !part.isEmpty { result.append(part) }
        }
        return result
    }
}

/// Megatron-LM's `GPTDataset`: documents shuffled and laid end to end, cut into samples of sequence + 1 tokens that share
/// one token with the next, and the samples shuffled again; of several data sets, blended by weight.
///
/// With C samples consumed before an update, micro-step k of rank r feeds order[C + (k·W + r)·B ..< + B]. The batch size may
/// grow during the run.
/// Sources: Megatron-LM `gpt_dataset.py`, `blended_dataset.py`, `data_samplers.py`; reference `loaders.md` 6.
public struct MegatronLoader: Loader {
    public let shards: [ShardLayout]
    public var geometry: BatchGeometry { ramp.stages[0].geometry }
    /// How the batch size grows.
    public let ramp: BatchRamp
    private let indexes: [MegatronIndex]
    private let blend: MegatronBlend?
    private let sequence: Int

    /// Creates the loader of one data set.
    /// - Parameters:
    ///   - shard: The one `.bin` file the index is of.
    ///   - ramp: The stages of the batch size.
    ///   - index: The order of samples and documents.
    public init(shard: ShardLayout, ramp: BatchRamp, index: MegatronIndex) throws(DataOrderError) {
        try self.init(shards: [shard], ramp: ramp, indexes: [index], blend: nil)
    }

    /// Creates the loader of a blend.
    /// - Parameters:
    ///   - shards: The `.bin` file of each data set.
    ///   - ramp: The stages of the batch size.
    ///   - indexes: The index of each data set.
    ///   - blend: Which sample of the run is of which data set; `nil` only for a single one.
    public init(
        shards: [ShardLayout],
        ramp: BatchRamp,
        indexes: [MegatronIndex],
        blend: MegatronBlend?
    ) throws(DataOrderError) {
        try validate(shards)
        guard shards.count == indexes.count, shards.count == 1 || blend != nil else {
            throw .invalid(
                key: "order.blend",
                found: "\(shards.count) data sets and \(indexes.count) indexes",
                expected: "one index each, and how they are blended"
            )
        }
        for (shard, index) in zip(shards, indexes) {
            guard let end = index.documentStarts.last, end <= shard.tokens else {
                throw .invalid(
                    key: shard.name,
                    found: "\(shard.tokens) tokens",
                    expected: "the \(index.documentStarts.last ?? 0) tokens that the .idx file tells of"
                )
            }
        }
        if let blend {
            let fits = zip(blend.dataSets, blend.samples).allSatisfy { set, sample in
                indexes.indices.contains(Int(set)) && indexes[Int(set)].order.indices.contains(Int(sample))
            }
            guard fits else {
                throw .invalid(
                    key: "order.blend",
                    found: "samples beyond a data set's shuffle_index",
                    expected: "indexes of the same run as the blend"
                )
            }
        }
        self.shards = shards
        self.ramp = ramp
        self.indexes = indexes
        self.blend = blend
        sequence = ramp.stages[0].geometry.sequence
    }

    public func geometry(ofUpdate update: Int) -> BatchGeometry { ramp.geometry(of: update) }

    public var readsShardsInOrder: Bool { false }

    /// The samples that a run can feed.
    private var count: Int { blend?.dataSets.count ?? indexes[0].order.count }

    /// The data set, and the sample in its sample index, that the run feeds n-th.
    private func sample(_ n: Int) -> (dataSet: Int, sample: Int) {
        guard let blend else { return (0, indexes[0].order[n]) }
        let set = Int(blend.dataSets[n])
        return (set, indexes[set].order[Int(blend.samples[n])])
    }

    /// The samples consumed before an update.
    private func consumed(before update: Int) throws(DataOrderError) -> Int {
        try ramp.firstToken(of: update) / sequence
    }

    public func microBatches(update: Int) throws(DataOrderError) -> [MicroBatch] {
        try validate(update: update)
        let geometry = ramp.geometry(of: update)
        let first = try consumed(before: update)
        guard first + geometry.batch * geometry.worldSize * geometry.accumulation <= count else {
            let name = blend == nil ? "shuffle index" : "blend"
            throw .exhausted(update: update, reason: "the \(name) holds \(count) samples")
        }
        var result: [MicroBatch] = []
        for microStep in 0..<geometry.accumulation {
            for rank in 0..<geometry.worldSize {
                let begin = first + (microStep * geometry.worldSize + rank) * geometry.batch
                var spans: [DataSpan] = []
                for row in begin..<begin + geometry.batch {
                    let (dataSet, sample) = sample(row)
                    for tokens in indexes[dataSet].parts(ofSample: sample) {
                        spans.append(span(shard: dataSet, rank: rank, microStep: microStep, tokens: tokens))
                    }
                }
                result.append(
                    MicroBatch(
                        rank: rank,
                        microStep: microStep,
                        spans: spans,
                        arrangement: .rows(length: sequence + 1)
                    )
                )
            }
        }
        return result
    }

    /// - Complexity: O(samples).
    public func updates(
        reading tokens: Range<Int>,
        ofShard shard: Int,
        limit: Int
    ) throws(DataOrderError) -> [Range<Int>] {
        let index = indexes[shard]
        var isWanted = [Bool](repeating: false, count: index.sampleDocuments.count - 1)
        for sample in isWanted.indices {
            isWanted[sample] = index.parts(ofSample: sample).contains { $0.overlaps(tokens) }
        }
        var ranges: [Range<Int>] = []
        for place in 0..<count {
            let fed = sample(place)
            guard fed.dataSet == shard, isWanted[fed.sample] else { continue }
            let update = ramp.update(holding: place * sequence)
            guard update < limit else { break }
            ranges.append(update..<update + 1)
        }
        return ranges.merged()
    }
}
