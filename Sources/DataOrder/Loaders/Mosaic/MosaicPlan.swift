/// Who reads what in an epoch of MosaicML's `StreamingDataset`.
struct MosaicPlan {
    let sampling: MosaicSampling
    let options: MosaicLoader.Options
    let geometry: BatchGeometry
    /// Canonical nodes.
    let canonical: Int
    /// `shuffle_block_size`.
    let block: Int

    private var ranksPerNode: Int { geometry.worldSize / options.nodes }

    /// For each rank the samples it feeds, batch by batch of its workers in turn; −1 fills up short batches.
    func epoch(_ epoch: Int) throws(DataOrderError) -> [[Int32]] {
        let batch = geometry.batch
        let fed: [[Int32]]
        switch options.batching {
        case .random: fed = try mixed(epoch)
        case .perStream: fed = try perStream(epoch)
        case .stratified: fed = try stratified(epoch)
        case .devicePerStream: fed = try devicePerStream(epoch)
        }
        // Batches of only padding never leave their worker.
        let result = fed.map { rows in
            stride(from: 0, to: rows.count, by: batch).filter { rows[$0] >= 0 }.flatMap { rows[$0..<$0 + batch] }
        }
        guard result.allSatisfy({ !$0.isEmpty }) else {
            throw .invalid(
                key: "order.batch",
                found: "an epoch without a batch for every rank",
                expected: "fewer ranks, smaller batches or more samples"
            )
        }
        return result
    }

    private func mixed(_ epoch: Int) throws(DataOrderError) -> [[Int32]] {
        try dealt(
            epoch: epoch,
            stream: nil,
            block: block,
            nodes: options.nodes,
            batch: geometry.batch
        )
    }

    /// The samples of a stream, or of all, shuffled and dealt to ranks.
    private func dealt(
        epoch: Int,
        stream: Int?,
        block: Int,
        nodes: Int,
        batch: Int
    ) throws(DataOrderError) -> [[Int32]] {
        let (units, samples) = sampling.drawn(epoch: epoch, only: stream)
        guard samples.count > canonical else {
            throw .invalid(
                key: stream == nil ? "order.canonicalNodes" : "order.streams",
                found: "\(samples.count) samples for \(canonical) canonical nodes",
                expected: "more samples than canonical nodes"
            )
        }
        let order = options.shuffle?.order(
            sizes: units,
            canonicalNodes: canonical,
            seed: UInt64(options.seed),
            epoch: epoch,
            blockSize: block
        )
        return partition(samples.count, nodes: nodes, batch: batch).map { places in
            places.map { $0 < 0 ? -1 : samples[order?[$0] ?? $0] }
        }
    }

    /// The places of an epoch that each rank reads, in the order of its workers' batches; −1 fills up the last round.
    private func partition(_ total: Int, nodes: Int, batch: Int) -> [[Int]] {
        let perCanonical = (total + canonical - 1) / canonical
        // Canonical nodes are shared by several nodes only after padding to a multiple.
        let ratio = canonical < nodes ? nodes / canonical : 1
        let padding = (ratio - perCanonical % ratio) % ratio
        // Row c of the matrix holds the samples of canonical node c, a short row its last sample twice.
        var columns: [[Int]] = (0..<canonical).map { node in
            let begin = total * node / canonical
            let end = total * (node + 1) / canonical
            var row = Array(begin..<begin + perCanonical)
            if end - begin < perCanonical { row[perCanonical - 1] -= 1 }
            return row
        }
        if padding > 0 {
            // The original takes them from here, counted from the end of the row that is already padded.
            let width = perCanonical + padding
            let from = width - 2 * padding - ratio + 1
            for node in columns.indices {
                for extra in 0..<padding {
                    columns[node].append(columns[node][max(0, min(from + extra, perCanonical - 1))])
                }
            }
        }
        // Read column by column, dealt to the nodes in turn.
        var perNode = [[Int]](repeating: [], count: nodes)
        var place = 0
        for column in 0..<columns[0].count {
            for node in 0..<canonical {
                perNode[place % nodes].append(columns[node][column])
                place += 1
            }
        }
        return perNode.flatMap { shared($0, batch: batch) }
    }

    /// The samples of a node, striped over its ranks.
    private func shared(_ samples: [Int], batch: Int) -> [[Int]] {
        var samples = samples
        let overflow = samples.count % ranksPerNode
        if overflow > 0 {
            let missing = ranksPerNode - overflow
            if ranksPerNode + missing - 1 <= samples.count {
                let from = samples.count - ranksPerNode - missing + 1
                samples += samples[from..<from + missing]
            } else {
                samples += (0..<missing).map { samples[$0 % samples.count] }
            }
        }
        return (0..<ranksPerNode).map { rank in
            var own = stride(from: rank, to: samples.count, by: ranksPerNode).map { samples[$0] }
            let round = options.workers * batch
            own += [Int](repeating: -1, count: (round - own.count % round) % round)
            return own
        }
    }

    // MARK: Several streams

    /// The part of the block size that a stream is shuffled with.
    private func block(of stream: Int) -> Int { Int(Double(block) * sampling.shares[stream]) }

    /// The seed of what is shuffled once an epoch.
    private func epochGenerator(_ epoch: Int) -> PCG64 {
        let changes = options.shuffle != nil && options.isBalanced
        return PCG64(seed: UInt64(options.seed) &+ (changes ? UInt64(epoch) : 0))
    }

