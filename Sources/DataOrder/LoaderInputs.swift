import Terms

/// What a loader is made from: the configuration, what the log shows, the files, and notes of what was assumed.
package struct LoaderInputs: Sendable {
    /// What the log prints of the run's settings.
    package struct Printed: Sendable {
        package var batch, sequence, accumulation, worldSize, tokensPerStep, vocabulary, parameters, totalSteps: Int?
        /// Other settings by the trainer's own name.
        package var options: [String: String] = [:]
        /// Whether ``accumulation`` counts the micro-steps of all ranks together.
        package var accumulationCountsRanks = false
        /// Where the values stand in the log.
        package var sources: [Setting: SettingSource] = [:]
        /// Why the log gives no single value of a setting, as a clause.
        package var unclear: [Setting: String] = [:]

        /// Nothing is printed.
        package init() {}
    }

    /// `order:` of the configuration.
    package var options: OrderOptions
    /// The shards and other files of the run.
    package var files: any LoaderFiles
    /// What the log prints.
    package var printed = Printed()
    /// The number that the log prints for the first update.
    package var stepBase = 0
    /// How many updates to map: all that were planned and all that the log shows.
    package var updates = 1
    /// `model.vocabulary`.
    package var vocabulary: Int?
    /// The processes that the log shows; `nil` without a log.
    package var processes: [ProcessStretch]?
    /// The places of nanochat's reader, in the order of the log.
    package var positions: [NanochatPosition] = []
    /// The value of `order.loader`, given or assumed.
    package var loader = ""
    /// What was taken from elsewhere than the configuration.
    package private(set) var assumptions: [String] = []

    /// Creates inputs of which only the configuration and the files are known.
    package init(options: OrderOptions, files: any LoaderFiles) {
        self.options = options
        self.files = files
    }

    // MARK: Values

    /// Notes what was taken from elsewhere than the configuration, and what would change if it were wrong.
    package mutating func assume(_ sentence: String) { assumptions.append(sentence) }

    /// A factor of the geometry: as configured, or as the log prints it, or a default; what is not configured is noted.
    /// - Throws: ``DataOrderError`` where the log prints several values.
    mutating func factor(
        _ setting: Setting,
        _ given: Int?,
        printed: Int?,
        default fallback: Int? = nil
    ) throws(DataOrderError) -> Int? {
        if let given { return given }
        let key = "order.\(setting.rawValue)"
        if let reason = self.printed.unclear[setting] { throw .missing(key: key, reason: reason) }
        if let printed {
            let source = self.printed.sources[setting]
            let place = source?.text.map { " (\($0))" } ?? ""
            let how = source?.isComputed == true ? "which follows from what the log prints" : "as the log prints it"
            assume("\(key): \(printed), \(how)\(place)")
            return printed
        }
        guard let fallback else { return nil }
        assume("\(key): \(fallback), since neither the configuration nor the log says")
        return fallback
    }

    /// The trainer's own default of a setting, noted as one.
    mutating func usual<Value>(_ given: Value?, _ key: String, _ fallback: Value) -> Value {
        if let given { return given }
        assume("\(key): \(fallback), the trainer's default")
        return fallback
    }

    /// How batches are cut.
    mutating func geometry() throws(DataOrderError) -> BatchGeometry {
        guard let batch = try factor(.batch, options.batch, printed: printed.batch) else {
            throw .missing(key: "order.batch", reason: "the log does not print the rows per rank and micro-step")
        }
        guard let sequence = try factor(.sequence, options.sequence, printed: printed.sequence) else {
            throw .missing(key: "order.sequence", reason: "the log does not print the tokens per row")
        }
        let world = try factor(.worldSize, options.worldSize, printed: printed.worldSize, default: 1) ?? 1
        let accumulation =
            try factor(.accumulation, options.accumulation, printed: printed.accumulation, default: 1) ?? 1
        return try BatchGeometry(
            batch: batch,
            sequence: sequence,
            accumulation: accumulation,
            worldSize: world
        )
    }

    /// The stages of the batch size.
    mutating func ramp() throws(DataOrderError) -> BatchRamp {
        let first = try geometry()
        guard !options.ramp.isEmpty else { return BatchRamp(first) }
        var stages: [BatchStage] = []
        if options.ramp[0].step > stepBase { stages.append(BatchStage(update: 0, geometry: first)) }
        var current = first
        for stage in options.ramp {
            current = try BatchGeometry(
                batch: stage.batch ?? current.batch,
                sequence: stage.sequence ?? current.sequence,
                accumulation: stage.accumulation ?? current.accumulation,
                worldSize: first.worldSize
            )
            stages.append(BatchStage(update: max(0, stage.step - stepBase), geometry: current))
        }
        return try BatchRamp(stages: stages)
    }

    /// Refuses a batch size that grows, for loaders of which that is not known.
    package func refuseRamp(variant: String? = nil) throws(DataOrderError) {
        guard options.ramp.isEmpty else {
            let name = variant.map { "\(loader) (\($0))" } ?? loader
            let others = LoaderRule.all.filter(\.takesRamp).map(\.id).joined(separator: ", ")
            throw .invalid(
                key: "order.ramp",
                found: "a batch size that grows",
                expected: "no ramp with the loader \(name); loaders that take one: \(others)"
            )
        }
    }

    // MARK: Files

    /// The path of a shard's file.
    func path(ofShard name: String) throws(DataOrderError) -> String {
        do {
            return try files.path(ofShard: name)
        } catch {
            throw .missing(key: "shards", reason: "\(error)")
        }
    }

    /// The path of `order.state`.
    func statePath(_ what: String) throws(DataOrderError) -> String {
        guard let state = options.state else { throw .missing(key: "order.state", reason: what) }
        return files.resolve(state)
    }
}
