import Terms

extension EndingRules {
    /// A device failed, or code on it did.
    static let devices: [EndingRule] = [
        // An Xid says by its number whose fault it is: 13, 31 and 43 are mostly the program's, 45 only cleans up.
        EndingRule(
            "xid-cleanup",
            .device,
            .bare,
            [],
            ["NVRM: Xid"],
            also: ["): 45,", "): 154,"],
            remedy: "Look for another Xid just before: this one only cleans up behind it."
        ),
        EndingRule(
            "xid-application",
            .deviceCode,
            .cause,
            [],
            ["NVRM: Xid"],
            also: ["): 13,", "): 31,", "): 43,"],
            remedy: rerunDeviceCode
        ),
        EndingRule(
            "xid",
            .device,
            .cause,
            [],
            ["NVRM: Xid", "fallen off the bus", "GPU is lost", "NVRM: RmInitAdapter failed"],
            remedy: drain
        ),
        EndingRule(
            "ecc",
            .device,
            .cause,
            [],
            [
                "uncorrectable ECC", "ECC error encountered", "ouble Bit ECC", "ouble-bit ECC", "uncorrectable NVLink",
                "cudaErrorECCUncorrectable", "hipErrorECCNotCorrectable", "ncorrectable hardware error",
                "Machine Check Exception", "row remapping failure",
            ],
            remedy: drain
        ),
        EndingRule(
            "device-lost",
            .device,
            .cause,
            [],
            [
                "all CUDA-capable devices are busy or unavailable", "no CUDA-capable device is detected",
                "CUDA driver error: device unavailable", "system not yet initialized", "CUDA unknown error",
                "GPU reset begin", "amdgpu: GPU recovery", "GPU access blocked by the operating system",
                "NVRM: GPU at PCI", "nvidia-smi has failed because",
            ],
            remedy: drain
        ),
        EndingRule(
            "accelerator-fault",
            .device,
            .cause,
            [],
            [
                "Core halted unexpectedly", "evice halted prematurely", "TPU initialization failed",
                "slice health check failed", "TPU worker may have crashed", "NRT_EXEC_HW_ERR", "NRT_UNINITIALIZED",
                "NRT_TIMEOUT", "NRT_EXEC_COMPLETED_WITH_ERR", "NERR_INFER", "Neuron device error", "ACL_ERROR_RT_",
            ],
            remedy: """
                Run the vendor's health check on the device that is named, and leave the host out if it fails; resume on \
                others.
                """
        ),
        EndingRule(
            "device-assert",
            .deviceCode,
            .cause,
            [.lookup],
            [
                "device-side assert triggered", "srcIndex < srcSelectDimSize` failed", "t < n_classes` failed",
                "index out of bounds\"` failed", "index out of bounds\" failed", "cudaErrorAssert",
                "device-side assertion",
            ],
            remedy: """
                Look for a token or a label beyond the size of its table: compare the largest token of the batch with the \
                vocabulary of the model. Running with \(quoted: "CUDA_LAUNCH_BLOCKING=1") names the operation.
                """
        ),
        EndingRule(
            "illegal-address",
            .deviceCode,
            .cause,
            [],
            [
                "illegal memory access", "CUDA_ERROR_ILLEGAL_ADDRESS", "cudaErrorIllegalAddress",
                "hipErrorIllegalAddress", "misaligned address", "Memory access fault by GPU",
                "illegal instruction was encountered", "Invalid __global__", "Invalid __shared__",
                "HSA_STATUS_ERROR_MEMORY", "HSA_STATUS_ERROR_EXCEPTION",
            ],
            remedy: rerunDeviceCode
        ),
        EndingRule(
            "launch-failure",
            .deviceCode,
            .cause,
            [],
            [
                "unspecified launch failure", "cudaErrorLaunchFailure", "hipErrorLaunchFailure",
                "launch timed out and was terminated", "CUBLAS_STATUS_", "CUDNN_STATUS_", "CUSOLVER_STATUS_",
                "rocblas_status_", "miopenStatus", "HSA_STATUS_ERROR",
            ],
            remedy: rerunDeviceCode
        ),
        EndingRule(
            "device-build",
            .program,
            .cause,
            [],
            [
                "no kernel image is available", "invalid device function", "CUDA driver version is insufficient",
                "PTX was compiled with an unsupported", "undefined symbol: ",
            ],
            remedy: "Install a build of the framework and of its extensions that is made for this device and driver."
        ),
        EndingRule(
            "device-error",
            .deviceCode,
            .cause,
            [],
            [
                "CUDA error: ", "[CUDA ERROR]", "[CUDNN ERROR]", "[cuBLAS ERROR]", "CUDA driver error: ", "HIP error: ",
                "Triton Error [CUDA]", "NPU function error",
            ],
            remedy: rerunDeviceCode
        ),
    ]

    private static let drain: Phrase = """
        Take the node out of the pool and test its devices (\(quoted: "nvidia-smi -q -d ECC"), \
        \(quoted: "dcgmi diag -r 3")); resume from the last checkpoint on others.
        """

    private static let rerunDeviceCode: Phrase = """
        Run the step again with \(quoted: "CUDA_LAUNCH_BLOCKING=1"), which names the operation: the same failure points to \
        the program or its data, none or one on this node only to the device.
        """
}