    /// Cuts rows into batches and keeps as many from the first as there are full ones.
    private static func fullBatches(_ rows: [Int32], of size: Int) -> [ArraySlice<Int32>] {
        let all = stride(from: 0, to: rows.count, by: size).map { rows[$0..<min(rows.count, $0 + size)] }
        let full = all.count { $0.count == size && !$0.contains(-1) }
        return Array(all.prefix(full))
    }

    /// The rows of all ranks in the order in which they are fed, so many of each rank at a time.
    private static func inOrder(_ ranks: [[Int32]], batch: Int) -> [Int32] {
        guard let count = ranks.first?.count else { return [] }
        return stride(from: 0, to: count, by: batch).flatMap { start in ranks.flatMap { $0[start..<start + batch] } }
    }

    private func nothing(of stream: Int) -> DataOrderError {
        .invalid(
            key: "order.streams",
            found: "too few samples of stream \(stream + 1) for one batch",
            expected: "more of it, or smaller batches"
        )
    }

    /// Takes the batches of the streams in a shuffled order.
    private func merged(_ batches: [[ArraySlice<Int32>]], _ generator: inout PCG64) -> [ArraySlice<Int32>] {
        var origins = batches.enumerated().flatMap { [Int](repeating: $0.offset, count: $0.element.count) }
        generator.shuffle(&origins)
        var next = [Int](repeating: 0, count: batches.count)
        return origins.map { stream in
            next[stream] += 1
            return batches[stream][next[stream] - 1]
        }
    }

    /// Gives each rank its rows of batches over all ranks.
    private func split(_ batches: [some Collection<Int32>]) -> [[Int32]] {
        (0..<geometry.worldSize).map { rank in
            batches.flatMap { Array($0.dropFirst(rank * geometry.batch).prefix(geometry.batch)) }
        }
    }

    private func perStream(_ epoch: Int) throws(DataOrderError) -> [[Int32]] {
        var batches: [[ArraySlice<Int32>]] = []
        for stream in sampling.streams.indices {
            let ranks = try dealt(
                epoch: epoch,
                stream: stream,
                block: block(of: stream),
                nodes: options.nodes,
                batch: geometry.batch
            )
            let rows = Self.inOrder(ranks, batch: geometry.batch)
            batches.append(Self.fullBatches(rows, of: geometry.batch * geometry.worldSize))
            if batches[stream].isEmpty { throw nothing(of: stream) }
        }
        var generator = epochGenerator(epoch)
        return split(merged(batches, &generator))
    }

    private func stratified(_ epoch: Int) throws(DataOrderError) -> [[Int32]] {
        let portions = try portions()
        var parts: [[ArraySlice<Int32>]] = []
        for stream in sampling.streams.indices {
            let ranks = try dealt(epoch: epoch, stream: stream, block: block(of: stream), nodes: 1, batch: 1)
            parts.append(Self.fullBatches(Self.inOrder(ranks, batch: 1), of: portions[stream]))
        }
        let count = parts.map(\.count).min() ?? 0
        return split((0..<count).map { index in parts.flatMap { Array($0[index]) } })
    }

    /// The rows of each stream in a batch over all ranks.
    private func portions() throws(DataOrderError) -> [Int] {
        let whole = geometry.batch * geometry.worldSize
        let exact = sampling.shares.map { $0 * Double(whole) }
        var portions = exact.map { Int($0) }
        let missing = whole - portions.reduce(0, +)
        if missing > 0 {
            let left = zip(exact, portions).map { $0 - Double($1) }
            let order = left.indices.sorted { left[$0] > left[$1] }
            guard missing <= order.count,
                missing == order.count || left[order[missing - 1]] > left[order[missing]]
            else {
                throw .unsupported(
                    loader: "mosaicml",
                    reason:
                        "streams of equal shares compete for the last row of a stratified batch, and which one gets it "
                        + "depends on how NumPy sorts equal numbers; choose a batch that the shares divide"
                )
            }
            for stream in order.prefix(missing) { portions[stream] += 1 }
        }
        guard let empty = portions.firstIndex(where: { $0 < 1 }) else { return portions }
        throw nothing(of: empty)
    }

    private func devicePerStream(_ epoch: Int) throws(DataOrderError) -> [[Int32]] {
        let (nodes, batch) = (options.nodes, geometry.batch)
        guard canonical.isMultiple(of: nodes) else {
            throw .invalid(
                key: "order.canonicalNodes",
                found: "\(canonical)",
                expected: "a multiple of order.nodes for device-per-stream batches"
            )
        }
        var ranks: [[[Int32]]] = []
        for stream in sampling.streams.indices {
            ranks.append(
                try dealt(epoch: epoch, stream: stream, block: block(of: stream), nodes: canonical, batch: 1)
            )
        }
        let perNode = canonical / nodes * ranksPerNode
        var generator = epochGenerator(epoch)
        var queues: [[ArraySlice<Int32>]] = []
        for node in 0..<nodes {
            var batches: [[ArraySlice<Int32>]] = []
            for stream in sampling.streams.indices {
                let own = Array(ranks[stream][node * perNode..<(node + 1) * perNode])
                batches.append(Self.fullBatches(Self.inOrder(own, batch: 1), of: batch))
                if batches[stream].isEmpty { throw nothing(of: stream) }
            }
            queues.append(merged(batches, &generator))
        }
        // The nodes' batches in turn, laid over the ranks; a node that has fewer gives padding.
        let most = queues.map(\.count).max() ?? 0
        let padding = [Int32](repeating: -1, count: batch)[...]
        var result = [[Int32]](repeating: [], count: geometry.worldSize)
        var place = 0
        for index in 0..<most {
            for queue in queues {
                result[place % geometry.worldSize] += index < queue.count ? queue[index] : padding
                place += 1
            }
        }
        return result
    }
}
