import Diagnosis
import Foundation
import Reporting
import Terms
import Testing
import TrainingLogs

#if canImport(FoundationXML)
    import FoundationXML
#endif

@Suite struct MorePlotTests {
    /// An audit with everything that a plot can show.
    static func everything() -> (AuditReport, TrainingHistory) {
        var document = Fixture.anomalous()
        document.shards += (0..<100).map { ShardReport(name: "more_\($0).bin", status: .verified, level: .digest) }
        var history = Fixture.history()
        for step in 1...400 {
            history.lossScale.append(step: step, value: step < 200 ? 65536 : step < 260 ? 32768 : 1024)
        }
        document.replays[0].layers[5].nonFinite = 3
        document.checkpoints = [100, 200, 300].map { step in
            CheckpointReport(
                name: "model_\(step).bin",
                step: step,
                weightNorms: [
                    "embedding": JSONNumber(Double(step)), "attention": JSONNumber(3), "mlp": JSONNumber(5),
                    "norm": JSONNumber(step == 300 ? .infinity : 1),
                ],
                zeroShare: (0..<12).map { JSONNumber(Double($0) / 11) },
                attentionPeak: (0..<12).map { JSONNumber(0.2 + Double($0) / 20) },
                largestActivation: JSONNumber(70_000),
                largestOperation: "h.3.mlp-out",
                layerGradients: [JSONNumber(0.01), JSONNumber(1)]
            )
        }
        document.mixture = MixtureFixture.sources
        document.findings.append(
            Finding(.checkpoint(.deadUnits), title: "The MLP units of layer \(11) are dead", severity: .warning)
        )
        return (document, history)
    }

    @Test func everyKindIsDrawnSmallAccessibleAndTheSameTwice() throws {
        let (document, history) = Self.everything()
        let set = PlotSet(document, history: history)
        let kinds = Set(try set.files().map(\.name).map { $0.replacing(try Regex("[0-9]+"), with: "N") })
        #expect(
            kinds == [
                "loss.svg", "mixture.svg", "lr-loss.svg", "lr-scatter.svg", "gradient-norm.svg", "loss-scale.svg",
                "plots/finding-N.svg", "plots/replay-N-losses.svg", "plots/replay-N-operations.svg", "plots/shards.svg",
                "plots/checkpoints.svg",
            ]
        )
        #expect(try set.files() == PlotSet(document, history: history).files())
        let flat = try set.flatFiles().map(\.name)
        #expect(flat.count == set.names.count && Set(flat).count == flat.count && !flat.contains { $0.contains("/") })
        for file in try set.files() {
            #expect(file.contents.utf8.count < 150_000, "\(file.name)")
            let outline = try XMLOutline(file.contents)
            #expect(outline.error == nil)
            #expect(outline.attributes.contains { $0.name == "role" && $0.value == "img" }, "\(file.name)")
            // Besides the plot's own title there may be those of damaged shards, which show their names in full.
            #expect((outline.elements["title"] ?? 0) >= 1 && outline.elements["desc"] == 1, "\(file.name)")
            let ids = outline.attributes.filter { $0.name == "id" }.map(\.value)
            let label = try #require(outline.attributes.first { $0.name == "aria-labelledby" }?.value)
            for id in label.split(separator: " ") { #expect(ids.contains(String(id)), "\(file.name)") }
        }
    }

    @Test func noTwoTextsOverlap() throws {
        let (document, history) = Self.everything()
        var crowded = document
        crowded.findings += (0..<30).map { index in
            let first = 10 + index * 12
            return Finding(
                .event(.lossSpike, step: first),
                title: "Loss spike, step \(first)",
                severity: index % 3 == 0 ? .failure : .warning,
                steps: first...(first + 2)
            )
        }
        crowded.shards[1].status = .missing
        crowded.shards[2].status = .missing
        // Values that are not finite, values far outside, and a spike inside, all in one curve.
        var broken = history
        for step in [401, 402, 410, 430, 431, 432] { broken.train.append(step: step, value: .nan) }
        for step in 433...440 { broken.train.append(step: step, value: 3 + Double(step % 3) * 40_000) }
        for (audit, history) in [(document, history), (crowded, history), (crowded, broken)] {
            for entry in PlotSet(audit, history: history).entries {
                for size in PlotSize.allCases { try expectNoOverlap(entry, size) }
            }
        }
    }

    private func expectNoOverlap(_ entry: PlotSet.Entry, _ size: PlotSize) throws {
        let name = "\(entry.file), \(size)"
        let texts = try SVGTexts(entry.drawing.markup(size).encoded(isDocument: true)).texts
        #expect(!texts.isEmpty)
        for (index, one) in texts.enumerated() {
            #expect(one.x >= -1 && one.x + one.width <= size.width + 2, "\(name): \(one.text) is cut off")
            for other in texts[(index + 1)...] where one.overlaps(other) {
                Issue.record("\(name): \"\(one.text)\" overlaps \"\(other.text)\"")
            }
        }
    }

