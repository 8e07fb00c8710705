import Terms

extension LoaderRule {
    /// nanoGPT: one file, offsets drawn at random; reproducible where the log or the configuration tells how the generator was
    /// used before.
    static let nanoGPT = LoaderRule(
        id: "nanogpt",
        summary: "random windows of one file, drawn by torch.randint on the CPU",
        formats: ["nanogpt"],
        resume: .startsOver,
        make: NanoGPTMaking.make
    )
}

private enum NanoGPTMaking {
    static func make(_ inputs: inout LoaderInputs) throws(DataOrderError) -> any Loader {
        let options = inputs.printed.options
        var geometry = try inputs.geometry(of: options)
        // The trainer counts micro-steps over all ranks; forks print those of one.
        let isOfOneRank = inputs.printed.accumulation != nil && !inputs.printed.accumulationCountsRanks
        if inputs.options.accumulation == nil, !isOfOneRank, geometry.worldSize > 1 {
            guard geometry.accumulation.isMultiple(of: geometry.worldSize) else {
                throw .invalid(
                    key: "order.worldSize",
                    found: "\(geometry.worldSize) ranks for \(geometry.accumulation) micro-steps",
                    expected: "a divisor, as gradient_accumulation_steps counts all ranks"
                )
            }
            geometry = try BatchGeometry(
                batch: geometry.batch,
                sequence: geometry.sequence,
                accumulation: geometry.accumulation / geometry.worldSize,
                worldSize: geometry.worldSize
            )
        }
        let shards = try inputs.files.tokenShards()
        guard shards.count == 1 else {
            throw .invalid(
                key: "shards",
                found: "\(shards.count) training shards",
                expected: "the one train.bin of nanoGPT"
            )
        }
        if let dropout = options["dropout"].flatMap(Double.init), dropout > 0, options["device"] == "cpu" {
            throw .unsupported(
                loader: "nanogpt",
                reason:
                    "dropout on the CPU draws from the generator of the offsets, as often as the model runs; steps are "
                    + "unknown"
            )
        }
        if let from = options["init_from"], from.contains("gpt2") {
            throw .unsupported(
                loader: "nanogpt",
                reason: "a run that begins with \(from) makes a second model on the generator of the offsets; set "
                    + "order.initialDraws"
            )
        }
        guard let validation = try inputs.files.validationShard() else {
            throw .missing(key: "shards", reason: "nanoGPT's evaluations draw from val.bin too, and it is not listed")
        }
        let generator = RandomWindowLoader.Generator(
            seed: inputs.usual(inputs.options.seed, "order.seed", 1337),
            drawsBefore: try draws(&inputs, options, geometry),
            evaluationInterval: inputs.usual(
                inputs.options.evaluationInterval ?? options["eval_interval"].flatMap { Int($0) },
                "order.evaluationInterval",
                2000
            ),
            evaluationBatches: inputs.usual(
                inputs.options.evaluationBatches ?? options["eval_iters"].flatMap { Int($0) },
                "order.evaluationBatches",
                200
            ),
            validationTokens: validation.tokens,
            wideFrom: try wideFrom(&inputs, shards[0].tokens - geometry.sequence)
        )
        return try RandomWindowLoader(
            shard: shards[0],
            geometry: geometry,
            generator: generator,
            horizon: inputs.updates
        )
    }

    /// The draws that made the model.
    private static func draws(
        _ inputs: inout LoaderInputs,
        _ options: [String: String],
        _ geometry: BatchGeometry
    ) throws(DataOrderError) -> Int {
        if let draws = inputs.options.initialDraws { return draws }
        func number(_ key: String) -> Int? { options[key].flatMap { Int($0) } }
        let layers = inputs.usual(number("n_layer"), "n_layer", 12)
        let width = inputs.usual(number("n_embd"), "n_embd", 768)
        let vocabulary = inputs.usual(
            inputs.vocabulary ?? inputs.printed.vocabulary,
            "model.vocabulary",
            50_304
        )
        let bias = inputs.usual(options["bias"], "bias", "False") == "True"
        try check(inputs.printed.parameters, options, layers: layers, width: width, vocabulary: vocabulary, bias: bias)
        let draws = RandomWindowLoader.Generator.draws(
            layers: layers,
            width: width,
            vocabulary: vocabulary,
            sequence: geometry.sequence,
            bias: bias
        )
        guard let draws else {
            throw .invalid(
                key: "order.initialDraws",
                found: "a model of \(layers) layers and \(width) channels",
                expected: "a model that can be, or the draws before the first batch"
            )
        }
        return draws
    }

    /// Holds the model against the number of parameters that the log prints: a model taken to have the trainer's default
    /// size, because the log's beginning is gone, would have every window wrong.
    private static func check(
        _ printed: Int?,
        _ options: [String: String],
        layers: Int,
        width: Int,
        vocabulary: Int,
        bias: Bool
    ) throws(DataOrderError) {
        guard let printed else {
            guard options.isEmpty else { return }
            throw .missing(
                key: "order.initialDraws",
                reason: "the log prints neither the model's settings nor its size, and making the model draws from the "
                    + "generator of the offsets"
            )
        }
        guard (1...1 << 12).contains(layers), (1...1 << 16).contains(width), (1...1 << 24).contains(vocabulary) else {
            return
        }
        let norms = (2 * layers + 1) * width * (bias ? 2 : 1)
        let count = vocabulary * width + layers * (12 * width * width + (bias ? 9 * width : 0)) + norms
        // The trainer prints hundredths of a million.
        guard abs(count - printed) <= 6000 + printed / 500 else {
            throw .conflict(
                key: "model.vocabulary or order.initialDraws",
                reason:
                    "by the settings that are known the model has \(count) parameters, and the log prints \(printed)"
            )
        }
    }

    /// The range from which on PyTorch draws 64 bits; it was lowered from 2^32 to 2^28 early in 2025.
    private static func wideFrom(_ inputs: inout LoaderInputs, _ range: Int) throws(DataOrderError) -> Int {
        if let wide = inputs.options.wideDraws { return wide ? 1 : .max }
        guard (1 << 28..<1 << 32).contains(range) else { return 1 << 28 }
        throw .missing(
            key: "order.wideDraws",
            reason:
                "for a file of \(range) tokens older PyTorch draws 32 bits an offset (false) and newer 64 (true); which "
                + "one ran is not in the log"
        )
    }
}

extension LoaderInputs {
    /// Geometry with nanoGPT's defaults.
    fileprivate mutating func geometry(of settings: [String: String]) throws(DataOrderError) -> BatchGeometry {
        let batch = usual(try factor(.batch, options.batch, printed: printed.batch), "order.batch", 12)
        let sequence = usual(try factor(.sequence, options.sequence, printed: printed.sequence), "order.sequence", 1024)
        let world = try factor(.worldSize, options.worldSize, printed: printed.worldSize, default: 1) ?? 1
        let accumulation = usual(
            try factor(.accumulation, options.accumulation, printed: printed.accumulation),
            "order.accumulation",
            40
        )
        return try BatchGeometry(batch: batch, sequence: sequence, accumulation: accumulation, worldSize: world)
    }
}
