import Diagnosis
import Foundation
import Reporting
import Terms
import Testing
import TrainingLogs

@Suite struct PlotTests {
    @Test func aMillionStepsStaySmallAndKeepTheirPeak() throws {
        var history = TrainingHistory(format: "synthetic")
        var state: UInt64 = 7
        for step in 0..<1_000_000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let noise = Double(state >> 40) / Double(1 << 24)
            history.train.append(step: step, value: step == 654_321 ? 6.25 : 3 + noise + 8 * exp(-Double(step) / 5000))
            history.gradientNorm.append(step: step, value: noise)
            history.learningRate.append(step: step, value: 1e-3 * noise)
        }
        let clock = ContinuousClock()
        var sizes: [Int] = []
        let time = try clock.measure {
            let finding = Finding(.shard(name: "a"), title: "a", severity: .failure, steps: 654_321...654_321)
            sizes.append(try LossPlot.svg(history: history, findings: [finding]).utf8.count)
            sizes.append(try LearningRatePlot.svg(history: history).utf8.count)
            sizes.append(try GradientNormPlot.svg(history: history).utf8.count)
        }
        #expect(sizes.allSatisfy { $0 < 150_000 }, "\(sizes)")
        #expect(time < .seconds(20), "\(time)")
        let points = Decimation.curve(history.train, columns: 858).joined()
        #expect(points.contains { $0.step == 654_321 && $0.value == 6.25 })
    }

    @Test func aMillionStepsThatAlternateWithNaNStaySmall() throws {
        let values = (0..<1_000_000).map { $0 % 2 == 0 ? 3.0 + Double($0 % 7) : Double.nan }
        let history = TrainingHistory(format: "x", train: Series(steps: Array(0..<1_000_000), values: values))
        #expect(try LossPlot.svg(history: history).utf8.count < 150_000)
    }

    @Test func thousandsOfShardsAndFindingsStaySmall() throws {
        let boundaries = (0..<4000).map { ShardBoundary(step: 1 + $0 / 10, shard: "shard_\($0).bin") }
        let findings = (0..<500).map { index in
            Finding(.shard(name: "f\(index)"), title: "f", severity: .warning, steps: index...(index + 2))
        }
        let svg = try LossPlot.svg(
            history: Fixture.history(),
            findings: findings,
            shardBoundaries: boundaries,
            damagedShards: boundaries.map(\.shard)
        )
        #expect(svg.utf8.count < 150_000)
        #expect(try XMLOutline(svg).error == nil)
    }

    @Test(arguments: [1, 2, 7])
    func twoThousandShardsOfWhichManyAreDamagedStaySmall(every: Int) throws {
        var history = TrainingHistory(format: "synthetic")
        var state: UInt64 = 11
        func noise() -> Double {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(state >> 40) / Double(1 << 24)
        }
        for step in stride(from: 1, to: 1_000_000, by: 100) {
            history.train.append(step: step, value: 3 + noise())
            history.learningRate.append(step: step, value: 1e-3 * noise())
            if step % 1000 == 1 { history.validation.append(step: step, value: 3 + noise()) }
        }
        history.validationUnit = .nats
        var document = Fixture.anomalous()
        document.shards = (0..<2000).map {
            ShardReport(
                name: String(format: "fineweb_train_%06d.bin", $0),
                status: $0 % every == 0 ? .missing : .verified,
                level: .digest
            )
        }
        document.shardBoundaries = document.shards.enumerated().map {
            ShardBoundary(step: 1 + 500 * $0.offset, shard: $0.element.name)
        }
        let files = try ReportFiles.render(document, history: history)
        for file in files where file.name.hasSuffix(".svg") {
            #expect(file.contents.utf8.count < 150_000, "\(file.name)")
            #expect(try XMLOutline(file.contents).error == nil)
        }
        #expect(try #require(files.first { $0.name == "report.html" }).contents.utf8.count < 2_000_000)
        let loss = try #require(files.first { $0.name == "loss.svg" }).contents
        #expect(loss.contains("class=\"shard damaged\""))
        #expect(loss.contains(every == 1 ? ">2,000 shards damaged<" : " more damaged<"))
    }

    @Test func aDamagedShardAmongThousandsIsSeen() throws {
        let boundaries = (0..<2000).map { ShardBoundary(step: 1 + $0 / 5, shard: "shard_\($0).bin") }
        for damaged in ["shard_1000.bin", "shard_1003.bin", "shard_1004.bin"] {
            let svg = try LossPlot.svg(
                history: Fixture.history(),
                shardBoundaries: boundaries,
                damagedShards: [damaged]
            )
            #expect(svg.contains(">\(damaged) damaged<"), "also where several shards share a step")
        }
    }

    @Test func aShardAtTheLastStepAndAPassBesideOtherShardsAreSeen() throws {
        var boundaries = (1...400).map { ShardBoundary(step: $0, shard: "shard_\($0).bin") }
        let last = try LossPlot.svg(
            history: Fixture.history(),
            shardBoundaries: boundaries,
            damagedShards: ["shard_400.bin"]
        )
        #expect(last.contains(">shard_400.bin damaged<"))
        boundaries = (0..<8).flatMap { place in
            (0..<3).map {
                ShardBoundary(
                    step: 1 + 50 * place,
                    shard: "s\($0)",
                    epoch: $0 == 0 && place > 0 ? place + 1 : nil
                )
            }
        }
        let passes = try LossPlot.svg(history: Fixture.history(), shardBoundaries: boundaries)
        #expect(passes.components(separatedBy: "class=\"pass\"").count == 8)
    }

    @Test func aLineOfValidationLossesBreaksWhereOneIsOutside() throws {
        var history = TrainingHistory(format: "x")
        history.train = Series(steps: Array(1...1000), values: (1...1000).map { 3 + Double($0 % 9) / 100 })
        history.validationUnit = .nats
        history.validation = Series(steps: [100, 200, 300, 400, 500], values: [3, 60, 3, .nan, 3])
        let svg = try LossPlot.svg(history: history)
        let line = try #require(svg.components(separatedBy: "class=\"validation-line\" d=\"").dropFirst().first)
        let data = line.prefix { $0 != "\"" }
        #expect(data.filter { $0 == "M" }.count == 3 && !data.contains("L"))
    }

    @Test func emptyAndNonFiniteHistoriesGiveAFigureThatSaysSo() throws {
        let empty = try LearningRatePlot.svg(history: nil)
        #expect(empty.contains("the log prints no training loss"))
        #expect(empty.contains("the log prints no learning rate"))
        let broken = TrainingHistory(
            format: "x",
            train: Series(steps: [1, 2, 3], values: [.nan, .infinity, -.infinity])
        )
        let svg = try LossPlot.svg(history: broken)
        #expect(svg.contains("no training loss is finite"))
        #expect(svg.contains("3 non-finite, steps 1 to 3"))
        let norms = try ReportFiles.render(Fixture.healthy(), history: TrainingHistory(format: "x")).map(\.name)
        #expect(norms == ["report.html", "loss.svg", "lr-loss.svg", "junit.xml", "report.json", "summary.md"])
    }

    @Test func extremeNumbersNeverTrap() throws {
        let steps = [Int.min, -1, 0, 1, Int.max]
        let values = [1e308, -1e308, .leastNonzeroMagnitude, 0, 1e300]
        let series = Series(steps: steps, values: values)
        let history = TrainingHistory(format: "x", train: series, learningRate: series, gradientNorm: series)
        let finding = Finding(.shard(name: "a"), title: "a", severity: .info, steps: Int.min...Int.max)
        let boundary = ShardBoundary(step: Int.min, shard: "")
        for plot in [LossPlot.svg, LearningRatePlot.svg, GradientNormPlot.svg] {
            let svg = try plot(history, [finding], [boundary, boundary], [""])
            #expect(try XMLOutline(svg).error == nil)
            #expect(!svg.contains("nan\"") && !svg.contains("inf\""))
        }
        var document = Fixture.anomalous()
        for steps in [
            Int.min...Int.max, Int.max...Int.max, -9_000_000_000_000_000_000...9_000_000_000_000_000_000,
        ] {
            document.findings[0].steps = steps
            document.findings[0].spans[0].step = Int.max
            let files = try ReportFiles.render(document, history: history)
            for file in files where file.name.hasSuffix("svg") || file.name.hasSuffix("html") {
                #expect(try XMLOutline(file.contents).error == nil, "\(file.name)")
            }
            _ = TerminalText.audit(document, history: history)
        }
    }

    @Test func aHugePeakIsCutOffAndLabelled() throws {
        var history = Fixture.history(isHealthy: true)
        history.train.append(step: 401, value: 123_456)
        let svg = try LossPlot.svg(history: history)
        #expect(svg.contains("class=\"clipped\""))
        #expect(svg.contains("\u{2191} 123,456"))
        let domain = try #require(ValueDomain(history.train.values))
        #expect(domain.range.upperBound < 20)
        #expect(!domain.isLogarithmic)
    }

    @Test func aWideBulkTakesALogarithmicAxis() throws {
        let domain = try #require(ValueDomain((0..<100).map { pow(10, Double($0) / 20) }))
        #expect(domain.isLogarithmic)
        #expect(domain.range.contains(1) && domain.range.contains(80_000))
        #expect(try #require(ValueDomain([2, 2, 2])).range.contains(2))
        #expect(ValueDomain([.nan]) == nil)
    }

    @Test func plotsAreAccessible() throws {
        for plot in [LossPlot.svg, LearningRatePlot.svg, GradientNormPlot.svg] {
            let svg = try plot(
                Fixture.history(),
                Fixture.anomalous().findings,
                Fixture.boundaries,
                [Fixture.shardNames[3]]
            )
            let outline = try XMLOutline(svg)
            #expect(outline.error == nil)
            #expect(outline.attributes.contains { $0.name == "role" && $0.value == "img" })
            let label = try #require(outline.attributes.first { $0.name == "aria-labelledby" }?.value)
            for id in label.split(separator: " ") {
                #expect(outline.attributes.contains { $0.name == "id" && $0.value == String(id) })
            }
            #expect(svg.contains("prefers-color-scheme: dark"))
            #expect(svg.contains("fineweb_train_000004.bin damaged"))
            // What only a pointer reaches is hidden from those who hear a page.
            let parts = svg.components(separatedBy: "<g class=\"readings\" fill-opacity=\"0\" aria-hidden=\"true\"")
            try #require(parts.count == 2)
            let spoken = parts[0].components(separatedBy: "<title").count - 1
            #expect(spoken == 2 && outline.elements["desc"] == 1, "the plot's, and the shard's")
        }
    }

    @Test(arguments: [
        (0.0, 1.0), (3.2, 11.1), (-5, 5), (1e-9, 2e-9), (0, 1e12), (0.999, 1.001), (1, 900), (1.2205e-4, 1.2209e-4),
    ])
    func ticksAreRoundInsideAndRising(low: Double, high: Double) {
        let ticks = Ticks.linear(low, high, count: 8)
        #expect(ticks.count >= 2 && ticks.count <= 10)
        #expect(zip(ticks, ticks.dropFirst()).allSatisfy { $0 < $1 })
        let tolerance = (high - low) * 1e-6
        #expect(ticks.allSatisfy { $0 >= low - tolerance && $0 <= high + tolerance })
        #expect(Set(Ticks.labels(ticks)).count == ticks.count)
    }

    @Test func aPlotWithoutItsStyleSheetIsNotBlack() throws {
        let plots = PlotSet(Fixture.anomalous(), history: Fixture.history())
        let files = try plots.files()
        #expect(!files.isEmpty)
        for file in files {
            // The background, the bands of findings and the curves carry their colours themselves.
            #expect(file.contents.contains("class=\"background\""), "\(file.name)")
            for line in file.contents.split(separator: "\n") where line.contains("class=\"background\"") {
                #expect(line.contains("fill=\"#ffffff\""), "\(file.name)")
            }
            for line in file.contents.split(separator: "\n") where line.contains("<path class=\"loss main\"") {
                #expect(line.contains("fill=\"none\"") && line.contains("stroke=\"#0072b2\""), "\(file.name)")
            }
        }
        let wide = StyleFallback.applied(to: Markup("rect", ["class": "band failure wide"]))
        #expect(wide.attributes.contains { $0.name == "fill-opacity" && $0.value == "0.05" })
        #expect(wide.attributes.contains { $0.name == "fill" && $0.value == "#d55e00" })
    }

    @Test func narrowRangesHaveShortLabels() {
        let labels = Ticks.labels([1.4945e-4, 1.495e-4, 1.4955e-4])
        #expect(labels == ["1.4945e-4", "1.4950e-4", "1.4955e-4"])
        #expect(Ticks.labels([9.998e-4, 1e-3]).allSatisfy { $0.count <= 9 })
    }

    @Test func passesOverTheDataAreMarked() throws {
        let boundaries = [
            ShardBoundary(step: 1, shard: "train_1.bin"),
            ShardBoundary(step: 101, shard: "train_2.bin"),
            ShardBoundary(step: 201, shard: "train_1.bin", epoch: 2),
            ShardBoundary(step: 301, shard: "train_2.bin"),
        ]
        let svg = try LossPlot.svg(history: Fixture.history(), shardBoundaries: boundaries)
        #expect(svg.contains(">pass 2 · 1<"))
        #expect(svg.components(separatedBy: "class=\"pass\"").count == 2)
        #expect(svg.components(separatedBy: "class=\"boundary\"").count == 3)
        #expect(svg.contains("The data are read in 2 passes."))
        let again = [
            ShardBoundary(step: 1, shard: "train_1.bin"),
            ShardBoundary(step: 201, shard: "train_1.bin", epoch: 2),
        ]
        #expect(try LossPlot.svg(history: Fixture.history(), shardBoundaries: again).contains(">pass 2 · train_1<"))
    }

    @Test func aGapInTheLogIsNoLine() throws {
        let steps = Array(1...100) + Array(501...600)
        let train = Series(steps: steps, values: steps.map { 3 + Double($0 % 7) / 10 })
        let svg = try LossPlot.svg(history: TrainingHistory(format: "x", train: train))
        #expect(svg.components(separatedBy: "class=\"loss raw bridge\"").count == 2)
        #expect(svg.components(separatedBy: "class=\"loss main bridge\"").count == 2)
        let whole = Series(steps: Array(1...200), values: train.values)
        #expect(try !LossPlot.svg(history: TrainingHistory(format: "x", train: whole)).contains("bridge\""))
    }

    @Test func recordsThatAreNotFiniteAreOneStretchHoweverFarApart() throws {
        let steps = Array(stride(from: 5, through: 500, by: 5))
        let train = Series(steps: steps, values: steps.map { $0 > 250 ? .nan : 2 + Double($0 % 4) / 10 })
        #expect(Decimation.nonFinite(train, gap: 1).map(\.count) == [50])
        let svg = try LossPlot.svg(history: TrainingHistory(format: "x", train: train))
        #expect(svg.components(separatedBy: "class=\"nonfinite-cross\"").count == 2)
    }

    @Test func aRunOfValidationLossesAloneIsDrawnWhole() throws {
        let steps = Array(stride(from: 0, through: 6000, by: 250))
        var history = TrainingHistory(format: "x")
        history.validationUnit = .nats
        history.validation = Series(steps: steps, values: steps.map { $0 == 0 ? 11 : 3 })
        let svg = try LossPlot.svg(history: history)
        #expect(svg.contains(">validation<") && svg.contains("validation alone, 25 points"))
        #expect(svg.contains(">10<"), "the axis reaches the first value")
        history.train = Series(steps: Array(1...6000), values: (1...6000).map { 3 + Double($0 % 9) / 100 })
        let both = try LossPlot.svg(history: history)
        let diamonds = both.components(separatedBy: "class=\"validation\"").count - 1
        #expect(diamonds == 26, "one in the key, and an arrow for what is outside of the axis")
    }

    @Test func aConstantRateIsNoTremor() throws {
        let domain = try #require(ValueDomain.rates([6e-3, 6.01e-3, 6e-3]))
        #expect(domain.range.lowerBound == 0 && domain.range.upperBound > 8e-3)
        #expect(try #require(ValueDomain.rates([1e-3, 2e-3])).range.upperBound < 2.2e-3)
        #expect(ValueDomain.rates([.nan]) == nil)
    }

    @Test func stepTicksAreWholeNumbers() {
        #expect(Ticks.linear(1, 4, count: 9, minimumStep: 1) == [1, 2, 3, 4])
        // One or two are too few to read a distance by.
        #expect(Ticks.linear(10, 95, count: 4, minimumStep: 1) == [25, 50, 75])
        #expect(Ticks.linear(256, 464, count: 4, minimumStep: 1) == [300, 350, 400, 450])
        #expect(Ticks.linear(2, 14, count: 4, minimumStep: 1) == [2, 4, 6, 8, 10, 12, 14])
        #expect(Ticks.labels([0, 1.8e-4, 2e-4, 2.2e-4]) == ["0", "1.8e-4", "2.0e-4", "2.2e-4"])
        #expect(Ticks.labels([0, 1e-3, 2e-3]) == ["0", "1e-3", "2e-3"])
        #expect(Ticks.stepLabels([0, 20_000, 40_000]) == ["0", "20k", "40k"])
        #expect(Ticks.stepLabels([0, 500_000, 1_000_000]) == ["0", "0.5M", "1.0M"])
        #expect(Ticks.stepLabels([0, 200, 400]) == ["0", "200", "400"])
        #expect(Ticks.stepLabels([31_215, 31_220]) == ["31215", "31220"])
        #expect(Ticks.stepLabels([1_200_000, 1_250_000]) == ["1200k", "1250k"])
        #expect(Ticks.logarithmic(0.02, 30, count: 6) == [0.1, 1, 10])
        #expect(Ticks.logarithmic(1, 10, count: 6) == [1, 2, 5, 10])
        #expect(Ticks.linear(.nan, 1, count: 3).isEmpty)
    }

    @Test func theMedianIgnoresAShortSpikeAndKeepsHoles() {
        var values = [Double](repeating: 2, count: 101)
        for index in 50..<60 { values[index] = 100 }
        values[20] = .nan
        let smooth = RunningMedian.smooth(values, window: 25)
        #expect(smooth[55] == 2)
        #expect(smooth[20].isNaN)
        #expect(smooth.count == values.count)
        #expect(RunningMedian.smooth([3, 1, 2], window: 3) == [3, 2, 1.5])
        // A steep start is not pulled down by what follows it.
        let steep = (0..<200).map { 2 + 8 * exp(-Double($0) / 10) }
        #expect(RunningMedian.smooth(steep, window: 37).prefix(18).elementsEqual(steep.prefix(18)))
        #expect(RunningMedian.smooth([], window: 9).isEmpty)
    }

    @Test func labelsNeverOverlap() {
        var room = LabelRoom()
        let answers = [
            room.take(0, 10, lane: 0),
            room.take(8, 20, lane: 0),
            // The leader would cross the label below.
            room.take(30, 40, lane: 1, leader: 5),
            room.take(30, 40, lane: 1, leader: 30),
            // Here that leader is in the way.
            room.take(25, 35, lane: 0),
        ]
        #expect(answers == [true, false, false, true, false])
    }

    @Test func sparklinesShowSpikesAndHoles() {
        #expect(TerminalText.sparkline([1, 2, 3, 4, 5, 6, 7, 8], width: 8) == "▁▂▃▄▅▆▇█")
        #expect(TerminalText.sparkline([1, .nan, 1], width: 3).dropFirst().first == "\u{00D7}")
        #expect(TerminalText.sparkline([.nan, .nan], width: 5) == "\u{00D7}\u{00D7}")
        #expect(TerminalText.sparkline([], width: 5).isEmpty)
        var values = (0..<1000).map { 3 + Double($0 % 10) / 50 }
        values[700] = 9
        #expect(TerminalText.sparkline(values, width: 50).contains("█"))
        #expect(TerminalText.sparkline(values, width: 50).count == 50)
    }
}
