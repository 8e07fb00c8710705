import Diagnosis
import Foundation
import Terms
import TrainingLogs

/// The sentences of a comparison of two runs, A and B.
struct RunComparisonText {
    private let comparison: RunComparison

    init(_ comparison: RunComparison) { self.comparison = comparison }

    /// What it comes to, a sentence.
    var headline: Phrase {
        switch comparison.verdict {
        case .identical: "A and B are the same to the digit\(common)."
        case .equal:
            if let departs = comparison.identity?.firstOtherStep {
                "A and B are not the same from step \(departs) on, but differ by no more than \(limit)\(common)."
            } else {
                "A and B differ by no more than \(limit)\(common)."
            }
        case .undetermined: "A and B cannot be compared: \(doubt ?? "nothing is known of them")."
        case .different: difference
        }
    }

    private var difference: Phrase {
        if let departure = comparison.departure {
            let begins: Phrase = "B is \(words(departure.size.nats)) than A from step \(departure.firstStep) on"
            return switch departure.course {
            case .lasts: "\(begins), and stays \(departure.size.nats > 0 ? "higher" : "lower")\(unlike)."
            case .returns: "\(begins), and comes back to it\(unlike)."
            case .reverses: "\(begins), and ends \(departure.size.nats > 0 ? "lower" : "higher")\(unlike)."
            }
        }
        if let nonFinite { return nonFinite }
        if let end = comparison.final { return "B is \(words(end.nats)) than A, more than \(limit)." }
        return "A and B differ."
    }

    /// Behind another difference that values are not finite.
    private var unlike: Phrase {
        guard let odd = comparison.nonFinite else { return Phrase() }
        return "; \(odd.isInSecond ? "B" : "A") alone is not finite at step \(odd.firstStep)"
    }

    private var common: Phrase {
        guard let overlap = comparison.overlap else { return Phrase() }
        let records = max(overlap.records, comparison.verdict == .identical ? comparison.identity?.records ?? 0 : 0)
        return " in \(count: records, overlap.isPaired ? "common record" : "record") (\(steps: overlap.steps))"
    }

    /// What a difference must exceed.
    private var limit: Phrase {
        switch comparison.tolerance {
        case .nats(0), .share(0): "noise"
        case .nats(let value): "the tolerance of \(setting: value) nats"
        case .share(let share): "the tolerance of \(setting: share * 100) % of the loss"
        }
    }

    private func words(_ nats: Double) -> Phrase { "\(size(abs(nats))) nats \(nats < 0 ? "lower" : "higher")" }

    /// Two digits that count, and no fewer than a loss is printed with.
    private func size(_ nats: Double) -> Phrase { "\(nats, decimals: Self.decimals(nats))" }

    private static func decimals(_ value: Double) -> Int {
        guard value.isFinite, value != 0 else { return 3 }
        return min(max(3, 1 - Int(step: log10(abs(value)).rounded(.down))), 9)
    }

    private func signed(_ size: RunComparison.Size) -> Phrase {
        let sign: Phrase = size.nats < 0 ? "−" : "+"
        guard size.standardError > 0 else { return "\(sign)\(self.size(abs(size.nats))) nats (\(steps: size.steps))" }
        let decimals = Self.decimals(size.standardError)
        return """
            \(sign)\(abs(size.nats), decimals: decimals) ± \(size.standardError, decimals: decimals) nats \
            (\(steps: size.steps))
            """
    }

    /// Why there is nothing to say, as a clause.
    var doubt: Phrase? {
        switch comparison.doubt {
        case nil: nil
        case .noLoss(let first, let second)?:
            first && second
                ? "neither log has a training loss, nor have both a validation loss"
                : "\(first ? "A" : "B") has no training loss, and a validation loss is not in both"
        case .disjoint(let one, let other)?: "A has \(steps: one), B \(steps: other), and no step is common"
        case .fewRecords(let count)?:
            """
            they differ in \(count: count, "common record"), and noise is known from \(RunComparison.leastRecords) \
            records on; a tolerance (--tolerance) judges fewer
            """
        }
    }

