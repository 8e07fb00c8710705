import Reporting
import Testing

/// What a replay measured besides its losses is told in every report.
@Suite struct ExperimentTextTests {
    private func replay() -> ReplayReport {
        var document = ReplayReport(
            step: 11,
            checkpointStep: 9,
            checkpoint: "model_00000010.bin",
            precision: "fp32",
            loss: JSONNumber(9.8),
            controls: ControlsReport(mean: JSONNumber(3), deviation: JSONNumber(0.1), count: 8, steps: [1, 2]),
            layers: [],
            rows: [],
            conclusion: "The batch is bad."
        )
        var experiments = ExperimentsReport()
        let origin = NonFiniteReport(layer: 1, operation: "mlp-in", row: 0, position: 3, producer: true)
        experiments.emulations = [
            .init(
                precision: "fp16",
                loss: JSONNumber(.nan),
                gradientNorm: nil,
                firstNonFinite: origin,
                pass: "forward",
                headroom: JSONNumber(1),
                tightest: "h.1.mlp-in"
            )
        ]
        experiments.otherCheckpoint = .init(
            checkpoint: "model_00000005.bin",
            loss: JSONNumber(9.5),
            controlMean: JSONNumber(3.2),
            zScore: JSONNumber(42)
        )
        experiments.concentration = [
            .init(row: 3, share: JSONNumber(0.97), positions: [10, 20], loss: JSONNumber(14))
        ]
        experiments.weights = (0..<20).map {
            .init(name: "exp_avg_sq of tensor\($0) <b>", problem: "all-zero", detail: "all 4 values are zero")
        }
        experiments.optimizer = .init(file: "optim_000010.safetensors", updates: 10, failure: nil)
        experiments.deadUnits = [JSONNumber(0.01), JSONNumber(0.5)]
        experiments.largestUpdate = .init(name: "wpe.weight", value: JSONNumber(0.25))
        document.experiments = experiments
        return document
    }

    private let wanted = [
        "In fp16", "mlp-in", "Under model_00000005.bin", "42.0 deviations apart", "Row 3",
        "97 % of the excess loss, at positions 10 to 19",
        "optim_000010.safetensors, 10 updates", "50 % in layer 1", "wpe.weight by 0.25 of its norm", "Looks wrong",
        "and 12 more",
    ]

    @Test func theTerminalTellsThem() {
        let text = TerminalText.replay(replay())
        for words in wanted { #expect(text.contains(words), "\(words)") }
        #expect(!text.contains("in layer 0"))
    }

    @Test func theReportAndJUnitTellThem() throws {
        var audit = Fixture.anomalous()
        audit.replays = [replay()]
        let html = try HTMLReport.text(audit, history: Fixture.history())
        for words in wanted { #expect(html.contains(words), "\(words)") }
        #expect(!html.contains("tensor1 <b>"))
        let junit = try JUnitReport.xml(audit)
        for words in wanted { #expect(junit.contains(words), "\(words)") }
    }
}
