import Terms

/// The experiments of a replay in words, for people: each line has a heading.
enum ExperimentText {
    struct Line: Equatable {
        var term: String
        var value: String
    }

    /// At most so many lines of one kind.
    private static let most = 8

    static func lines(_ replay: ReplayReport) -> [Line] {
        guard let experiments = replay.experiments else { return [] }
        var lines = experiments.emulations.map { Line(term: "In \(safe($0.precision))", value: emulation($0)) }
        if let other = experiments.otherCheckpoint {
            lines.append(Line(term: "Under \(safe(other.checkpoint))", value: under(other)))
        }
        lines += experiments.concentration.prefix(most).map { part in
            let share = NumberText.fixed(100 * part.share.value, 0)
            let text = "\(share) % of the excess loss, at positions \(NumberText.words(part.positions)) "
            return Line(term: "Row \(part.row)", value: text + "(loss \(NumberText.loss(part.loss.value)))")
        }
        lines += capped(
            experiments.weights.map { Line(term: "Looks wrong", value: "\(safe($0.name)): \(safe($0.detail))") }
        )
        if let optimizer = experiments.optimizer {
            let updates = optimizer.updates.map { ", \($0) updates" } ?? ""
            let failure = optimizer.failure.map { ": " + safe($0) } ?? ""
            lines.append(Line(term: "Optimizer", value: safe(optimizer.file) + updates + failure))
        }
        if let origin = experiments.firstNonFiniteGradient {
            lines.append(Line(term: "Gradient", value: Wording.nonFinite(origin)))
        }
        if let update = experiments.largestUpdate {
            let text = "\(safe(update.name)) by \(NumberText.short(update.value.value)) of its norm"
            lines.append(Line(term: "Largest update", value: text))
        }
        if let noise = experiments.gradientNoiseScale {
            lines.append(
                Line(term: "Gradient noise", value: "equals the gradient at \(NumberText.short(noise.value)) rows")
            )
        }
        let dead = experiments.deadUnits.enumerated().filter { $0.element.value >= 0.1 }
        lines += capped(
            dead.map { layer, share in
                Line(term: "Dead units", value: "\(NumberText.fixed(100 * share.value, 0)) % in layer \(layer)")
            }
        )
        if let largest = experiments.parameterGradientNorms.max(by: { $0.value.value < $1.value.value }) {
            let text = "\(safe(largest.name)), norm \(NumberText.short(largest.value.value))"
            lines.append(Line(term: "Largest gradient", value: text))
        }
        return lines
    }

    private static func emulation(_ emulation: ExperimentsReport.Emulation) -> String {
        let loss = "loss \(NumberText.loss(emulation.loss.value))"
        if let origin = emulation.firstNonFinite {
            return "\(loss); \(safe(emulation.pass ?? "forward")) pass: \(Wording.nonFinite(origin))"
        }
        if emulation.headroom.value == 0 { return "\(loss); \(safe(emulation.tightest)) overflows" }
        let room = NumberText.short(emulation.headroom.value)
        return "\(loss); \(safe(emulation.tightest)) has \(room) times its largest value to spare"
    }

    private static func under(_ other: ExperimentsReport.OtherCheckpoint) -> String {
        let controls = other.controlMean.map { ", controls \(NumberText.loss($0.value))" } ?? ""
        let score = other.zScore.map { ", \(NumberText.fixed($0.value, 1)) deviations apart" } ?? ""
        return "loss \(NumberText.loss(other.loss.value))" + controls + score
    }

    private static func capped(_ lines: [Line]) -> [Line] {
        guard lines.count > most, let last = lines.last else { return lines }
        return lines.prefix(most) + [Line(term: last.term, value: "and \(lines.count - most) more")]
    }

    private static func safe(_ text: String) -> String { SafeText.line(text, limit: 300) }
}
