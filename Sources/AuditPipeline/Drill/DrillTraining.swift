import DataOrder
import Foundation
import Replay
import Shards

/// Trains the drill's model through the loader that its configuration declares, over the files on disk, and prints the
/// log as llm.c's Python trainer would.
struct DrillTraining {
    let plan: DrillPlan
    let files: DrillFolder
    let seed: UInt64
    let threads: Int

    /// Trains, writing log and checkpoints.
    /// - Returns: The loss of every step.
    mutating func train(progress: any ProgressReporter) throws -> [Double] {
        let geometry = try BatchGeometry(batch: plan.batch, sequence: plan.sequence)
        let layouts = plan.shards.map {
            ShardLayout(name: $0.name, tokens: $0.tokens.count, headerBytes: 1024, tokenWidth: 2)
        }
        let loader = try ContiguousLoader(shards: layouts, geometry: geometry)
        var reader = BatchReader(folder: ShardFolder(path: files.dataPath), layouts: layouts)
        let description = try TransformerDescription(
            layers: plan.layers,
            heads: plan.heads,
            channels: plan.channels,
            maximumSequence: plan.sequence,
            vocabulary: plan.vocabulary
        )
        let settings = Trainer.Settings(weightDecay: plan.weightDecay, gradientClip: plan.gradientClip)
        var trainer = Trainer(description: description, seed: seed, settings: settings, threads: threads)
        let validation = try validationRows()
        var log = LogWriter(path: files.logPath)
        try log.open()
        defer { log.close() }
        log.line(banner(description))
        var losses: [Double] = []
        for update in 0..<plan.steps {
            if update % plan.checkpointInterval == 0, update > 0 { try checkpoint(trainer, updates: update) }
            if update % plan.validationInterval == 0 { log.line("val loss \(try trainer.evaluateLoss(validation))") }
            let rows = try reader.rows(of: loader.microBatches(update: update), geometry: geometry)
            let start = ContinuousClock.now
            let rate = plan.learningRate(update: update)
            let result = try trainer.step(rows: rows, learningRate: rate)
            losses.append(result.loss)
            log.line(stepLine(update, result, rate, ContinuousClock.now - start))
            progress.advance(by: 1)
        }
        log.line("val loss \(try trainer.evaluateLoss(validation))")
        try checkpoint(trainer, updates: plan.steps)
        return losses
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

    private func banner(_ description: TransformerDescription) -> String {
        let tokens = plan.shards.reduce(0) { $0 + $1.tokens.count }
        return """
            using device: cpu
            total desired batch size: \(plan.tokensPerStep)
            => calculated gradient accumulation steps: 1
            DataLoader: total number of tokens: \(Self.grouped(tokens)) across \(plan.shards.count) files
            DataLoader: total number of tokens: \(Self.grouped(plan.validation.tokens.count)) across 1 files
            """
    }

    private func stepLine(_ update: Int, _ result: Trainer.StepResult, _ rate: Double, _ time: Duration) -> String {
        let seconds = Double(time.components.seconds) + Double(time.components.attoseconds) / 1e18
        return String(
            format: "step %4d/%d | train loss %.6f | norm %.4f | lr %.2e | (%.2f ms | %.0f tok/s)",
            locale: nil,
            update + 1,
            plan.steps,
            result.loss,
            result.gradientNorm,
            rate,
            seconds * 1000,
            Double(plan.tokensPerStep) / max(seconds, 1e-9)
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
