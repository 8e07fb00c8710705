import Testing
import TrainingLogs

/// The last lines of runs that died, one or a few lines of each: the messages that PyTorch, NCCL, JAX, Slurm, Kubernetes and
/// the Linux kernel print, as public reports quote them; hosts, paths and numbers are changed. Messages of programs are facts, and
/// no text of a report is quoted, so that no licence applies.
struct EndingExample: Sendable, CustomTestStringConvertible {
    var kind: EndingKind
    var rule: String
    var lines: String

    var testDescription: String { "\(rule): \(lines.prefix(80))" }

    init(_ kind: EndingKind, _ rule: String, _ lines: String) {
        self.kind = kind
        self.rule = rule
        self.lines = lines
    }

    static let all: [EndingExample] = [
        EndingExample(
            .network,
            "collective-timeout",
            """
            [rank4]:[E321 02:07:08.414640780 ProcessGroupNCCL.cpp:607] [Rank 4] Watchdog caught collective operation timeout: \
            WorkNCCL(SeqNum=15, OpType=ALLREDUCE, NumelIn=1, NumelOut=1, Timeout(ms)=600000) ran for 600067 milliseconds \
            before timing out.
            """
        ),
        EndingExample(
            .network,
            "collective-timeout",
            """
            [E ProcessGroupNCCL.cpp:737] [Rank 1] Watchdog caught collective operation timeout: WorkNCCL(SeqNum=4, \
            OpType=ALLREDUCE, Timeout(ms)=1800000) ran for 1802212 milliseconds before timing out.
            """
        ),
        EndingExample(
            .network,
            "link-fault",
            "n1:7:9 [0] NET/IB : Got completion with error 12, opcode 0, len 0, vendor err 129"
        ),
        EndingExample(
            .device,
            "xid",
            "Feb 14 05:03:41 n7 kernel: NVRM: Xid (PCI:0000:44:00): 79, GPU has fallen off the bus."
        ),
        EndingExample(
            .deviceCode,
            "xid-application",
            "[ 99.5] NVRM: Xid (PCI:0000:44:00): 31, pid=7, Ch 0000002b, MMU Fault"
        ),
        EndingExample(.device, "ecc", "RuntimeError: CUDA error: uncorrectable ECC error encountered"),
        EndingExample(
            .deviceCode,
            "illegal-address",
            "RuntimeError: CUDA error: an illegal memory access was encountered"
        ),
        EndingExample(.deviceCode, "device-assert", "RuntimeError: CUDA error: device-side assert triggered"),
        EndingExample(.deviceCode, "launch-failure", "RuntimeError: CUDA error: unspecified launch failure"),
        EndingExample(
            .deviceCode,
            "illegal-address",
            "Memory access fault by GPU node-1 (Agent handle: 0x1f) on address 0x7a."
        ),
        EndingExample(
            .device,
            "accelerator-fault",
            "INTERNAL: Accelerator device halted prematurely, perhaps due to an on-device check"
        ),
        EndingExample(
            .deviceMemory,
            "device-out-of-memory",
            "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 79.15 GiB"
        ),
        EndingExample(
            .deviceMemory,
            "accelerator-out-of-memory",
            "XlaRuntimeError: RESOURCE_EXHAUSTED: Ran out of memory in memory space hbm. Used 21.90G of 7.48G hbm."
        ),
        EndingExample(
            .hostMemory,
            "oom-kill",
            "slurmstepd: error: Detected 1 oom_kill event in StepId=3.0. Some of the step tasks"
        ),
        EndingExample(.hostMemory, "oom-kill", "srun: error: n107: task 0: Out Of Memory"),
        EndingExample(.hostMemory, "oom-kill", "    Reason:       OOMKilled"),
        EndingExample(.hostMemory, "killed", "Killed"),
        EndingExample(
            .hostMemory,
            "killed",
            "/var/spool/slurm_script: line 28:  8156 Killed                  python3 train.py"
        ),
        EndingExample(.hostMemory, "killed", "command terminated with exit code 137"),
        EndingExample(
            .hostMemory,
            "loader-worker-killed",
            "RuntimeError: DataLoader worker (pid 19) is killed by signal: Killed."
        ),
        EndingExample(
            .hostMemory,
            "shared-memory",
            "RuntimeError: DataLoader worker (pid 9) is killed by signal: Bus error. It is possible that dataloader's workers "
                + "are out of shared memory."
        ),
        EndingExample(.hostMemory, "host-memory-error", "MemoryError"),
        EndingExample(.storage, "disk-full", "OSError: [Errno 28] No space left on device"),
        EndingExample(.storage, "quota", "OSError: [Errno 122] Disk quota exceeded: 'out/step_400.pt'"),
        EndingExample(.storage, "stale-handle", "OSError: [Errno 116] Stale file handle: '/data/train_000001.bin'"),
        EndingExample(.storage, "io-error", "OSError: [Errno 5] Input/output error: '/data/train_000001.bin'"),
        EndingExample(.storage, "read-only", "OSError: [Errno 30] Read-only file system: 'out/log.txt'"),
        EndingExample(
            .storage,
            "checkpoint-broken",
            "RuntimeError: PytorchStreamReader failed reading zip archive: failed finding central directory"
        ),
        EndingExample(
            .data,
            "undecodable-data",
            "UnicodeDecodeError: 'utf-8' codec can't decode byte 0xf7 in position 12"
        ),
        EndingExample(.data, "undecodable-data", "zlib.error: Error -3 while decompressing data: invalid block type"),
        EndingExample(.data, "undecodable-data", "pyarrow.lib.ArrowInvalid: Parquet magic bytes not found in footer."),
        EndingExample(
            .numerics,
            "nan-guard",
            "AssertionError: Rank 3: found NaN in local grad norm in backward pass. Device: 3, node: n3"
        ),
        EndingExample(
            .numerics,
            "nan-guard",
            "RuntimeError: Function 'LogSoftmaxBackward0' returned nan values in its 0th output."
        ),
        EndingExample(
            .numerics,
            "nan-guard",
            "Exception: Current loss scale already at minimum - cannot decrease scale anymore. Exiting run."
        ),
        EndingExample(
            .scheduler,
            "time-limit",
            "slurmstepd: error: *** JOB 9 ON n1 CANCELLED AT 2026-01-01T00:00:00 DUE TO TIME LIMIT ***"
        ),
        EndingExample(
            .scheduler,
            "preempted",
            "slurmstepd: error: *** JOB 9 ON n1 CANCELLED AT 2026-01-01T00:00:00 DUE TO PREEMPTION ***"
        ),
        EndingExample(
            .scheduler,
            "node-failure",
            "slurmstepd: error: *** JOB 9 ON n1 CANCELLED AT 2026-01-01T00:00:00 DUE TO NODE FAILURE, SEE SLURMCTLD LOG ***"
        ),
        EndingExample(.scheduler, "terminated", "srun: error: n1: tasks 0-3: Exited with exit code 143"),
        EndingExample(
            .interrupt,
            "cancelled",
            "slurmstepd: error: *** JOB 9 ON n1 CANCELLED AT 2026-01-01T00:00:00 ***"
        ),
        EndingExample(.interrupt, "keyboard-interrupt", "KeyboardInterrupt"),
        EndingExample(.program, "segmentation-fault", "Segmentation fault (core dumped)"),
        EndingExample(.program, "index-out-of-range", "IndexError: index out of range in self"),
        EndingExample(.program, "python-error", "KeyError: 'input_ids'"),
    ]
}
