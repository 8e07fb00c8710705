import AuditPipeline
import DataOrder
import Foundation
import Replay
import Shards

/// Trains the drill's model through the loader that its configuration declares, over the files on disk, and prints the
/// log as llm.c's Python trainer would.
struct DrillTraining {
    let plan: DrillPlan
    let files: DrillFolder
    let threads: Int

    /// Trains, writing log and checkpoints.
    /// - Returns: The loss of every step that was printed.
    func train(progress: any ProgressReporter) throws -> [Double] {
        let conduct = plan.conduct
        let geometry = try BatchGeometry(batch: plan.batch, sequence: plan.sequence)
        let layouts = plan.shards.map {
            ShardLayout(name: $0.name, tokens: $0.tokens.count, headerBytes: 1024, tokenWidth: 2)
        }
        let loader = try ContiguousLoader(shards: layouts, geometry: geometry)
        var reader = BatchReader(folder: ShardFolder(path: files.dataPath), layouts: layouts)
        var trainer = try freshTrainer()
        let validation = try validationRows()
        var log = LogWriter(path: files.logPath)
        try log.open()
        defer { log.close() }
        log.line(banner)
        var losses: [Double] = []
        var saved: Trainer?
        var restart = conduct.restart
        var skipped = 0
        var update = 0
        while update < plan.steps {
            if let due = restart, update == due.dies, let state = saved {
                restart = nil
                update = due.resumes
                if due.state == .withoutPosition { skipped = update }
                trainer = try resumed(state, due)
                log.line(banner)
            }
            if let restart, update == restart.resumes - restart.age { saved = trainer }
            try conduct.weights[update]?(&trainer)
            if update % plan.checkpointInterval == 0, update > 0 { try checkpoint(trainer, updates: update) }
            if update % plan.validationInterval == 0 { log.line("val loss \(try trainer.evaluateLoss(validation))") }
            let position = (conduct.position?(update) ?? update) - skipped
            let read = try reader.rows(of: loader.microBatches(update: position), geometry: geometry)
            let rows = conduct.rows?(read) ?? read
            let planned = plan.learningRate(update: update)
            let rate = conduct.rate?(update, planned) ?? planned
            let result = try step(&trainer, rows, update: update, rate: rate)
            losses.append(result.loss)
            if update % plan.logInterval == 0 || update + 1 == plan.steps || !result.loss.isFinite {
                log.line(stepLine(update, result, rate))
            }
            progress.advance(by: 1)
            update += 1
        }
        log.line("val loss \(try trainer.evaluateLoss(validation))")
        try checkpoint(trainer, updates: plan.steps)
        return losses
    }

    private func freshTrainer() throws -> Trainer {
        let description = try TransformerDescription(
            layers: plan.layers,
            heads: plan.heads,
            channels: plan.channels,
            maximumSequence: plan.sequence,
            vocabulary: plan.vocabulary,
            activation: plan.activation,
            attentionScale: plan.conduct.attentionScale
        )
        return Trainer(description: description, seed: plan.seed, settings: settings, threads: threads)
    }

    private var settings: Trainer.Settings {
        // Far above every second moment, epsilon makes AdamW the gradient's running mean over epsilon: momentum SGD.
        plan.isPlainGradientDescent
            ? .init(epsilon: 1e6, weightDecay: 0, gradientClip: plan.gradientClip)
            : .init(weightDecay: plan.weightDecay, gradientClip: plan.gradientClip)
    }

    /// One update, with whatever the fault does to it.
    private func step(_ trainer: inout Trainer, _ rows: [TokenRow], update: Int, rate: Double) throws
        -> Trainer.StepResult
    {
        let conduct = plan.conduct
        trainer.gradientFactor = conduct.gradientFactor?(update) ?? 1
        trainer.lossScale = conduct.lossScale?(update)
        var isInfinite = false
        if let least = conduct.leastProbability {
            isInfinite = try trainer.tokenLosses(rows).contains { $0.contains { Double($0) > -log(least) } }
            if isInfinite { trainer.gradientFactor = .nan }
        }
        let applied = conduct.isStepping ? rate : 0
        var result = try trainer.step(rows: rows, learningRate: plan.isPlainGradientDescent ? 1e7 * applied : applied)
        if isInfinite, result.loss.isFinite { result.loss = .infinity }
        return result
    }

    /// The trainer of a process that was started again.
    private func resumed(_ state: Trainer, _ restart: DrillPlan.Restart) throws -> Trainer {
        var trainer = state
        switch restart.state {
        case .everything, .withoutPosition: break
        case .weights:
            trainer = Trainer(checkpoint: try state.checkpoint(), settings: settings, threads: threads)
        case .brokenWeights:
            try trainer.modify("h.1.attn.c_attn.weight") { $0[$0.count / 2] = .nan }
        }
        return trainer
    }

    private func checkpoint(_ trainer: Trainer, updates: Int) throws {
        try trainer.checkpoint(updatesDone: updates).write(path: files.checkpointPath(updates: updates))
    }

    private func validationRows() throws -> [TokenRow] {
        let reader = try TokenReader(path: files.dataPath + "/" + plan.validation.name)
        return try (0..<16).map { row in
            let start = row * plan.sequence
            return TokenRow(stream: try reader.tokens(start..<start + plan.sequence + 1), row: row)
        }
    }

    private var banner: String {
        let tokens = plan.shards.reduce(0) { $0 + $1.tokens.count }
        return """
            using device: cpu
            total desired batch size: \(plan.tokensPerStep)
            => calculated gradient accumulation steps: 1
            DataLoader: total number of tokens: \(Self.grouped(tokens)) across \(plan.shards.count) files
            DataLoader: total number of tokens: \(Self.grouped(plan.validation.tokens.count)) across 1 files
            """
    }

    private func stepLine(_ update: Int, _ result: Trainer.StepResult, _ rate: Double) -> String {
        let scale = plan.conduct.lossScale.map { String(format: " | scale %.0f", locale: nil, $0(update)) } ?? ""
        // The time of a machine that nothing else runs on: drawn, so that a drill's log has the same bytes each time.
        var random = SplitMix64(seed: plan.seed &* 31 &+ UInt64(update))
        let seconds =
            40e-6 * Double(plan.tokensPerStep) * Double.random(in: 0.97...1.03, using: &random)
            * (plan.conduct.slowness?(update) ?? 1)
        let fields = plan.conduct.fields.map { " | " + $0(update) }.joined()
        return String(
            format: "step %4d/%d | train loss %.6f | norm %.4f | lr %.2e%@ | (%.2f ms | %.0f tok/s)%@",
            locale: nil,
            update + 1,
            plan.steps,
            result.loss,
            result.gradientNorm,
            rate,
            scale,
            seconds * 1000,
            Double(plan.tokensPerStep) / seconds,
            fields
        )
    }

    private static func grouped(_ number: Int) -> String {
        var digits = Array(String(number))
        var position = digits.count - 3
        while position > 0 {
            digits.insert(",", at: position)
            position -= 3
        }
        return String(digits)
    }
}

/// Appends lines to the drill's log as they come, as a trainer's redirected output would.
private struct LogWriter {
    let path: String
    private var handle: FileHandle?

    init(path: String) {
        self.path = path
    }

    mutating func open() throws {
        guard FileManager.default.createFile(atPath: path, contents: nil),
            let handle = FileHandle(forWritingAtPath: path)
        else { throw AuditError("\(path): cannot be written.") }
        self.handle = handle
    }

    func line(_ text: String) {
        try? handle?.write(contentsOf: Data((text + "\n").utf8))
    }

    func close() {
        try? handle?.close()
    }
}
