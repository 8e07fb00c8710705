import Terms
import Testing
import TrainingLogs

/// How a run died.
struct EndingTests {
    static let steps = NoiseTests.plain.joined(separator: "\n") + "\n"

    static func death(_ end: String) throws -> LogEvent? { try read(steps + end + "\n").death }

    @Test(arguments: EndingExample.all) func knownEndingsHaveTheirClass(example: EndingExample) throws {
        let ending = try #require(try Self.death(example.lines)?.ending)
        #expect(ending.kind == example.kind)
        #expect(ending.rule == example.rule)
        #expect(ending.severity == (example.kind == .interrupt ? .info : .failure))
        #expect(!ending.remedy.isEmpty)
    }

    @Test(arguments: EndingExample.all) func whatTheRunSurvivedIsNoDeath(example: EndingExample) throws {
        let more = NoiseTests.plain.map { $0.replacing("step ", with: "step 2") }.joined(separator: "\n")
        let history = try read(Self.steps + example.lines + "\n" + more)
        #expect(history.death == nil)
        #expect(history.events.allSatisfy { $0.ending?.role != .root })
        #expect(history.notes.count { $0.contains("the run went on") } == 1)
    }

    @Test(arguments: EndingExample.all) func nothingEndsARunThatIsDone(example: EndingExample) throws {
        let history = try read(Self.steps + "[after training is done] datetime: 2026-01-01\n" + example.lines + "\n")
        #expect(history.death == nil)
        #expect(history.events.last?.ending?.role == .afterTraining)
    }

    @Test func rankNodeFileAndStatusAreKept() throws {
        let read = try #require(try Self.death("[rank3]: OSError: [Errno 5] Input/output error: '/d/a.bin'")?.ending)
        #expect(read.rank == 3 && read.path == "/d/a.bin")
        let slurm = try #require(try Self.death("srun: error: n107: tasks 0-3: Exited with exit code 143")?.ending)
        #expect(slurm.node == "n107" && slurm.exitStatus == 143)
        let kernel = try Self.death(
            "Feb 14 05:03:41 gpu-7 kernel: NVRM: Xid (PCI:0000:44:00): 79, GPU has fallen off the bus."
        )
        #expect(kernel?.ending?.node == "gpu-7")
        #expect(try Self.death("Exited with exit code 0") == nil, "it ended well")
    }

    /// An account of `torchrun`.
    private static func account(rank: Int, status: Int, words: String) -> String {
        """
        Traceback (most recent call last):
          File "/opt/bin/torchrun", line 8, in <module>
            sys.exit(main())
        torch.distributed.elastic.multiprocessing.errors.ChildFailedError:
        ============================================================
        train.py FAILED
        ------------------------------------------------------------
        Failures:
          <NO_OTHER_FAILURES>
        ------------------------------------------------------------
        Root Cause (first observed failure):
        [0]:
          time      : 2026-01-02_03:04:05
          host      : node-17
          rank      : \(rank) (local_rank: 3)
          exitcode  : \(status) (pid: 31631)
          error_file: <N/A>
          traceback : \(words)
        ============================================================
        """
    }

    @Test func theLaunchersAccountTellsRankAndSignal() throws {
        let killed = Self.account(rank: 11, status: -9, words: "Signal 9 (SIGKILL) received by PID 31631")
        let death = try #require(try Self.death(killed)?.ending)
        #expect(death.rule == "killed" && death.exitStatus == -9)
        #expect(death.rank == 11 && death.node == "node-17")
    }

    @Test func theFirstExceptionStandsBehindTheLaunchers() throws {
        let log = """
            Traceback (most recent call last):
              File "train.py", line 9, in <module>
            KeyError: 'input_ids'
            """
        let account = Self.account(rank: 11, status: 1, words: "To enable traceback see: https://pytorch.org")
        let death = try #require(try Self.death(log + "\n" + account))
        #expect(death.text == "KeyError: 'input_ids'")
        #expect(death.ending?.rank == 11 && death.ending?.node == "node-17", "the launcher knows who failed first")
    }

    @Test(arguments: [
        "During handling of the above exception, another exception occurred:",
        "The above exception was the direct cause of the following exception:",
    ]) func chainsAreResolvedToTheirRoot(joint: String) throws {
        let log = """
            Traceback (most recent call last):
              File "save.py", line 3, in save
            OSError: [Errno 28] No space left on device

            \(joint)

            Traceback (most recent call last):
              File "train.py", line 9, in <module>
            RuntimeError: unexpected pos 64 vs 0
            """
        #expect(try Self.death(log)?.ending?.rule == "disk-full")
        let unnamed = log.replacing("OSError: [Errno 28] No space left on device", with: "KeyError: 'x'")
            .replacing("RuntimeError: unexpected pos 64 vs 0", with: "torch.OutOfMemoryError: CUDA out of memory.")
        #expect(try Self.death(unnamed)?.ending?.rule == "device-out-of-memory", "the first that has a name")
    }

