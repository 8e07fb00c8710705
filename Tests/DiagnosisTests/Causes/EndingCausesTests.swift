import Diagnosis
import Terms
import Testing
import TrainingLogs

/// What the last lines of a log say decides the cause of the end, and no more than they say.
@Suite struct EndingCausesTests {
    private static func run(_ text: String) -> SyntheticRun {
        var run = SyntheticRun()
        run.configuration.steps = 5000
        run.events = [LogEvent(kind: .traceback, step: 1000, line: 2000, text: text)]
        return run
    }

    @Test(arguments: [
        ("torch.OutOfMemoryError: CUDA out of memory.", CauseKind.outOfMemory),
        ("Detected 1 oom-kill event(s) in StepId=1.batch", .outOfMemory),
        ("NVRM: Xid (PCI:0000:44:00): 79, GPU has fallen off the bus.", .deviceFault),
        ("NET/IB : Got completion with error 12, opcode 0", .networkFault),
        ("OSError: [Errno 28] No space left on device", .storageFault),
        ("*** JOB 9 ON n1 CANCELLED AT 2026-01-01 DUE TO PREEMPTION ***", .preempted),
        ("KeyError: 'input_ids'", .programError),
    ]) func theNamedCauseIsClear(text: String, cause: CauseKind) throws {
        let run = Self.run(text)
        let first = try #require(run.ranked().first)
        #expect(first.cause == cause && first.confidence > 0.85)
        #expect(run.first(.runAborted)?.severity == .failure)
        #expect(first.fix.action.isEmpty == false)
    }

    @Test(arguments: [
        ("Watchdog caught collective operation timeout: WorkNCCL(SeqNum=1)", CauseKind.networkFault),
        ("RuntimeError: CUDA error: an illegal memory access was encountered", .programError),
        ("Killed", .outOfMemory),
    ]) func whatOnlySaysThatSomethingFailedLeavesRivals(text: String, cause: CauseKind) throws {
        let ranked = Self.run(text).ranked()
        let first = try #require(ranked.first)
        #expect(first.cause == cause)
        #expect(first.confidence < 0.85 && ranked.count > 1)
    }

    @Test func dataAreNoSuspectOfAnEndThatTheyCannotCause() {
        for text in ["CUDA out of memory", "Killed", "OSError: [Errno 28] No space left on device"] {
            let run = Self.run(text)
            #expect(!run.ranked().contains { $0.cause == .corruptShard }, "\(text)")
            #expect(run.event.map { Diagnosis.suspectSteps(of: $0, history: run.history) } == [])
        }
        #expect(Self.run("UnicodeDecodeError: 'utf-8' codec can't decode").ranked().first?.cause == .corruptShard)
    }

    @Test func aDamagedShardThatTheErrorNamesIsTheCause() throws {
        var run = SyntheticRun()
        run.configuration.steps = 5000
        var ending = LogEnding(rule: "io-error", kind: .storage, path: "/data/shards/train_000042.bin")
        let damage = ShardDamage(
            shard: "train_000042.bin",
            status: .mismatch,
            level: .digest,
            detail: "its digest is another",
            suspectSteps: 10
        )
        func first() -> Hypothesis? {
            run.events = [LogEvent(kind: .traceback, step: 1000, line: 9, text: "OSError: [Errno 5]", ending: ending)]
            return run.ranked([.shardDamaged(damage)]).first
        }
        let named = try #require(first())
        #expect(named.cause == .corruptShard && named.clues.contains { $0.clue == "damage-named" })
        ending.path = "/data/shards/train_000041.bin"
        #expect(first()?.cause == .storageFault)
    }

    @Test func anErrorBehindTheLastPlannedStepEndsNothing() {
        var run = Self.run("KeyError: 'figure'")
        run.configuration.steps = 1000
        #expect(run.first(.runAborted)?.severity == .info)
        run.events[0] = LogEvent(
            kind: .traceback,
            step: 1000,
            line: 9,
            text: "OSError: [Errno 28] No space left on device"
        )
        #expect(run.first(.runAborted)?.severity == .failure, "what was to be saved may be lost")
    }

    @Test func theTrainersGuardIsALossThatIsNotFinite() {
        let run = Self.run("AssertionError: Rank 3: found NaN in local grad norm in backward pass")
        #expect(run.first(.lossNonFinite)?.firstStep == 1001)
        #expect(run.ranked().first?.cause != .programError)
    }

    @Test func theSentenceSaysWhereItHappened() {
        var run = SyntheticRun()
        let ending = LogEnding(rule: "xid", kind: .device, rank: 3, node: "gpu-7", exitStatus: 1)
        run.events = [LogEvent(kind: .traceback, step: 1000, line: 9, text: "Xid 79", ending: ending)]
        let symptom = run.first(.runAborted)
        #expect(symptom?[RunAbortedRule.rank] == 3 && symptom?[RunAbortedRule.exitStatus] == 1)
        #expect(symptom?.summary.parts.contains(.quoted("gpu-7")) == true)
    }
}
