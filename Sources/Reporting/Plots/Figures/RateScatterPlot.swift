import Diagnosis
import Terms
import TrainingLogs

/// Loss against learning rate, and beside it how far changes of the loss follow changes of the rate, by lag.
package enum RateScatterPlot: Plot {
    /// More points than this are thinned evenly, the highest losses kept.
    private static let limit = 1800

    /// Where the two panels are: side by side, or one below the other.
    private static func areas(_ size: PlotSize, below head: Double) -> (scatter: Rectangle, bars: Rectangle) {
        switch size {
        case .wide:
            (
                Rectangle(x: 76, y: head + 4, width: 500, height: 320),
                Rectangle(x: 660, y: head + 4, width: 274, height: 320)
            )
        case .narrow:
            (
                Rectangle(x: 54, y: head + 4, width: size.width - 54 - size.right, height: 220),
                Rectangle(x: 54, y: head + 302, width: size.width - 54 - size.right, height: 160)
            )
        }
    }

    package static func drawing(
        history: TrainingHistory?,
        findings: [Finding],
        shardBoundaries: [ShardBoundary],
        damagedShards: [String]
    ) -> Drawing {
        let loss = history?.train.merged() ?? Series()
        let rate = history?.learningRate.merged() ?? Series()
        let pairs = LagCorrelation.pairs(loss, rate)
        let correlation = LagCorrelation(loss: loss, rate: rate)
        let isMultiplier = history?.learningRateIsMultiplier ?? false
        var key: [PlotFrame.KeyEntry] = []
        var description = "No step has both a finite loss and a finite learning rate."
        if let first = pairs.first, let last = pairs.last {
            key = zip(["early", "middle", "late"], thirds(pairs)).map { style, part in
                let steps = "\(part.first?.step ?? 0)\u{2013}\(part.last?.step ?? 0)"
                return PlotFrame.KeyEntry(sample: .dot(style), label: "steps \(steps)")
            }
            description =
                "Loss against learning rate of \(NumberText.count(pairs.count, "record")), from step \(first.step) "
                + "(rate \(NumberText.short(first.rate)), loss \(NumberText.short(first.loss))) to step \(last.step) "
                + "(rate \(NumberText.short(last.rate)), loss \(NumberText.short(last.loss))). "
            description += correlation.map(words) ?? "The learning rate changes too little for a correlation."
        }
        let subtitle =
            pairs.isEmpty
            ? "no step has both"
            : correlation.map(words) ?? "the learning rate changes too little to compare changes"
        return Drawing { [description, key] size in
            let frame = PlotFrame(
                name: "lr-scatter",
                title: "Loss against learning rate",
                subtitle: subtitle,
                description: description,
                key: key,
                size: size
            )
            let areas = areas(size, below: frame.headHeight)
            let marks =
                points(pairs, in: areas.scatter, size: size, isMultiplier: isMultiplier)
                + lags(correlation, in: areas.bars)
            return frame.svg(height: areas.bars.bottom + 58, marks: marks)
        }
    }

    private static func words(_ correlation: LagCorrelation) -> String {
        let (lag, value) = correlation.strongest
        guard correlation.standsOut else {
            return "Changes of the loss do not follow those of the learning rate at any lag."
        }
        let distance = NumberText.grouped(Int((Double(abs(lag)) * correlation.stepsPerLag).rounded()))
        let place = lag == 0 ? "at once" : lag > 0 ? "\(distance) steps after it" : "\(distance) steps before it"
        return
            "Changes of the loss go \(value > 0 ? "with" : "against") those of the learning rate most clearly \(place) "
            + "(rank correlation \(NumberText.fixed(value, 2)))."
    }

    typealias Pair = (step: Int, loss: Double, rate: Double)

    private static func thirds(_ pairs: [Pair]) -> [ArraySlice<Pair>] {
        let (one, two) = (pairs.count / 3, pairs.count * 2 / 3)
        return [pairs[..<one], pairs[one..<two], pairs[two...]].filter { !$0.isEmpty }
    }

    private static func points(
        _ pairs: [Pair],
        in scatter: Rectangle,
        size: PlotSize,
        isMultiplier: Bool
    ) -> [Markup] {
        let rates = ValueDomain(pairs.map(\.rate), logarithmicFrom: 1e4, cutsOutliers: false)
        guard let rates, let losses = ValueDomain(pairs.map(\.loss)) else {
            let middle = (scatter.x + scatter.width / 2, scatter.y + scatter.height / 2)
            return [
                .text("message", middle.0, middle.1, "no step has both a loss and a learning rate", anchor: "middle")
            ]
        }
        let x = Scale(domain: rates.range, start: scatter.x, end: scatter.right, isLogarithmic: rates.isLogarithmic)
        let y = Scale(
            domain: losses.range,
            start: scatter.bottom,
            end: scatter.y,
            isLogarithmic: losses.isLogarithmic
        )
        var marks: [Markup] = [
            Panel(frame: scatter, steps: x, values: y, title: "loss (nats per token)", size: size).verticalAxis(),
            Panel.horizontalAxis(
                x,
                scatter,
                title: isMultiplier ? "learning rate / peak" : "learning rate",
                count: size == .wide ? 6 : 4
            ),
        ]
        for (style, part) in zip(["early", "middle", "late"], thirds(pairs)) {
            let stride = max(1, part.count * 3 / (size == .wide ? limit : limit / 3))
            var data = ""
            for (offset, pair) in part.enumerated() where offset % stride == 0 || !losses.range.contains(pair.loss) {
                guard data.utf8.count < (size == .wide ? 30_000 : 12_000) else { break }
                data += "M\(coordinate(x.position(pair.rate))) \(coordinate(y.position(pair.loss)))h0.01"
            }
            marks.append(.path("dots \(style)", data))
        }
        return marks
    }

    private static func lags(_ correlation: LagCorrelation?, in bars: Rectangle) -> [Markup] {
        let title = Markup.text("axis-title", bars.x, bars.y - 10, "rank correlation of their changes, by lag")
        guard let correlation, let first = correlation.lags.first, let last = correlation.lags.last else {
            let middle = bars.x + bars.width / 2
            return [
                title, .text("message", middle, bars.y + bars.height / 2, "nothing to correlate", anchor: "middle"),
            ]
        }
        let unit = correlation.stepsPerLag
        let domain = (Double(first) * unit - unit)...(Double(last) * unit + unit)
        let x = Scale(domain: domain, start: bars.x, end: bars.right)
        let y = Scale(domain: -1...1, start: bars.bottom, end: bars.y)
        let band = Rectangle(
            x: bars.x,
            y: y.position(correlation.chance),
            width: bars.width,
            height: y.position(-correlation.chance) - y.position(correlation.chance)
        )
        var marks: [Markup] = [title, .rectangle("chance", band)]
        for (tick, label) in [(-1.0, "-1"), (-0.5, "-0.5"), (0, "0"), (0.5, "0.5"), (1, "1")] {
            marks.append(.line(tick == 0 ? "axis" : "grid", bars.x, y.position(tick), bars.right, y.position(tick)))
            marks.append(.text("tick", bars.x - 8, y.position(tick) + 4, label, anchor: "end"))
        }
        marks.append(Panel.horizontalAxis(x, bars, title: "steps from rate to loss", count: 5))
        var stems = ""
        for (lag, value) in zip(correlation.lags, correlation.values) {
            let position = coordinate(x.position(Double(lag) * unit))
            stems += "M\(position) \(coordinate(y.position(0)))L\(position) \(coordinate(y.position(value)))"
        }
        marks.append(.path("stems", stems))
        let best = correlation.strongest
        if correlation.standsOut {
            let sign = Markup.sign(
                .circle,
                "peak",
                x: x.position(Double(best.lag) * unit),
                y: y.position(best.value)
            )
            marks.append(sign)
        }
        return marks
    }
}
