import Terms

extension EndingRules {
    /// The memory of a device, of the host or of shared memory was used up.
    static let memory: [EndingRule] = [
        EndingRule(
            "shared-memory",
            .hostMemory,
            .cause,
            [],
            [
                "is killed by signal: Bus error", "insufficient shared memory", "unable to open shared memory object",
                "while creating shared memory segment", "unable to write to file </torch_",
                "unable to allocate shared memory(shm)",
            ],
            remedy: """
                Give the container more shared memory (\(quoted: "--shm-size"), or an \(quoted: "emptyDir") with \
                \(quoted: "medium: Memory") on \(quoted: "/dev/shm")), or use fewer loader workers.
                """
        ),
        EndingRule(
            "shared-memory",
            .hostMemory,
            .cause,
            [],
            ["No space left on device"],
            also: ["/dev/shm", "/torch_"],
            remedy: "Give the container more shared memory (\(quoted: "--shm-size")), or use fewer loader workers."
        ),
        EndingRule(
            "ray-out-of-memory",
            .hostMemory,
            .cause,
            [],
            ["ray.exceptions.OutOfMemoryError", "due to the node running low on memory", "node running low on memory"],
            remedy:
                "Give each worker more memory, or run fewer of them on a node; Ray ended one before the node failed."
        ),
        EndingRule(
            "device-out-of-memory",
            .deviceMemory,
            .cause,
            [],
            [
                "CUDA out of memory", "OutOfMemoryError", "CUDA error: out of memory", "CUDA_ERROR_OUT_OF_MEMORY",
                "cudaErrorMemoryAllocation", "HIP out of memory", "hipErrorOutOfMemory", "NPU out of memory",
                "XPU out of memory", "MPS backend out of memory", "CUBLAS_STATUS_ALLOC_FAILED",
                "CUDNN_STATUS_ALLOC_FAILED", "Out of memory error on GPU",
            ],
            remedy: outOfDeviceMemory
        ),
        EndingRule(
            "device-out-of-memory",
            .deviceMemory,
            .cause,
            [],
            ["out of memory"],
            also: ["[CUDA ERROR]", "CUDA Runtime", "cudaMalloc", "CUDA failure", "Cuda failure", "CUDA error"],
            remedy: outOfDeviceMemory
        ),
        EndingRule(
            "accelerator-out-of-memory",
            .deviceMemory,
            .cause,
            [],
            [
                "RESOURCE_EXHAUSTED", "ResourceExhaustedError", "memory space hbm", "OOM when allocating tensor",
                "NRT_RESOURCE", "Failed to allocate device memory",
            ],
            remedy: """
                Use a smaller batch on each device, rematerialise activations, or shard the model over more devices; the \
                lines behind the message list the largest allocations.
                """
        ),
        EndingRule(
            "oom-kill",
            .hostMemory,
            .cause,
            [],
            [
                "oom-kill event", "oom_kill event", "oom-kill:constraint", "Out of memory: Kill",
                "Memory cgroup out of memory", "invoked oom-killer", "OOMKilled", "OOM Killed",
                "Exceeded job memory limit", "exceeded memory limit", "TERM_MEMLIMIT", "OUT_OF_MEMORY",
            ],
            remedy: moreHostMemory
        ),
        EndingRule(
            "oom-kill",
            .hostMemory,
            .cause,
            [],
            [": Out Of Memory"],
            also: ["srun: error"],
            remedy: moreHostMemory
        ),
        EndingRule(
            "oom-kill",
            .hostMemory,
            .cause,
            [],
            ["low on resource: memory"],
            remedy: moreHostMemory
        ),
        EndingRule(
            "loader-worker-killed",
            .hostMemory,
            .cause,
            [],
            ["is killed by signal: Killed"],
            remedy: """
                Use fewer loader workers or smaller prefetch buffers, or request more memory: the system ended a loader \
                process, mostly for its memory (\(quoted: "dmesg") shows it).
                """
        ),
        EndingRule(
            "host-memory-error",
            .hostMemory,
            .cause,
            [],
            [
                "MemoryError", "DefaultCPUAllocator: ", "Cannot allocate memory", "std::bad_alloc",
                "can't allocate memory",
            ],
            remedy: moreHostMemory
        ),
        EndingRule(
            "host-memory-error",
            .hostMemory,
            .cause,
            [],
            ["Unable to allocate "],
            also: [" GiB for an array", " MiB for an array", " TiB for an array"],
            remedy: moreHostMemory
        ),
    ]

    private static let outOfDeviceMemory: Phrase = """
        Use a smaller micro-batch with more accumulation, shorter rows or activation checkpointing; where it comes late in \
        a run, look for a longer batch, an evaluation, or memory that grows.
        """

    private static let moreHostMemory: Phrase = """
        Request more memory for the job, or use less of it: fewer loader workers, smaller shuffle buffers, one process \
        at a time that loads or saves a checkpoint.
        """
}
