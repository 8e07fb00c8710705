import AuditPipeline
import Terms

/// A small training run for real, with one injected fault.
public struct Drill: Sendable {
    /// What a drill came to.
    public struct Document: Encodable, Sendable {
        var schema = "trainaudit.drill/1"
        /// The fault.
        public var fault: String
        /// The folder.
        public var directory: String
        /// Optimizer steps trained.
        public var steps: Int
        /// Training loss of the first and the last step, nats per token.
        public var firstLoss: Double
        public var lastLoss: Double
    }

    /// The injected fault.
    public var fault: DrillFault
    /// The seed of text, weights and fault.
    public var seed: UInt64
    /// Threads of the training.
    public var threads: Int
    /// Whether model, batch, length, schedule and logging are drawn from the seed too.
    public var isVaried: Bool

    /// Creates a drill.
    public init(fault: DrillFault, seed: UInt64 = 1, threads: Int, isVaried: Bool = false) {
        self.isVaried = isVaried
        self.fault = fault
        self.seed = seed
        self.threads = max(1, threads)
    }

    /// Makes the data, trains, and writes everything an owner of such a run would have, and the truth beside it.
    /// - Parameters:
    ///   - folder: The folder to make; one that holds anything is refused.
    ///   - progress: Told of each stage and step.
    public func run(into folder: String, progress: any ProgressReporter) throws -> Document {
        try train(into: folder, progress: progress).document
    }

    /// See ``run(into:progress:)``; gives the truth too.
    func train(into folder: String, progress: any ProgressReporter) throws -> (document: Document, truth: DrillTruth) {
        let files = DrillFolder(path: folder)
        try files.create()
        var plan = plan()
        fault.apply(&plan)
        let truth = DrillTruth(
            fault: fault.id,
            cause: fault.cause,
            accepted: fault.accepted,
            symptom: fault.symptom,
            onset: plan.onset,
            culprits: plan.culprits
        )
        try files.writeShards(plan)
        try files.writeConfiguration(plan, fault: fault.id)
        try files.write(truth)
        let run = DrillTraining(plan: plan, files: files, threads: threads)
        progress.begin("training \(plan.steps) steps", total: nil)
        let losses = try run.train(progress: progress)
        progress.end()
        let document = Document(
            fault: fault.id,
            directory: folder,
            steps: plan.steps,
            firstLoss: losses.first ?? .nan,
            lastLoss: losses.last ?? .nan
        )
        return (document, truth)
    }

    private func plan() -> DrillPlan {
        var plan = DrillPlan(seed: seed)
        if isVaried { plan.vary() }
        var text = DrillText(seed: seed)
        plan.validation = DrillShard(name: "drill_val_000000.bin", pristine: text.tokens(20_480))
        // A shard holds whole steps, and a little more than an eighth of the run reads.
        let steps = plan.steps / 8 + 5
        plan.shards = (1...8).map { index in
            DrillShard(name: "drill_train_00000\(index).bin", pristine: text.tokens(steps * plan.tokensPerStep))
        }
        return plan
    }
}
