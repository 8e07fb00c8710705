/// A small file beside a checkpoint that says what the weights do not show.
protocol CheckpointSidecar: Sendable {
    /// The overrides, completed; as they are where there is no such file. Throws `ReplayError.malformedHeader` for a file that
    /// is damaged, and `ReplayError.conflictingOption`.
    static func complete(
        _ overrides: CheckpointOverrides,
        besideCheckpoint path: String
    ) throws(ReplayError) -> CheckpointOverrides
}

extension CheckpointOverrides {
    /// Every kind, in the order in which they are asked.
    private static let sidecars: [any CheckpointSidecar.Type] = [
        HuggingFaceConfiguration.self, NanochatMeta.self, MetaConfiguration.self, LitGPTConfiguration.self,
    ]

    /// Completed by the files that lie beside a checkpoint.
    func completed(besideCheckpoint path: String) throws(ReplayError) -> CheckpointOverrides {
        var result = self
        for sidecar in Self.sidecars { result = try sidecar.complete(result, besideCheckpoint: path) }
        return result
    }
}
