import TrainingLogs

/// What a plot of the set shows; the names that `plot --only` takes.
public enum PlotKind: String, Sendable, CaseIterable {
    /// Training loss with validation loss, findings and shards.
    case loss
    /// The share of each source of the data, under the loss.
    case mixture
    /// Loss above the learning rate.
    case rate = "lr-loss"
    /// Loss against learning rate, and the correlation of their changes by lag.
    case scatter = "lr-scatter"
    /// The gradient norm.
    case gradientNorm = "gradient-norm"
    /// The loss scale of mixed precision.
    case lossScale = "loss-scale"
    /// The steps around each finding.
    case finding
    /// The largest value after each operation of a replay.
    case operations
    /// The suspect batch of a replay beside its controls.
    case controls
    /// The state of each of many shards.
    case shards
    /// The weights and activations of the checkpoints.
    case checkpoints

    /// The file of a plot of which a report has one, in the report's folder.
    package var file: String { "\(rawValue).svg" }
}

/// All plots of an audit. Each is drawn once, and used by the report and as a file.
public struct PlotSet: Sendable {
    /// One plot.
    package struct Entry: Sendable {
        package var kind: PlotKind
        /// The number of its finding or replay, counted from 1.
        package var number: Int?
        /// The file, relative to the report's folder.
        package var file: String
        package var drawing: Drawing
    }

    package private(set) var entries: [Entry] = []

    /// At most so many findings, and replays, have plots of their own.
    package static let limit = 12
    /// From so many shards on a grid says more than a table.
    package static let gridFrom = 61

    /// Draws the plots of an audit.
    /// - Parameters:
    ///   - report: Findings, shards and replays.
    ///   - history: The curves; without them only plots of replays and shards have something to show.
    ///   - kinds: Which plots are wanted.
    public init(_ report: AuditReport, history: TrainingHistory?, kinds: Set<PlotKind> = Set(PlotKind.allCases)) {
        let damaged = report.shards.filter(\.isDamaged).map(\.name)
        let add = { (set: inout PlotSet, kind: PlotKind, type: any Plot.Type) in
            guard kinds.contains(kind) else { return }
            let drawing = type.drawing(
                history: history,
                findings: report.findings,
                shardBoundaries: report.shardBoundaries,
                damagedShards: damaged
            )
            set.entries.append(Entry(kind: kind, file: kind.file, drawing: drawing))
        }
        add(&self, .loss, LossPlot.self)
        if kinds.contains(.mixture), let plot = MixturePlot.drawing(report, history: history) {
            entries.append(Entry(kind: .mixture, file: PlotKind.mixture.file, drawing: plot))
        }
        add(&self, .rate, LearningRatePlot.self)
        if history?.learningRate.isEmpty == false { add(&self, .scatter, RateScatterPlot.self) }
        if history?.gradientNorm.isEmpty == false, kinds.contains(.gradientNorm) {
            let norm = GradientNormPlot.drawing(
                history: history,
                findings: report.findings,
                shardBoundaries: report.shardBoundaries,
                damagedShards: damaged,
                clip: report.gradientClip
            )
            entries.append(Entry(kind: .gradientNorm, file: "gradient-norm.svg", drawing: norm))
        }
        // One value is no curve.
        if let scale = history?.lossScale, scale.count > 1 { add(&self, .lossScale, LossScalePlot.self) }
        if kinds.contains(.finding) {
            for number in report.findings.indices.prefix(Self.limit).map({ $0 + 1 }) {
                guard let zoom = ZoomPlot.drawing(number: number, report: report, history: history) else {
                    continue
                }
                entries.append(
                    Entry(kind: .finding, number: number, file: "plots/finding-\(number).svg", drawing: zoom)
                )
            }
        }
        for (index, replay) in report.replays.prefix(Self.limit).enumerated() {
            let number = index + 1
            if kinds.contains(.controls) {
                let chart = ContrastChart.drawing(replay, name: "replay-\(number)")
                entries.append(
                    Entry(kind: .controls, number: number, file: "plots/replay-\(number)-losses.svg", drawing: chart)
                )
            }
            if kinds.contains(.operations), let plot = OperationsPlot.drawing(replay, number: number) {
                entries.append(
                    Entry(
                        kind: .operations,
                        number: number,
                        file: "plots/replay-\(number)-operations.svg",
                        drawing: plot
                    )
                )
            }
        }
        if kinds.contains(.checkpoints), let plot = CheckpointPlot.drawing(report.checkpoints) {
            entries.append(Entry(kind: .checkpoints, file: "plots/checkpoints.svg", drawing: plot))
        }
        if kinds.contains(.shards), report.shards.count >= Self.gridFrom {
            entries.append(Entry(kind: .shards, file: "plots/shards.svg", drawing: ShardGrid.drawing(report.shards)))
        }
    }

    /// The files.
    /// - Throws: `EncodingError`; not for any known input.
    public func files(_ appearance: Appearance = .automatic) throws -> [ReportFile] {
        try entries.map { ReportFile(name: $0.file, contents: try $0.drawing.markup().plotFile(appearance)) }
    }

    /// The files all in one folder, for a folder that holds nothing but plots.
    /// - Throws: `EncodingError`; not for any known input.
    public func flatFiles(_ appearance: Appearance = .automatic) throws -> [ReportFile] {
        try files(appearance).map { file in
            ReportFile(
                name: file.name.split(separator: "/").last.map(String.init) ?? file.name,
                contents: file.contents
            )
        }
    }

    /// The names of the files.
    public var names: [String] { entries.map(\.file) }

    /// A plot as elements of a page, which holds the style sheet and shows the one that has room.
    func element(_ kind: PlotKind, number: Int? = nil) throws -> String? {
        try entries.first { $0.kind == kind && $0.number == number }?.drawing.elements()
    }

    /// Whether a file name is one that the numbered plots of some audit had, so that it may be removed when it is stale.
    public static func isNumbered(_ name: String) -> Bool {
        name.wholeMatch(of: #/plots/(finding-\d+|replay-\d+-(losses|operations)|shards|checkpoints)\.svg/#) != nil
    }
}
