import Terms

extension LoaderRule {
    /// nanochat: replayed when the tokenizer is given, else an interval from the positions that the log prints.
    static let nanochat = LoaderRule(
        id: "nanochat",
        summary: "row groups r, r + W, … of each Parquet file, documents packed into rows from a buffer",
        formats: ["nanochat"],
        variants: NanochatVariant.allCases.map(\.rawValue),
        resume: .mapped,
        make: NanochatMaking.make
    )
}

private enum NanochatMaking {
    static func make(_ inputs: inout LoaderInputs) throws(DataOrderError) -> any Loader {
        let geometry = try inputs.geometry()
        let shards = try documentShards(inputs.files)
        let positions = positions(inputs.positions)
        let processes = processes(&inputs)
        guard inputs.options.tokenizer != nil else {
            let loader = try NanochatIntervalLoader(shards: shards, geometry: geometry, positions: positions)
            inputs.assume(
                "order.tokenizer: not given, so steps are traced to the row groups between the positions that the log prints (a "
                    + "document too long to fit may be from an earlier one); "
                    + "with the tokenizer the packing is replayed and documents are exact"
            )
            return loader
        }
        let lengths = try inputs.files.documentLengths(of: shards)
        let name = inputs.usual(inputs.options.variant, "order.variant", NanochatVariant.bestFit.rawValue)
        let loader = try NanochatLoader(
            shards: shards,
            geometry: geometry,
            variant: NanochatVariant(rawValue: name) ?? .bestFit,
            bufferDocuments: inputs.usual(inputs.options.bufferDocuments, "order.bufferDocuments", 1000),
            tokenizerBatch: inputs.usual(inputs.options.tokenizerBatch, "order.tokenizerBatch", 128),
            processes: processes,
            horizon: inputs.updates,
            positions: positions,
            lengths: lengths
        )
        try check(loader, against: positions, &inputs)
        return loader
    }

    /// The updates that are replayed at once, so that settings that are not the run's are found out before any trace.
    private static let probed = 16

    /// Refuses a replay whose reader is not where the log says it was: another tokenizer, other files or another version.
    private static func check(
        _ loader: NanochatLoader,
        against positions: [NanochatPosition],
        _ inputs: inout LoaderInputs
    ) throws(DataOrderError) {
        guard let first = positions.first else {
            inputs.assume("the replayed packing could not be held against the log, which prints no pq and rg")
            return
        }
        guard first.update < probed else {
            inputs.assume("the replayed reader is held against the log only on lines from update \(first.update) on")
            return
        }
        let compared = positions.prefix { $0.update < probed && $0.update + 1 < loader.horizon }
        if let last = compared.last { _ = try loader.microBatches(update: last.update + 1) }
        inputs.assume(
            "the replayed reader stands where the log says on all of the first \(compared.count) lines that print it; a trace "
                + "of a later step compares the lines up to it, and stops at one that differs"
        )
    }

    /// The processes of the run; each resumed one goes on from the position printed just before it.
    private static func processes(_ inputs: inout LoaderInputs) -> [NanochatProcess] {
        guard let processes = inputs.processes, inputs.options.resume != .startsOver else {
            return [NanochatProcess(update: 0)]
        }
        var result: [NanochatProcess] = []
        for process in processes {
            let start = process.processStart
            guard start > 0 else {
                result.append(NanochatProcess(update: process.update, start: 0))
                continue
            }
            // What a checkpoint before this update saved is the position on the line before it.
            guard let saved = inputs.positions.last(where: { $0.update == start - 1 }) else {
                inputs.assume(
                    "the position from which nanochat resumed at step \(start + inputs.stepBase) is not in the log; "
                        + "it is taken to have gone on without a gap"
                )
                continue
            }
            result.append(NanochatProcess(update: process.update, start: start, resumed: saved))
        }
        return result
    }

    /// The training files with their row groups: all but the last of the folder, which is validation.
    private static func documentShards(_ files: any LoaderFiles) throws(DataOrderError) -> [ShardLayout] {
        let names = files.names.filter { $0.hasSuffix(".parquet") }.sorted {
            Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8))
        }
        guard names.count >= 2 else {
            throw .missing(
                key: "shards",
                reason: "nanochat trains on all Parquet files but the last, and \(names.count) are listed"
            )
        }
        var shards: [ShardLayout] = []
        for name in names.dropLast() {
            shards.append(ShardLayout(name: name, unit: .documents, pieces: try files.rowGroups(ofShard: name)))
        }
        return shards
    }

    /// The positions the log prints, by rising update; what a resumed process printed again holds.
    private static func positions(_ printed: [NanochatPosition]) -> [NanochatPosition] {
        var result: [NanochatPosition] = []
        for position in printed {
            guard (0..<1 << 40).contains(position.update), position.file >= 0, position.rowGroup >= 0 else { continue }
            while let last = result.last, last.update >= position.update { result.removeLast() }
            result.append(position)
        }
        return result
    }
}