    private static let waiting = """
        [rank0]:[E102 03:20:00.1 ProcessGroupNCCL.cpp:632] [Rank 0] Watchdog caught collective operation timeout: \
        WorkNCCL(SeqNum=1, OpType=ALLREDUCE, Timeout(ms)=600000) ran for 600013 milliseconds before timing out.
        """

    @Test func aTimeOutYieldsToTheErrorOfAnotherRank() throws {
        let earlier = "[rank3]: 2026-01-02 03:10:00 torch.OutOfMemoryError: CUDA out of memory."
        let later = "[rank3]: 2026-01-02 03:40:00 torch.OutOfMemoryError: CUDA out of memory."
        let death = try #require(try Self.death(Self.waiting + "\n" + earlier))
        #expect(death.ending?.kind == .deviceMemory && death.ending?.rank == 3)
        #expect(
            try Self.death(Self.waiting + "\n" + later)?.ending?.kind == .network,
            "its clock says that it came later"
        )
        let undated = try Self.death(Self.waiting + "\nKilled\nDetected 1 oom-kill event(s) in StepId=1.batch")
        #expect(undated?.ending?.rule == "oom-kill")
    }

    @Test func everyRankSaysTheSameOnce() throws {
        let log = (0..<64).map { "[rank\($0)]: torch.OutOfMemoryError: CUDA out of memory. GPU \($0)" }
        let history = try read(Self.steps + log.joined(separator: "\n"))
        #expect(history.events.count == 1)
        #expect(history.events.first?.ending?.repeats == 63)
    }

    @Test func exceptionsThatPythonIgnoresAreNoDeath() throws {
        let log = """
            Exception ignored in: <function Writer.__del__ at 0x7f>
            Traceback (most recent call last):
              File "writer.py", line 3, in __del__
            AttributeError: 'Writer' object has no attribute 'file'
            """
        #expect(try Self.death(log) == nil)
    }

    @Test func thePrefixOfALauncherDoesNotHideTheException() throws {
        for prefix in ["10.96.202.19: ", "stderr: ", "2026-01-02 06:01:12.977 [177/train (pid 2)] [09c5] "] {
            let log = [
                "Traceback (most recent call last):", "  File \"a.py\", line 6, in __iter__",
                "    yield from self._iter()",
                "OSError: Corrupt snappy compressed data.",
            ]
            let death = try Self.death(log.map { prefix + $0 }.joined(separator: "\n"))
            #expect(death?.text == "OSError: Corrupt snappy compressed data.", "\(prefix)")
            #expect(death?.ending?.kind == .data)
        }
    }

    @Test func aMessageBehindAProgressBarIsFound() throws {
        let death = try Self.death("  1%|          | 24/1752 [01:08<1:22:56,  2.88s/it]" + Self.waiting)
        #expect(death?.text.hasPrefix("Watchdog caught collective") == true)
        #expect(death?.ending?.rank == 0)
    }

    @Test func theLastRecordsOfOtherRanksDoNotHideADeath() throws {
        let account = Self.account(rank: 3, status: 1, words: "To enable traceback see: https://pytorch.org")
        let more = "step 21/21 | train loss 2.5 | norm 1.0000 | lr 1.00e-04 | (1.0 ms | 9 tok/s)\n"
        let history = try read(Self.steps + "KeyError: 'input_ids'\n" + more + account)
        #expect(history.death?.text == "KeyError: 'input_ids'")
    }

    @Test func anErrorThatIsCaughtAgainAndAgainDoesNotHideTheDeath() throws {
        let log = (0..<3000).map {
            "KeyError: 'a'\nstep \($0)/9999 | train loss 2.5 | norm 1.0 | lr 1.0e-04 | (1.0 ms | 9 tok/s)"
        }
        let history = try read(log.joined(separator: "\n") + "\nKeyError: 'a'\n")
        #expect(history.death?.line == 6001)
        #expect(history.events.count <= 16)
    }

    @Test func aLogThatStopsBetweenLinesOfNCCLIsMarked() throws {
        #expect(
            try read(Self.steps + "n1:7:9 [0] NCCL INFO Channel 00/0 : 0[0] -> 1[0] via P2P/IPC\n").endsAmongCollectives
        )
        #expect(try !read(Self.steps).endsAmongCollectives)
    }

    @Test func textIsTypedWhereNoLineWasRead() {
        #expect(LogEvent(kind: .traceback, step: 1, line: 1, text: "CUDA out of memory").ending?.kind == .deviceMemory)
        #expect(LogEvent(kind: .checkpoint, step: 1, line: 1, text: "CUDA out of memory").ending == nil)
    }
}
