import Diagnosis
import Terms

extension Headline {
    /// The headline as one sentence; a dot divides its parts.
    package func text(_ voice: Voice) -> String {
        let told = parts.map { part in
            let (label, text) = part.words(voice)
            return label.map { "\($0.prefix) \(text)" } ?? text
        }
        return told.count == 1 ? Self.ended(told[0]) : told.joined(separator: " · ")
    }

    private static func ended(_ text: String) -> String {
        text.last.map { ".?!".contains($0) } == true ? text : text + "."
    }
}

extension Headline.Part {
    /// What a part is, where a list of facts names it, and what it begins with in a sentence.
    package struct Label {
        package var term: String
        package var prefix: String
    }

    /// The part in words, without a full stop, and what it is.
    package func words(_ voice: Voice) -> (label: Label?, text: String) {
        switch self {
        case .sound(let records, let shards):
            let parts = [
                records.map { NumberText.count($0, "record") + " of the log" },
                shards.map { NumberText.count($0, "shard") },
            ]
            return (nil, "No sign of trouble in " + parts.compactMap(\.self).joined(separator: " and "))
        case .undetermined(let doubt): return (nil, "Too little to judge: \(Voice.text(doubt))")
        case .seen(let phrase): return (nil, clause(phrase, voice))
        case .precededBy(let kind, let step):
            return (Label(term: "Before it", prefix: "before it,"), "from step \(step) on: \(Wording.name(kind))")
        case .fedBy(let damage):
            let place = damage.bytes.isEmpty ? "" : ": \(ByteText.ranges(damage.bytes))"
            let verb =
                damage.isRepaired
                ? "which failed its \(damage.level.rawValue) check until it was repaired"
                : "which fails its \(damage.level.rawValue) check"
            return (Label(term: "Fed by", prefix: "fed by"), "\(damage.shard), \(verb)\(place)")
        case .replayed(let replay): return (Label(term: "Replayed", prefix: "replayed"), Self.text(replay))
        case .cause(let kind, let confidence):
            return (
                Label(term: "Cause", prefix: "cause:"),
                "\(Wording.name(kind)), \(NumberText.percent(confidence))"
            )
        case .noCause(let missing):
            let hint = missing.map { "; most helpful would be \(voice.name($0))" } ?? ""
            return (nil, "no cause is clearly ahead\(hint)")
        case .damage(let count, let all, let names, let areMissing):
            let state = areMissing ? "missing" : "damaged"
            let rest = count > names.count ? ", …" : ""
            return (
                nil,
                "\(NumberText.grouped(count)) of \(NumberText.grouped(all)) shards \(count == 1 ? "is" : "are") \(state): "
                    + names.joined(separator: ", ") + rest
            )
        case .alsoDamaged(let count):
            let verb = count == 1 ? "is" : "are"
            return (
                Label(term: "Also", prefix: "also,"),
                "\(NumberText.count(count, "shard")) \(verb) damaged, but no symptom was traced to \(count == 1 ? "it" : "them")"
            )
        case .alsoSeen(let phrase):
            return (Label(term: "Also", prefix: "also,"), clause(phrase.lowercasedFirst, voice))
        case .finding(let title, let seen):
            return (nil, clause(title, voice) + (seen.map { ": \(clause($0, voice))" } ?? ""))
        case .accepted(let titles, let more):
            let rest = more > 0 ? " and \(more) more" : ""
            return (
                Label(term: "Accepted", prefix: "accepted by the baseline:"),
                titles.map { voice.text($0) }.joined(separator: "; ") + rest
            )
        }
    }

    /// A sentence as a part: the dot divides the parts, and a text from a log must not make one.
    private func clause(_ phrase: Phrase, _ voice: Voice) -> String {
        let told = voice.text(phrase).replacing(" · ", with: " - ")
        return told.last == "." ? String(told.dropLast()) : told
    }

    private static func text(_ replay: Headline.Replay) -> String {
        var text = "at \(replay.checkpoint): loss \(NumberText.loss(replay.loss)) with these bytes"
        if let repaired = replay.repairedLoss { text += ", \(NumberText.loss(repaired)) with pristine ones" }
        if let mean = replay.controlMean {
            text += ", controls \(NumberText.loss(mean))"
            text += replay.controlDeviation.map { " ± \(NumberText.loss($0))" } ?? ""
        }
        return replay.isOrdinary ? text + ": an ordinary batch" : text
    }
}

/// Ranges of bytes for people.
package enum ByteText {
    /// `bytes 63,024 to 77,423 (14,400 bytes) and 2 more ranges`.
    package static func ranges(_ ranges: [Range<Int>], limit: Int = 2) -> String {
        let shown = ranges.prefix(limit).map { range in
            range.count == 1
                ? NumberText.grouped(range.lowerBound)
                : "\(NumberText.grouped(range.lowerBound)) to \(NumberText.grouped(range.upperBound - 1))"
        }
        let rest = ranges.count - shown.count
        let all = NumberText.count(ranges.reduce(0) { $0 + $1.count }, "byte")
        return "bytes " + shown.joined(separator: ", ") + (rest > 0 ? " and \(rest) more ranges" : "") + " (\(all))"
    }
}
