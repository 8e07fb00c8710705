import Terms

/// What the template `checkpoints` shows: what was seen in the checkpoints that were looked into.
struct CheckpointsView {
    struct Norm {
        var normGroup: String
        var normValue: String
    }

    struct Row {
        var checkpointStep: String
        var checkpointName: String
        var checkpointNorms: [Norm]
        var checkpointActivation: String
        var checkpointGradients: String
    }

    var checkpointPlot: String?
    var checkpointColumns: [String]
    var checkpointRows: [Row]

    /// The view; `nil` without checkpoints.
    init?(_ checkpoints: [CheckpointReport], plot: String?) {
        guard !checkpoints.isEmpty else { return nil }
        let groups = Set(checkpoints.flatMap(\.weightNorms.keys)).sorted().prefix(8)
        checkpointPlot = plot
        checkpointColumns = groups.map { SafeText.line($0, limit: 40) }
        checkpointRows = checkpoints.prefix(50).map { checkpoint in
            let operation = checkpoint.largestOperation.map { " after \(SafeText.line($0, limit: 80))" } ?? ""
            return Row(
                checkpointStep: String(checkpoint.step),
                checkpointName: SafeText.line(checkpoint.name, limit: 200),
                checkpointNorms: groups.map { group in
                    let value = checkpoint.weightNorms[group].map { NumberText.short($0.value) } ?? ""
                    return Norm(normGroup: SafeText.line(group, limit: 40), normValue: value)
                },
                checkpointActivation: checkpoint.largestActivation.map { NumberText.short($0.value) + operation } ?? "",
                checkpointGradients: (checkpoint.layerGradients ?? []).map { NumberText.short($0.value) }
                    .joined(separator: " to ")
            )
        }
    }
}
