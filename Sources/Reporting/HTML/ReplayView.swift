import Terms

/// What the template `replay` shows: one replay in full.
struct ReplayView {
    struct Row {
        var rowNumber: Int
        var rowLoss: String
        var rowShard: String
        var rowTokens: String
    }

    struct Layer {
        var layerName: String
        var layerMean: String
        var layerDeviation: String
        var layerMaximum: String
        var layerNonFinite: String
        var layerStyle: String
    }

    var replayAnchor: String
    var replayNumber: Int
    var replayTitle: String
    var replayConclusion: String
    var replayFacts: [ReportView.Fact]
    var replayExperiments: [ReportView.Fact]
    var hasReplayExperiments: Bool
    var replayRows: [Row]
    var hasReplayRows: Bool
    var replayRowsMore: String?
    var replayLayers: [Layer]
    var hasReplayLayers: Bool
    var replayLayersMore: String?
    var replayPlot: String?

    init(_ replay: ReplayReport, number: Int, anchor: String, plot: String?) {
        replayPlot = plot
        replayNumber = number
        replayAnchor = anchor
        let precision = SafeText.line(replay.precision, limit: 20)
        replayTitle = "Step \(replay.step) from \(SafeText.line(replay.checkpoint, limit: 200)) in \(precision)"
        replayConclusion = SafeText.line(replay.conclusion, limit: 1000)
        replayFacts = Self.facts(replay)
        replayExperiments = ExperimentText.lines(replay).map { ReportView.Fact(term: $0.term, value: $0.value) }
        hasReplayExperiments = !replayExperiments.isEmpty
        replayRows = replay.rows.prefix(128).map { row in
            Row(
                rowNumber: row.row,
                rowLoss: NumberText.loss(row.loss.value),
                rowShard: SafeText.line(row.shard, limit: 200),
                rowTokens: NumberText.words(row.tokens)
            )
        }
        hasReplayRows = !replayRows.isEmpty
        replayRowsMore = replay.rows.count > 128 ? "and \(replay.rows.count - 128) more rows" : nil
        replayLayers = replay.layers.prefix(500).map { layer in
            Layer(
                layerName: SafeText.line(layer.name, limit: 100),
                layerMean: NumberText.short(layer.mean.value),
                layerDeviation: NumberText.short(layer.deviation.value),
                layerMaximum: NumberText.short(layer.absoluteMaximum.value),
                layerNonFinite: NumberText.grouped(layer.nonFinite),
                layerStyle: layer.nonFinite > 0 ? "bad" : ""
            )
        }
        hasReplayLayers = !replayLayers.isEmpty
        replayLayersMore = replay.layers.count > 500 ? "and \(replay.layers.count - 500) more operations" : nil
    }

    /// One anchor a replay: the same step may be replayed from several checkpoints or in several precisions.
    static func anchors(_ replays: [ReplayReport]) -> [String] {
        replays.indices.map { "replay-\($0 + 1)" }
    }

    private static func facts(_ replay: ReplayReport) -> [ReportView.Fact] {
        var facts: [ReportView.Fact] = [
            ReportView.Fact(term: "Checkpoint", value: "after step \(replay.checkpointStep)"),
            ReportView.Fact(term: "Loss", value: Wording.contrast(replay)),
        ]
        if let logged = replay.loggedLoss {
            facts.append(ReportView.Fact(term: "Logged", value: NumberText.loss(logged.value)))
        }
        if let norm = replay.gradientNorm {
            facts.append(ReportView.Fact(term: "Gradient norm", value: NumberText.short(norm.value)))
        }
        if let place = replay.firstNonFinite {
            facts.append(ReportView.Fact(term: "Non-finite", value: Wording.nonFinite(place)))
        }
        if !replay.controls.steps.isEmpty {
            let steps = replay.controls.steps.prefix(24).map(String.init).joined(separator: ", ")
            let more = replay.controls.steps.count > 24 ? ", \u{2026}" : ""
            facts.append(ReportView.Fact(term: "Control steps", value: steps + more))
        }
        return facts
    }
}
