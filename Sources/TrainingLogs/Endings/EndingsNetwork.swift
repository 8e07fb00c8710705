import Terms

extension EndingRules {
    /// A collective operation or a link failed.
    static let network: [EndingRule] = [
        EndingRule(
            "collective-timeout",
            .network,
            .collective,
            [.hang],
            [
                "caught collective operation timeout", "NCCL operations have failed or timed out",
                "error or timeout) detected by watchdog", "watchdog thread terminated with exception",
                "due to a collective timeout", "watchdog got stuck for", "Timed out waiting",
                "recv operation to complete",
                "send operation to complete", "Collective operation timeout", "Collective timeout",
                "collective operation timed out", "failed to pass monitoredBarrier", "Barrier timed out",
                "BarrierTimeoutError", "Timeout waiting for key:", "wait timeout after", "get ranktable timeout",
                "HCCL timeout", "EI0002", "Watchdog caught",
            ],
            remedy: """
                Look at the log of every rank for the one that stopped first. If none shows an error, run again with the \
                flight recorder (\(quoted: "TORCH_NCCL_TRACE_BUFFER_SIZE=2000"), named \(quoted: "TORCH_FR_BUFFER_SIZE") in \
                newer PyTorch, and \(quoted: "TORCH_NCCL_DUMP_ON_TIMEOUT=1")) and read its dumps with \
                \(quoted: "torchfrtrace"): it names the rank and the operation that the others waited for.
                """
        ),
        EndingRule(
            "link-fault",
            .network,
            .cause,
            [],
            [
                "Got completion with error", "Got completion from peer", "port error", "IBV_WC_", "ibv_poll_cq failed",
                "ibv_modify_qp failed", "NVLink error", "Link is down", "link is down", "No route to host",
                "Network is unreachable", "Name or service not known", "Temporary failure in name resolution",
                "NRT_EXEC_HW_ERR_COLLECTIVES", "fi_cq_readerr",
            ],
            also: ["rror", "NCCL", "nccl", "own", "route", "unreach", "resolution", "ailed"],
            remedy: """
                Test the link of the node that is named (port counters, \(quoted: "ib_write_bw"), \
                \(quoted: "all_reduce_perf") of nccl-tests between pairs of nodes), and leave the node out if it is worse.
                """
        ),
        EndingRule(
            "peer-gone",
            .network,
            .bare,
            [],
            [
                "Connection closed by", "Connection reset by peer", "Broken pipe", "remote process exited",
                "ncclRemoteError", "NCCL communicator was aborted", "Socket closed", "RendezvousConnectionError",
                "RendezvousClosedError", "socketProgress", "socketProgressOpt", "connection was closed by remote",
                "Connection was likely closed", "sendBytes failed", "recvValue failed",
            ],
            remedy: "Look at the other ranks: one of them was gone already, and its last lines hold the cause."
        ),
        EndingRule(
            "collective-error",
            .network,
            .collective,
            [],
            [
                "DistBackendError", "DistNetworkError", "DistStoreError", "NCCL error", "NCCL Error", "ncclSystemError",
                "ncclInternalError", "ncclUnhandledCudaError", "unhandled system error", "RCCL error",
                "HCCL function error",
                "HcclAllreduce", "Connection timed out", "Connection refused", "RendezvousTimeoutError",
                "client socket has timed out", "JAX distributed service detected fatal", "oordination service agent",
                "heartbeat timeout", "missed heartbeats", "gloo::EnforceNotMet", "GLOO connectFullMesh failed",
            ],
            remedy: """
                Run again with \(quoted: "NCCL_DEBUG=INFO") and look for the first rank and node with an error; check that \
                all nodes run the same versions and reach one another on the chosen interface.
                """
        ),
    ]
}
