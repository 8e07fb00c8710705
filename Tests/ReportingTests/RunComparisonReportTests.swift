import Diagnosis
import Foundation
import Reporting
import Terms
import Testing
import TrainingLogs

/// What `trainaudit compare` writes.
@Suite struct RunComparisonReportTests {
    /// A run of 400 records whose noise is a fixed sequence, the same for all.
    private static func run(lift: Double = 0, batch: Int = 8) -> ComparedRun {
        var history = TrainingHistory(format: "torchtitan", stepBase: 1, lossScope: .step)
        for index in 1...400 {
            let noise =
                0.05 * sin(Double(index * index % 997) * 1.7) + (lift == 0 ? 0 : 0.004 * cos(Double(index * 37)))
            let loss = 3 + 5 / Double(index).squareRoot() + noise + (index > 200 ? lift : 0)
            history.train.append(step: index * 10, value: (loss * 1e5).rounded() / 1e5)
            history.learningRate.append(step: index * 10, value: index > 300 && lift > 0 ? 3e-4 : 6e-4)
        }
        history.validation = Series(steps: [2000, 4000], values: [3.4, 3.3 + lift])
        history.hyperparameters.batch = batch
        history.hyperparameters.options = ["dropout": lift == 0 ? "0.0" : "0.1"]
        history.series[SeriesName(.tokensPerSecond)] = Series(steps: [10], values: [1000 * Double(batch)])
        return ComparedRun(history)
    }

    private static func report(
        _ a: ComparedRun,
        _ b: ComparedRun,
        tolerance: ComparisonTolerance = RunComparison.noTolerance
    ) -> RunComparisonReport {
        func side(_ name: String, _ run: ComparedRun) -> RunComparisonReport.Side {
            RunComparisonReport.Side(name: name, logs: [name], history: Fixture.historyReport(run.history))
        }
        return RunComparisonReport(
            first: side("a.log", a),
            second: side("b.log", b),
            comparison: RunComparison(a, b, tolerance: tolerance)
        )
    }

    private static var different: RunComparisonReport {
        var report = report(run(), run(lift: 0.05, batch: 16))
        report.files = ["compare/compare.svg"]
        return report
    }

    private static func nonFinite() -> RunComparisonReport {
        var broken = run()
        broken.history.train = Series(
            steps: broken.history.train.steps,
            values: broken.history.train.values.enumerated().map { $0.offset >= 250 ? .nan : $0.element }
        )
        return report(run(), broken)
    }

    private static func undetermined() -> RunComparisonReport {
        var late = run()
        late.history.train = Series(
            steps: late.history.train.steps.map { $0 + 10_000 },
            values: late.history.train.values
        )
        late.history.validation = Series()
        late.history.learningRate = Series()
        return report(run(), late)
    }

    @Test func textAndJSONAreAsRecorded() throws {
        try Golden.expect(TerminalText.compare(Self.different), "compare.txt")
        try Golden.expect(try JSONOutput.encode(Self.different), "compare.json")
        try Golden.expect(TerminalText.compare(Self.undetermined()), "compare-undetermined.txt")
        try Golden.expect(try JUnitReport.xml(Self.different), "compare-junit.xml")
    }

    @Test func reportsFollowTheSchema() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let file = root.appending(path: "Documentation.docc/Schemas/compare.schema.json")
        let object = try JSONSerialization.jsonObject(with: Data(contentsOf: file))
        let schema = try #require(object as? [String: Any])
        #expect(JSONSchema(root: schema).places().silent == [])
        let run = Self.run()
        for report in [
            Self.different, Self.nonFinite(), Self.undetermined(), Self.report(run, run),
            Self.report(run, run, tolerance: .share(0.01)),
        ] {
            let value = try JSONSerialization.jsonObject(with: Data(JSONOutput.encode(report).utf8))
            #expect(JSONSchema(root: schema).problems(value, schema, "$") == [])
        }
    }

    @Test func theFirstSentenceSaysWhatMatters() {
        func first(_ report: RunComparisonReport) -> String {
            String(TerminalText.compare(report, style: TerminalStyle(width: 200)).prefix { $0 != "\n" })
        }
        let run = Self.run()
        #expect(first(Self.different).hasPrefix("different: B is 0.047 nats higher"))
        #expect(first(Self.different).hasSuffix("from step 2010 on, and stays higher."))
        #expect(first(Self.nonFinite()) == "different: B alone is not finite from step 2510 on (150 records).")
        #expect(
            first(Self.report(run, run))
                == "identical: A and B are the same to the digit in 400 common records (steps 10 to 4000)."
        )
        #expect(
            first(Self.report(run, Self.run(lift: 0.05), tolerance: .nats(0.1)))
                == "equal: A and B differ by no more than the tolerance of 0.1 nats in 400 common records (steps 10 to 4000)."
        )
        #expect(
            first(Self.undetermined())
                == "undetermined: A and B cannot be compared: A has steps 10 to 4000, B steps 10010 to 14000, and no step is common."
        )
    }

    @Test func theGateOfJUnitFailsWhereTheRunsDiffer() throws {
        let run = Self.run()
        func xml(_ report: RunComparisonReport) throws -> String { try JUnitReport.xml(report) }
        #expect(try xml(Self.different).contains("failures=\"1\" errors=\"0\""))
        #expect(try xml(Self.nonFinite()).contains("type=\"non-finite\""))
        #expect(try xml(Self.undetermined()).contains("failures=\"0\" errors=\"1\""))
        #expect(try xml(Self.report(run, run)).contains("failures=\"0\" errors=\"0\""))
    }

    @Test func thePictureHoldsBothCurvesAndTheirDifference() throws {
        let (a, b) = (Self.run(), Self.run(lift: 0.05))
        let comparison = RunComparison(a, b)
        let curves = comparison.curves(a, b)
        let file = try RunComparisonPlot.file(comparison, a: curves.first, b: curves.second)
        #expect(file.name == "compare.svg")
        for style in ["loss main", "norm main", "scale main", "limit", "resume"] {
            #expect(file.contents.contains("class=\"\(style)\""), "\(style)")
        }
        let empty = RunComparison(ComparedRun(TrainingHistory(format: "a")), ComparedRun(TrainingHistory(format: "b")))
        _ = try RunComparisonPlot.file(empty, a: Series(), b: Series())
    }
}
