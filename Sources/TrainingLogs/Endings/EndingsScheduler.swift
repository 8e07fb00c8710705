import Terms

extension EndingRules {
    /// The scheduler, the cluster or a person took the run away.
    static let scheduler: [EndingRule] = [
        EndingRule(
            "preempted",
            .scheduler,
            .cause,
            [],
            [
                "DUE TO PREEMPTION", "due to preemption", "this job is preempted", "has been preempted",
                "was preempted",
                "TERM_PREEMPT", "Spot instance interruption", "Preemption notice", "TaintManagerEviction",
            ],
            remedy: resume
        ),
        EndingRule(
            "time-limit",
            .scheduler,
            .cause,
            [],
            [
                "DUE TO TIME LIMIT", "job killed: walltime", "TERM_RUNLIMIT", "DeadlineExceeded",
                "DEADLINE_EXCEEDED: job",
                "Job was active longer than specified deadline",
            ],
            remedy: """
                Ask for a longer time limit, or let the trainer save and leave before it (Slurm's \
                \(quoted: "--signal=B:USR1@300"), Megatron's \(quoted: "--exit-duration-in-mins")), and resume.
                """
        ),
        EndingRule(
            "node-failure",
            .scheduler,
            .cause,
            [],
            [
                "DUE TO NODE FAILURE", "Node failure on", "NODE_FAIL", "lost communication with a remote daemon",
                "has been marked dead", "NodeNotReady", "Node is not ready",
            ],
            remedy: "Resume from the last checkpoint without the node that failed, and have the node looked at."
        ),
        EndingRule("requeued", .scheduler, .cause, [], ["DUE TO JOB REQUEUE"], remedy: resume),
        EndingRule(
            "evicted",
            .scheduler,
            .cause,
            [],
            ["Pod was evicted", "The node was low on resource", "reason: Evicted", "Reason: Evicted", "(Evicted)"],
            remedy: """
                Request what the pod needs of memory and disk, so that it is not the first to be evicted, and resume.
                """
        ),
        EndingRule(
            "cancelled",
            .interrupt,
            .cause,
            [],
            ["CANCELLED AT"],
            also: ["*** JOB "],
            remedy: resume
        ),
        EndingRule(
            "step-cancelled",
            .interrupt,
            .bare,
            [],
            ["CANCELLED AT", "slurmstepd: error: *** "],
            remedy: resume
        ),
        EndingRule(
            "keyboard-interrupt",
            .interrupt,
            .cause,
            [],
            ["KeyboardInterrupt", "got signal: 2", "Interrupted by user", "Signal 2 (SIGINT)"],
            remedy: resume
        ),
        EndingRule(
            "hangup",
            .scheduler,
            .cause,
            [],
            ["got signal: 1", "Signal 1 (SIGHUP)"],
            remedy: """
                Run under \(quoted: "tmux"), \(quoted: "nohup") or a scheduler: the terminal of the run was closed. Resume \
                from the last checkpoint.
                """
        ),
        EndingRule(
            terminated,
            .scheduler,
            .signal,
            [],
            [
                "got signal: 15", "Signal 15 (SIGTERM) received", "Main process received SIGTERM", "Received SIGTERM",
                "received SIGTERM", "is killed by signal: Terminated",
            ],
            remedy: """
                Look in the scheduler's record why it ended the job (preemption, time limit, another task that failed), and \
                resume from the last checkpoint.
                """
        ),
    ]

    private static let resume: Phrase = """
        Resume from the last checkpoint; save when the scheduler warns (SIGTERM or a signal of its own), so that few steps \
        are lost.
        """
}