    /// Whether both read the same batches.
    var order: Phrase {
        let order = comparison.order
        let proof: Phrase =
            "correlation of the noise \(order.coefficient, decimals: 2) over \(count: order.records, "record")"
        return switch order.relation {
        case .same: "the same batches at the same steps (\(proof))"
        case .sameAtFirst:
            "the same batches up to about step \(order.sameThroughStep ?? 0), other ones after it (\(proof) in all)"
        case .shifted:
            "B reads the same batches \(count: abs(order.lag), "step") \(order.lag < 0 ? "earlier" : "later") (\(proof))"
        case .different: "other batches, or another order of them (\(proof))"
        case .undetermined: "not known: \(proof) decides nothing"
        }
    }

    /// What is the same to the digit.
    var identity: Phrase? {
        guard let identity = comparison.identity, let other = identity.firstOtherStep else { return nil }
        return """
            the same to the digit up to step \(identity.lastStep) (\(count: identity.records, "record")), not at step \
            \(other)
            """
    }

    var nonFinite: Phrase? {
        comparison.nonFinite.map {
            """
            \($0.isInSecond ? "B" : "A") alone is not finite from step \($0.firstStep) on \
            (\(count: $0.records, "record")).
            """
        }
    }

    /// Where they part, how far and how sure.
    var departure: Phrase? {
        guard let departure = comparison.departure else { return nil }
        return """
            \(signed(departure.size)); beyond chance at step \(departure.shownAtStep), which noise reaches in a log \
            of this length with a probability \(chance(departure.probability))
            """
    }

    /// A bound, rounded up to one digit.
    private func chance(_ probability: Double) -> Phrase {
        guard probability >= 1e-9 else { return "below 1e-9" }
        let unit = pow(10, log10(probability).rounded(.down))
        return "of at most \(rate: (probability / unit).rounded(.up) * unit)"
    }

    var largest: Phrase? {
        guard let departure = comparison.departure, departure.largest != departure.size else { return nil }
        return signed(departure.largest)
    }

    var end: Phrase? {
        guard let end = comparison.final else { return nil }
        let course: Phrase =
            switch comparison.departure?.course {
            case .lasts: ": the difference lasts"
            case .returns: ": it is gone"
            case .reverses: ": it has turned"
            case nil: ""
            }
        return signed(end) + course
    }

    var noise: Phrase? {
        guard let noise = comparison.noise, let resolution = comparison.resolution else { return nil }
        return """
            \(size(noise)) nats a record; a difference of \(size(resolution)) nats over the last quarter would be found
            """
    }

    var rate: Phrase? {
        guard let rate = comparison.rate else { return nil }
        guard let first = rate.firstStep else { return "the same at \(count: rate.records, "common step")" }
        return """
            \(rate: rate.first) and \(rate: rate.second) at step \(first), the first of \(count: rate.differing, "step") \
            with other rates
            """
    }

    var throughput: Phrase? {
        guard let speeds = comparison.throughput else { return nil }
        if let one = speeds.first.tokensPerSecond, let other = speeds.second.tokensPerSecond {
            return "\(grouped: Int(step: one)) and \(grouped: Int(step: other)) tokens/s (\(change(one, other)))"
        }
        if let one = speeds.first.secondsPerStep, let other = speeds.second.secondsPerStep {
            return "\(setting: one * 1000) and \(setting: other * 1000) ms a step (\(change(one, other)))"
        }
        return nil
    }

    private func change(_ one: Double, _ other: Double) -> Phrase {
        let percent = (other / one - 1) * 100
        if abs(percent) < 0.05 { return "the same" }
        return "B \(percent < 0 ? "−" : "+")\(abs(percent), decimals: 1) %"
    }

    var validation: Phrase? {
        let pairs = comparison.validation
        guard let last = pairs.last else { return nil }
        return """
            \(loss: last.first) and \(loss: last.second) at step \(last.step), the last of \
            \(count: pairs.count, "common step")
            """
    }

    var finalLoss: Phrase? {
        guard let first = comparison.firstEnd, let second = comparison.secondEnd else { return nil }
        return "A ends at \(loss: first.loss) (step \(first.step)), B at \(loss: second.loss) (step \(second.step))"
    }

    /// A setting of one run.
    static func value(_ value: SettingDifference.Value?) -> String {
        switch value {
        case .whole(let number)?: NumberText.grouped(number)
        case .number(let number)?: NumberText.text(number, .setting)
        case .text(let text)?: SafeText.line(text, limit: 60)
        case nil: "not known"
        }
    }
}
