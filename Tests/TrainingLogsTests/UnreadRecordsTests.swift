import Testing
import TrainingLogs

/// Lines that look like records and are not read are counted, shown, and stand in the way of a verdict.
struct UnreadRecordsTests {
    private static func record(_ step: Int) -> String {
        "iter \(step): loss \(4 - Double(step) / 100), time 26.20ms, mfu 41.00%\n"
    }

    /// A log of 60 records with other lines behind each.
    private func log(_ others: (Int) -> String) throws -> TrainingHistory {
        try read((0..<60).map { Self.record($0) + others($0) }.joined())
    }

    @Test func recordsInOtherWordsAreCountedAndShown() throws {
        let evaluations = "step 0: train loss 4.5000, val loss 4.5000\nstep 9: train loss 4.2500, val loss 4.0000\n"
        let others = (1...40).map { "update \($0) of the model | cross-entropy-loss \(4.4 - Double($0) / 50)\n" }
            .joined()
        let history = try read(evaluations + others + evaluations, trainer: "nanogpt")
        let unread = try #require(history.unread)
        #expect(unread.count == 40)
        #expect(unread.total == 40 + history.train.count)
        #expect(unread.line == 3)
        #expect(history.notes.contains { $0.hasPrefix("40 of 44 lines that look like records were not read") })
        #expect(history.notes.contains { $0.contains("update 1 of the model") })
        #expect(unread.isMost)
    }

    @Test func aFewOfManyAreANoteAndNoDoubt() throws {
        let tail = (1...5).map { "after \($0) rounds the distillation loss is \(0.5 / Double($0))\n" }.joined()
        let history = try read((0..<60).map(Self.record).joined() + tail)
        #expect(history.unread?.count == 5)
        #expect(history.unread?.isMost == false)
    }

    @Test func linesThatAccompanyRecordsAreNoRecords() throws {
        #expect(try log { "  router balance loss: 0.0\($0)1\n" }.unread == nil)
        #expect(
            try log { $0 % 10 == 9 ? "epoch \($0 / 10) done, mean loss \(3.5 - Double($0) / 99)\n" : "" }.unread == nil
        )
    }

    @Test func evaluationsBarsSettingsAndProseAreNoRecords() throws {
        let evaluations = (1...9).map { "lambada validation loss: \(3.1 + Double($0))\n" }.joined()
        let bars = (1...9).map { " \($0)0%|###   | \($0)/10 [00:01<00:09, 1.1it/s, loss=\(2.5 + Double($0))]\n" }
            .joined()
        let settings = (1...9).map {
            "rank \($0): moe_aux_loss_coeff 0.0\($0), loss_scale 1024.\($0), label_loss 0.1\n"
        }.joined()
        let rewards = (1...9).map { "{'loss': 0.00\($0), 'reward': 1.5, 'kl': 0.01}\n" }.joined()
        let prose = "a loss of 3.5 million in 1999\nthe loss is 12.5 years of work\nno loss 0.5\n"
        let records = (0..<30).map(Self.record).joined()
        for text in [evaluations, bars, settings, rewards, prose] {
            #expect(try read(records + text + records).unread == nil, "\(text.prefix(40))")
        }
    }

    @Test func aRecordWhoseNumberIsNotUnderstoodIsNoticed() throws {
        let broken = (30..<36).map { "iter \($0): loss #####, time 26.20ms, mfu 41.00%\n" }.joined()
        let history = try read((0..<30).map(Self.record).joined() + broken)
        #expect(history.unread?.count == 6)
        #expect(history.unread?.line == 31)
    }

    @Test func mergedLogsAddUp() throws {
        let scratch = try Scratch()
        let other = (1...9).map { "after \($0) rounds the distillation loss is \(0.5 / Double($0))\n" }.joined()
        let first = try scratch.write((0..<30).map(Self.record).joined() + other, as: "a.log")
        let second = try scratch.write((30..<60).map(Self.record).joined() + other, as: "b.log")
        let history = try LogReader.read(paths: [first, second])
        #expect(history.unread?.count == 18)
        #expect(history.unread?.total == 78)
    }

    @Test func aLogThatWasEmptiedWhileItWasWrittenIsRead() throws {
        let log = [UInt8](repeating: 0, count: 5000) + Array((0..<9).map(Self.record).joined().utf8)
        #expect(try LogReader.parse(bytes: log, name: "hole.log").train.count == 9)
        let scratch = try Scratch()
        let path = try scratch.write(String(decoding: log, as: UTF8.self), as: "hole.log")
        #expect(try LogReader.read(path: path).train.count == 9)
        #expect(failure([UInt8](repeating: 0, count: 5000)) != nil)
    }

    // MARK: what is refused

    private func reason(_ log: String) -> String { failure(Array(log.utf8))?.description ?? "" }

    @Test func aRefusalNamesTheNearestLines() {
        #expect(
            reason("hello\ntrain loss = 0.5\ntrain loss = 0.4\n").contains(
                "line 2 has a loss but no step: train loss = 0.5 (and 1 more"
            )
        )
        #expect(
            reason("step 1 | accuracy 0.25\nstep 2 | accuracy 0.5\n").contains(
                "line 1 has a step and no loss: step 1 | accuracy 0.25"
            )
        )
        #expect(reason("epoch 1 | gate loss: 0.5\n").contains("line 1 has a step and a loss of an unknown name"))
    }

    @Test func reinforcementLearningIsSaidToHaveNoLanguageModelLoss() {
        let trl =
            "{'loss': 0.0, 'grad_norm': 0.3, 'learning_rate': 1e-06, 'reward': 0.1, 'reward_std': 0.2, 'kl': 0.0, 'epoch': 0.01}\n"
        let verl =
            "step:1 - actor/pg_loss:0.042 - actor/grad_norm:0.13 - actor/lr:2e-06 - critic/score/mean:0.5 - critic/rewards/mean:0.5\n"
        for log in [trl, verl] { #expect(reason(log + log).contains("no loss of a language model"), "\(log)") }
    }
}
