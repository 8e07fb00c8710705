extension OptimizerForm {
    /// Safetensors with `exp_avg.<name>` and `exp_avg_sq.<name>`, as converters write them.
    static let safetensors = OptimizerForm(
        beginning: "optim",
        suffix: "safetensors",
        matches: { SafetensorsForm.matches($0.bytes) },
        state: { source throws(ReplayError) in
            let header = try SafetensorsHeader.parse(source.bytes, path: source.path)
            let tensors = SafetensorsForm.tensors(header, file: 0)
            func moment(_ prefix: String) throws(ReplayError) -> [Float] {
                var own: [String: StoredTensor] = [:]
                for (name, tensor) in tensors where name.hasPrefix(prefix) {
                    own[String(name.dropFirst(prefix.count))] = tensor
                }
                return try ModelWeights.moments(own, source.bytes, path: source.path, of: source.checkpoint)
            }
            return OptimizerState(
                firstMoment: try moment("exp_avg."),
                secondMoment: try moment("exp_avg_sq."),
                updatesDone: header.metadata["step"].flatMap { Int($0) },
                path: source.path
            )
        }
    )
}
