import Diagnosis
import Foundation
import Terms
import Testing
import TrainingLogs

/// What a resumed process read, by the positions that nanochat prints.
struct ResumePositionTests {
    /// Steps with the position of the loader: a row group lasts four steps, a file forty.
    private static func lines(_ steps: Range<Int>, reading offset: Int = 0) -> String {
        steps.map { step in
            let group = (step + offset) / 4
            let loss = 3 + 7 * exp(-Double(step) / 60) + Double(step &* 7919 % 97) / 3000
            return String(format: "step %05d/01000 (1.00%%) | loss: %.6f | lrm: 1.00 | dt: 1.00ms | ", step, loss)
                + "tok/sec: 9 | mfu: 4.0 | epoch: 1 pq: \(group / 10) rg: \(group % 10) | total time: 1m\n"
        }.joined()
    }

    private func read(_ text: String) throws -> TrainingHistory {
        try LogReader.parse(bytes: Array(text.utf8), name: "train.log")
    }

    @Test func aLoaderThatGoesOnReplaysNothing() throws {
        for offset in [0, 4] {
            let history = try read(Self.lines(0..<500) + Self.lines(450..<800, reading: offset))
            #expect(ResumePosition.all(in: history).map(\.replayed) == [0])
        }
    }

    @Test func aLoaderThatStartsOverOrSkipsIsCounted() throws {
        let over = try read(Self.lines(0..<500) + Self.lines(450..<800, reading: -450))
        let replay = try #require(ResumePosition.all(in: over).first)
        #expect(abs(replay.replayed - 450) <= 4 && replay.isFromBeginning)
        let symptom = Diagnosis.symptoms(in: over).first {
            $0.kind == .resumeJump && $0[ResumeJumpRule.replayed] != nil
        }
        #expect(symptom?.firstStep == 450)
        let back = try read(Self.lines(0..<500) + Self.lines(450..<800, reading: -100))
        #expect(ResumePosition.all(in: back).map(\.isFromBeginning) == [false])
        let skip = try read(Self.lines(0..<500) + Self.lines(400..<800, reading: 60))
        #expect(abs((ResumePosition.all(in: skip).first?.replayed ?? 0) + 60) <= 4)
    }

    @Test func aNaNThatWasRunAgainIsReported() throws {
        let bad = Self.lines(490..<500).replacing(#/loss: [0-9.]+/#, with: "loss: nan")
        let history = try read(Self.lines(0..<490) + bad + Self.lines(450..<800))
        let symptom = try #require(Diagnosis.symptoms(in: history).first { $0.kind == .lossNonFinite })
        #expect(symptom.firstStep == 490 && symptom.lastStep == 499 && symptom.severity == .warning)
    }
}