    @Test func whatCheckpointsShowIsDrawnAndTheFindingLeadsThere() throws {
        let (document, history) = Self.everything()
        let svg = try #require(
            try PlotSet(document, history: nil, kinds: [.checkpoints]).files().first {
                $0.name == "plots/checkpoints.svg"
            }
        ).contents
        #expect(svg.contains("Norm of the embedding weights from 100 to 300."))
        #expect(svg.contains("100 % of the MLP activations are zero"))
        #expect(svg.components(separatedBy: "class=\"nonfinite-cross\"").count == 2)
        let html = try HTMLReport.text(document, history: history)
        #expect(html.contains("<a href=\"#checkpoints\">the checkpoints that were looked into</a>"))
        #expect(html.contains("70,000 after h.3.mlp-out") && html.contains("0.01 to 1"))
        // A symptom that only checkpoints show leads there too, where these are shown.
        var drift = document
        drift.findings = [Fixture.norm]
        drift.findings[0].symptoms[0].kind = .weightNormDrift
        #expect(try HTMLReport.text(drift, history: history).contains("<a href=\"#checkpoints\">the checkpoints that"))
        drift.checkpoints = []
        #expect(try !HTMLReport.text(drift, history: history).contains("<a href=\"#checkpoints\">"))
        // One checkpoint that no batch was run through has nothing to draw, and still its row.
        let bare = [CheckpointReport(name: "a", step: 1, weightNorms: ["mlp": JSONNumber(1)])]
        #expect(CheckpointPlot.drawing(bare) == nil)
    }

    @Test func aPageHoldsEveryPlotForScreenAndPhoneAndShowsOne() throws {
        let (document, history) = Self.everything()
        let html = try HTMLReport.text(document, history: history)
        let count = { (text: String) in html.components(separatedBy: text).count - 1 }
        #expect(count("<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"plot wide") >= 8)
        #expect(count("class=\"plot wide") == count("class=\"plot narrow"))
        // Without a style sheet the wide one is seen alone.
        #expect(count("display=\"none\"") == count("class=\"plot narrow"))
        #expect(html.contains("svg.narrow { display: none;"))
        for file in try PlotSet(document, history: history).files() { #expect(!file.contents.contains("narrow")) }
    }

    @Test func labelsOfWhatTheAxisCannotShowStandClearOfTheCurve() throws {
        var history = Fixture.history()
        for step in 401...405 { history.train.append(step: step, value: .nan) }
        history.train.append(step: 406, value: 50_000)
        for size in PlotSize.allCases {
            let set = PlotSet(Fixture.anomalous(), history: history, kinds: [.loss])
            let svg = try #require(set.entries.first).drawing.markup(size)
            let drawing = try SVGTexts(svg.encoded(isDocument: true))
            let labels = drawing.texts.filter { $0.text.contains("non-finite") || $0.text.hasPrefix("\u{2191}") }
            #expect(labels.count == 2)
            let top = try #require(drawing.points.map(\.y).min())
            for label in labels { #expect(label.y + 2 < top, "\(label.text) at \(label.y), curve up to \(top)") }
        }
    }

    @Test func theThresholdOfClippingIsInTheKey() throws {
        let document = Fixture.anomalous()
        let svg = { (clip: Double?) -> String in
            var changed = document
            changed.gradientClip = clip
            let set = PlotSet(changed, history: Fixture.history(), kinds: [.gradientNorm])
            return try #require(try set.files().first).contents
        }
        #expect(try svg(1).contains(">clipping threshold 1<"))
        #expect(try svg(1e6).contains(">clipping threshold 1e6, above the axis<"))
        #expect(try !svg(nil).contains("clipping threshold"))
    }

    @Test func longNamesLoseTheirMiddle() {
        let name = "a-very-long-name-of-a-data-set-that-nobody-can-read_train_000042.bin"
        let short = fitted(name, width: 200, size: 11)
        #expect(short.hasPrefix("a-very") && short.hasSuffix("42.bin") && short.contains("\u{2026}"))
        #expect(textWidth(short, size: 11) <= 200)
        #expect(fitted("short", width: 200, size: 11) == "short")
        let lines = wrapped("one two three four five six seven", width: 60, size: 12, lines: 2)
        #expect(lines.count == 2 && lines[0] == "one two" && lines[1].hasSuffix("n"))
        #expect(wrapped("", width: 60, size: 12, lines: 2).isEmpty)
    }

    @Test func coloursCanBeFixed() throws {
        let set = PlotSet(Fixture.anomalous(), history: Fixture.history(), kinds: [.loss])
        let styles = try Appearance.allCases.map { try #require(try set.files($0).first).contents }
        #expect(styles[0].contains("prefers-color-scheme"))
        #expect(!styles[1].contains("prefers-color-scheme") && !styles[1].contains("#15191e"))
        #expect(
            !styles[2].contains("prefers-color-scheme") && styles[2].contains(".plot .background { fill: #15191e; }")
        )
        for style in styles { #expect(try XMLOutline(style).error == nil) }
    }

    @Test func aZoomShowsTheStepsThatReadDamagedBytes() throws {
        let set = PlotSet(Fixture.anomalous(), history: Fixture.history(), kinds: [.finding])
        let svg = try #require(try set.files().first?.contents)
        // The damage begins at byte 100 663 296, the data of step 241 at 104 858 624; each step reads 1 MiB.
        #expect(svg.contains("Damaged bytes were read in steps 241 to 252."))
        #expect(svg.contains("class=\"damage-read\""))
        #expect(svg.contains("as logged, steps 141 to 352"))
    }

    @Test func aZoomIsLeftOutWhereItWouldShowTheWholeLog() {
        var document = Fixture.anomalous()
        document.findings[0].steps = 1...400
        document.findings[1].steps = nil
        #expect(PlotSet(document, history: Fixture.history(), kinds: [.finding]).names.isEmpty)
        document.findings[0].steps = 20...350
        #expect(PlotSet(document, history: Fixture.history(), kinds: [.finding]).names.isEmpty)
        #expect(PlotSet(document, history: nil, kinds: [.finding]).names.isEmpty)
    }

    @Test func aFindingWithoutAZoomSaysWhy() throws {
        var document = Fixture.anomalous()
        document.findings[0].steps = 1...400
        document.findings[1].steps = 900...900
        document.findings += (3...13).map {
            Finding(.shard(name: "x-\($0)"), title: "x", severity: .info, steps: 200...200)
        }
        document.findings.append(Finding(.setting(key: "y"), title: "no steps", severity: .info))
        let reasons = (1...14).map { ZoomPlot.absence(number: $0, report: document, history: Fixture.history()) }
        #expect(try #require(reasons[0]).contains("nearly the whole log"))
        #expect(try #require(reasons[1]).contains("no record of these steps"))
        #expect(reasons[2] == nil, "it has a plot")
        #expect(try #require(reasons[12]).contains("first 12 findings"))
        #expect(reasons[13] == nil, "nothing to show")
        let html = try HTMLReport.text(document, history: Fixture.history())
        for reason in Set(reasons.compactMap(\.self)) { #expect(html.contains(reason), "\(reason)") }
        #expect(html.components(separatedBy: "aria-label=\"Finding 3 from near\"").count == 2, "without a symptom too")
    }

    @Test func aLossThatFollowsTheRateIsSeenAtItsLag() throws {
        var state: UInt64 = 3
        func noise() -> Double {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(state >> 40) / Double(1 << 24) - 0.5
        }
        let rates = (0..<400).map { _ in 1e-3 * (1 + 0.5 * noise()) }
        let follows = (0..<400).map { step in 3 + 500 * (step >= 4 ? rates[step - 4] : 1e-3) + 0.02 * noise() }
        let steps = Array(0..<400)
        let found = try #require(
            LagCorrelation(loss: Series(steps: steps, values: follows), rate: Series(steps: steps, values: rates))
        )
        #expect(found.strongest.lag == 4)
        #expect(found.strongest.value > 0.9)
        #expect(found.stepsPerLag == 1)
        let free = (0..<400).map { _ in 3 + noise() }
        let nothing = try #require(
            LagCorrelation(loss: Series(steps: steps, values: free), rate: Series(steps: steps, values: rates))
        )
        #expect(!nothing.standsOut)
        let constant = Series(steps: steps, values: [Double](repeating: 1e-3, count: 400))
        #expect(LagCorrelation(loss: Series(steps: steps, values: free), rate: constant) == nil)
    }

    @Test func operationsShowTheFirstNonFiniteAndTheLimits() throws {
        let (document, _) = Self.everything()
        let set = PlotSet(document, history: nil, kinds: [.operations])
        let svg = try #require(try set.files().first?.contents)
        #expect(svg.contains("first non-finite: h.1.attn"))
        #expect(svg.contains("fp16 ends at 65,504"))
        #expect(svg.contains("\u{2191} bf16 ends at 3.39e38"))
        var deep = document
        deep.replays[0].layers = (0..<96).flatMap { layer in
            ["ln1", "qkv", "softmax", "residual1", "mlp-in", "residual2"].map { name in
                ProbeReport(
                    name: "h.\(layer).\(name)",
                    mean: JSONNumber(0),
                    deviation: JSONNumber(1),
                    absoluteMaximum: JSONNumber(pow(10, Double(layer) / 2)),
                    nonFinite: 0
                )
            }
        }
        let large = try #require(try PlotSet(deep, history: nil, kinds: [.operations]).files().first?.contents)
        #expect(large.utf8.count < 150_000)
        #expect(large.contains(">bf16 ends at 3.39e38<"), "inside the plot now")
    }

    @Test func theFirstNonFiniteValueIsNamedWithItsToken() {
        var place = NonFiniteReport(layer: 2, operation: "mlp", row: 1, position: 7, producer: true)
        #expect(Wording.nonFinite(place).contains("row 1, position 7 (produced"))
        place.token = 464
        #expect(Wording.nonFinite(place).contains("layer 2, mlp, row 1, position 7, token 464 (produced"))
    }

    @Test func measurementsReadAsWords() {
        let kind = SymptomKind("x")
        let rows = MeasurementText.rows(
            Measurements()
                .with(Measure<Double>(kind, "kept", "kept of the rise", .share), 0.85)
                .with(Measure<Int>(kind, "peakStep", "peak at", .step), 12_357)
                .with(Measure<Double>(kind, "zScore", "height", .sigma), .nan)
                .with(Measure<Int>(kind, "records", "length", .records), 1)
                .with(Measure<Bool>(kind, "recovered", "came back", .state), false)
                .with(Measure<Bool>(kind, "leads", "loss jumps with it", .onlyWhereTrue), true)
                .with(Measure<Bool>(kind, "scattered", "spikes of one record each", .onlyWhereTrue), false)
                .with(Measure<Double>(kind, "lowestValidation", "lowest validation loss"), 2.5)
                .with(Measure<Double>(kind, "absent", "not measured"), nil)
        )
        #expect(
            rows.map { "\($0.label): \($0.value)" } == [
                "kept of the rise: 85 %", "peak at: step 12357", "height: not finite", "length: 1 record",
                "came back: no", "loss jumps with it: yes", "lowest validation loss: 2.5",
            ]
        )
    }
}

