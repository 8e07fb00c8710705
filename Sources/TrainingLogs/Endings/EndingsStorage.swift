import Terms

extension EndingRules {
    /// A disk, a file system, an object store or a checkpoint file failed.
    static let storage: [EndingRule] = [
        EndingRule(
            "quota",
            .storage,
            .cause,
            [.names],
            ["Disk quota exceeded", "[Errno 122]", "quota exceeded"],
            remedy: "Free space within the quota or raise it (files count too), and keep fewer checkpoints."
        ),
        EndingRule(
            "disk-full",
            .storage,
            .cause,
            [.names],
            [
                "No space left on device", "[Errno 28]", "StorageFull", "low on resource: ephemeral-storage",
                "There is not enough space on the disk",
            ],
            remedy: freeSpace
        ),
        EndingRule(
            "checkpoint-write",
            .storage,
            .cause,
            [.names],
            ["PytorchStreamWriter failed", "file write failed"],
            remedy: freeSpace
        ),
        EndingRule(
            "checkpoint-write",
            .storage,
            .cause,
            [],
            ["inline_container.cc"],
            also: ["unexpected pos"],
            remedy: freeSpace
        ),
        EndingRule(
            "checkpoint-broken",
            .storage,
            .cause,
            [.names],
            [
                "PytorchStreamReader failed", "failed finding central directory", "header or archive is corrupted",
                "deserializing header", "MetadataIncompleteBuffer", "unexpected EOF, expected",
                "storage has wrong byte size", "Ran out of input", "UnpicklingError", "pickle data was truncated",
                "unexpected EOF. The file might be corrupted",
            ],
            remedy: """
                Resume from an older checkpoint: the file was not written to its end. Write checkpoints beside their place \
                and rename them when they are complete.
                """
        ),
        EndingRule(
            "stale-handle",
            .storage,
            .cause,
            [.names],
            ["Stale file handle", "Stale NFS file handle", "[Errno 116]"],
            remedy: """
                Mount the file system again on that node, and do not replace files that a run has open: copy the data to a \
                local disk or write them under new names.
                """
        ),
        EndingRule(
            "read-only",
            .storage,
            .cause,
            [.names],
            ["Read-only file system", "[Errno 30]"],
            remedy: "Look why the file system became read-only (\(quoted: "dmesg") of its node), and move the output."
        ),
        EndingRule(
            "io-error",
            .storage,
            .cause,
            [.names],
            [
                "Input/output error", "[Errno 5]", "Remote I/O error", "[Errno 121]", "I/O error, dev",
                "Transport endpoint is not connected", "[Errno 107]", "Structure needs cleaning",
            ],
            remedy: """
                Read the file again from that node and look at \(quoted: "dmesg"): the disk or the mount failed. Verify what \
                was written there.
                """
        ),
        EndingRule(
            "object-store",
            .storage,
            .cause,
            [.names],
            [
                "botocore.exceptions.", "S3UploadFailedError", "Could not connect to the endpoint URL",
                "google.api_core.exceptions.", "HfHubHTTPError", "huggingface_hub.errors.",
                "Max retries exceeded with url",
                "requests.exceptions.", "aiohttp.client_exceptions.",
            ],
            remedy: "Retry with more attempts and a longer delay, or copy the data to a local disk before the run."
        ),
        EndingRule(
            "permission",
            .storage,
            .cause,
            [.names],
            ["PermissionError: ", "[Errno 13]"],
            remedy: "Give the account of the job access to the file that is named."
        ),
        EndingRule(
            "missing-file",
            .storage,
            .cause,
            [.names],
            ["FileNotFoundError: "],
            remedy: "Look for the file that is named: on every node, and under the path that the job sees."
        ),
    ]

    private static let freeSpace: Phrase = """
        Free space and keep fewer checkpoints; the checkpoint that was being written is incomplete, so resume from the one \
        before.
        """
}
