import Terms

extension EndingRules {
    /// The program failed, or only its end is known.
    static let program: [EndingRule] = [
        EndingRule(
            "open-files",
            .program,
            .cause,
            [],
            ["Too many open files", "[Errno 24]"],
            remedy: """
                Raise \(quoted: "ulimit -n"), or share tensors through the file system \
                (\(quoted: "torch.multiprocessing.set_sharing_strategy(\"file_system\")")).
                """
        ),
        EndingRule(
            "segmentation-fault",
            .program,
            .cause,
            [],
            ["Segmentation fault", "segmentation fault", "Signal code: Address not mapped", "segfault at"],
            remedy: nativeCode
        ),
        EndingRule(
            "bus-error",
            .hostMemory,
            .signal,
            [],
            ["Bus error", "Signal 7 (SIGBUS)"],
            remedy: """
                Give the container more shared memory (\(quoted: "--shm-size")), and look whether a file that was mapped \
                into memory became shorter or its disk full.
                """
        ),
        EndingRule(
            "segmentation-fault-status",
            .program,
            .signal,
            [],
            ["Signal 11 (SIGSEGV)"],
            remedy: nativeCode
        ),
        EndingRule(
            killed,
            .hostMemory,
            .signal,
            [],
            ["Signal 9 (SIGKILL)", "got signal: 9", "died with <Signals.SIGKILL"],
            remedy: whoKilled
        ),
        EndingRule(killed, .hostMemory, .signal, [], [" Killed  "], also: [": line "], remedy: whoKilled),
        EndingRule(killed, .hostMemory, .signal, [], [": Killed"], also: ["srun: error"], remedy: whoKilled),
        EndingRule(
            aborted,
            .program,
            .bare,
            [],
            [
                "Aborted (core dumped)", "Aborted     ", "terminate called after throwing", "Fatal Python error",
                "Signal 6 (SIGABRT)", "Floating point exception", "Illegal instruction", "MPI_ABORT was invoked",
                "Check failed: ", "is killed by signal: ",
            ],
            remedy: nativeCode
        ),
        EndingRule(
            "failed-status",
            .program,
            .bare,
            [.status],
            [
                "(exitcode: ", "exitcode  : ", "exited with exit code ", "Exited with exit code ", "with exit code ",
                "exit code: ", "exit status ", "exits with return code = ", "Exit code: ", "exitCode: ",
                "Exit Code: ", "ExitCode=", "exitcode=",
            ],
            remedy: firstFailure
        ),
        EndingRule(
            "failed-child",
            .program,
            .bare,
            [],
            [
                "ChildFailedError", "ProcessExitedException", "ProcessRaisedException", "CalledProcessError",
                "exited unexpectedly", "RayActorError", "ActorDiedError", "The actor died", "WorkerCrashedError",
                "RayTaskError", "Error executing job with overrides", "in DataLoader worker process",
                "worker died unexpectedly", "BrokenProcessPool",
            ],
            remedy: firstFailure
        ),
    ]

    /// What is advised for an exception that no rule knows.
    static let pythonError = EndingRule(
        exception,
        .program,
        .exception,
        [.names],
        [],
        remedy: "Mend what the last frame of the traceback shows, and resume from the last checkpoint."
    )

    private static let nativeCode: Phrase = """
        Run again with \(quoted: "PYTHONFAULTHANDLER=1"), which prints where native code failed, and look whether compiled \
        extensions fit the installed framework.
        """

    private static let whoKilled: Phrase = """
        Look in \(quoted: "dmesg") or in the job's record (\(quoted: "sacct -o State,MaxRSS,ReqMem"), \
        \(quoted: "kubectl describe pod")) who sent SIGKILL: mostly the system, for memory.
        """

    private static let firstFailure: Phrase = """
        Look for the first process that failed: its log, or the \(quoted: "error_file") of the launcher, holds the cause.
        """
}