/// The texts of an SVG with about the room that each takes.
final class SVGTexts: NSObject, XMLParserDelegate {
    struct Text {
        var x: Double
        var y: Double
        var width: Double
        var size: Double
        var text: String

        /// Whether the letters touch: a little less than the line's height, since descenders are rare.
        func overlaps(_ other: Text) -> Bool {
            let isBeside = x + width <= other.x + 1 || other.x + other.width <= x + 1
            let isAbove = y - size * 0.75 >= other.y || other.y - other.size * 0.75 >= y
            return !isBeside && !isAbove
        }
    }

    private(set) var texts: [Text] = []
    /// The points of the curves.
    private(set) var points: [(x: Double, y: Double)] = []
    private var open: [String: String]?
    private var content = ""

    private static let sizes: [String: Double] = [
        "title": 17, "subtitle": 12, "key": 12, "flag": 12, "axis-title": 12, "message": 14, "shard-name": 10,
    ]

    init(_ svg: String) throws {
        super.init()
        let parser = XMLParser(data: Data(svg.utf8))
        parser.delegate = self
        guard parser.parse() else { throw parser.parserError ?? CocoaError(.coderReadCorrupt) }
    }

    func parser(
        _ parser: XMLParser,
        didStartElement name: String,
        namespaceURI: String?,
        qualifiedName: String?,
        attributes: [String: String] = [:]
    ) {
        // Turned titles stand alone in the left margin.
        open = name == "text" && attributes["transform"] == nil ? attributes : nil
        content = ""
        guard name == "path", let style = attributes["class"], style.hasPrefix("loss "), let data = attributes["d"]
        else {
            return
        }
        let numbers = data.split { "ML ".contains($0) }.compactMap { Double($0) }
        points += stride(from: 0, to: numbers.count - 1, by: 2).map { (numbers[$0], numbers[$0 + 1]) }
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) { content += string }

    func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
        guard name == "text", let attributes = open else { return }
        open = nil
        let style = attributes["class"]?.split(separator: " ").first.map(String.init) ?? ""
        let size = Self.sizes[style] ?? 11
        let width = textWidth(content, size: size) * 0.97
        let anchor = attributes["text-anchor"] ?? "start"
        let x = Double(attributes["x"] ?? "") ?? 0
        texts.append(
            Text(
                x: anchor == "middle" ? x - width / 2 : anchor == "end" ? x - width : x,
                y: Double(attributes["y"] ?? "") ?? 0,
                width: width,
                size: size,
                text: content
            )
        )
    }
}
