import Diagnosis
import Terms

/// Findings drawn into plots: a band over their steps, and a numbered flag above.
package struct FindingMarks: Sendable {
    /// The number of text lines that flags may use.
    package static let lanes = 3
    /// More findings than this are told apart by nobody in a plot; the report lists them all.
    package static let limit = 40

    private struct Flag: Sendable {
        var number: Int
        var severity: Severity
        var start: Double
        var end: Double
        var lane: Int?
        var textStart: Double
        var label: String
    }

    private var flags: [Flag] = []
    /// How many lanes are in use.
    package private(set) var usedLanes = 0

    /// Places the flags of the findings that have steps; findings come gravest first.
    ///
    /// Labels grow to the right, so that those on the right are placed first and others pass above them. When that leaves
    /// one of the gravest without a label, fewer of them take part and the others get what room is left.
    /// - Parameter numbers: The number of each finding; counted from 1 when left out.
    package init(_ findings: [Finding], numbers: [Int]? = nil, steps: Scale) {
        let numbers = numbers ?? findings.indices.map { $0 + 1 }
        let shown = Array(findings.indices.filter { findings[$0].steps != nil }.prefix(Self.limit))
        let rightToLeft = { (left: Int, right: Int) -> Bool in
            (findings[right].steps?.lowerBound ?? 0, left) < (findings[left].steps?.lowerBound ?? 0, right)
        }
        for first in stride(from: min(shown.count, 12), through: 0, by: -1) {
            let order = shown.prefix(first).sorted(by: rightToLeft) + shown.dropFirst(first).sorted(by: rightToLeft)
            flags = Self.place(order, of: findings, numbers: numbers, steps: steps)
            if flags.prefix(first).allSatisfy({ $0.lane != nil }) { break }
        }
        usedLanes = flags.compactMap { $0.lane.map { $0 + 1 } }.max() ?? 0
    }

    private static func place(
        _ order: [Int],
        of findings: [Finding],
        numbers: [Int],
        steps: Scale
    ) -> [Flag] {
        var room = LabelRoom()
        let (left, right) = (min(steps.start, steps.end), max(steps.start, steps.end))
        return order.map { index in
            let finding = findings[index]
            let number = index < numbers.count ? numbers[index] : index + 1
            let covered = finding.steps ?? 0...0
            let start = steps.position(Double(covered.lowerBound))
            let end = steps.position(Double(covered.upperBound))
            let name = fitted(Self.name(finding), width: 200, size: 12)
            // The name is that of one symptom, and so are the steps behind it.
            let lead = finding.lead
            let (from, to) =
                lead.map { ($0.firstStep, max($0.lastStep, $0.firstStep)) } ?? (covered.lowerBound, covered.upperBound)
            let range = from == to ? "\(from)" : "\(from)\u{2013}\(to)"
            var flag = Flag(
                number: number,
                severity: finding.severity,
                start: start,
                end: end,
                lane: nil,
                textStart: 0,
                label: ""
            )
            for label in ["\(number) \(name) \(range)", "\(number) \(name)", "\(number)"] {
                let width = textWidth(label, size: 12) + 14
                let from = max(left - 5, min(start - 5, right - width))
                // The marker may stand on the leader of a label above it, its text may not.
                let lane = (0..<lanes).first { room.take(from + 11, from + width, lane: $0, leader: start - 4) }
                if let lane {
                    (flag.lane, flag.textStart, flag.label) = (lane, from, label)
                    break
                }
            }
            return flag
        }
    }

    /// What the finding is about, in a few words.
    private static func name(_ finding: Finding) -> String {
        switch finding.origin {
        case .event(let kind, _): Wording.name(kind)
        case .shard(let name): "damaged shard \(SafeText.line(name, limit: 120))"
        case .shards(let status): "damaged shards (\(status.rawValue))"
        case .setting, .checkpoint: Wording.name(finding.id)
        }
    }

    /// The bands, to be drawn under the curve.
    package func bands(in frame: Rectangle) -> [Markup] {
        flags.map { flag -> Markup in
            let width = max(flag.end - flag.start, 2)
            let isWide = width > frame.width * 0.5
            let style = "band \(Self.style(flag.severity))\(isWide ? " wide" : "")"
            return .rectangle(style, Rectangle(x: flag.start, y: frame.y, width: width, height: frame.height))
        }
    }

    /// The flags, to be drawn above the frame: lane 0 is the one next to it.
    package func labels(above frame: Rectangle) -> [Markup] {
        var result: [Markup] = []
        for flag in flags {
            let style = Self.style(flag.severity)
            result.append(.line("span \(style)", flag.start, frame.y - 2, max(flag.end, flag.start + 2), frame.y - 2))
            guard let lane = flag.lane else { continue }
            let y = frame.y - 10 - Double(lane) * 18
            if lane > 0 { result.append(.line("leader \(style)", flag.start, y + 4, flag.start, frame.y - 2)) }
            result.append(Self.shape(flag.severity, x: flag.textStart + 5, y: y - 4))
            result.append(.text("flag", flag.textStart + 14, y, flag.label))
        }
        return result
    }

    /// A severity's shape, so that colour is never the only sign: triangle, diamond, circle.
    package static func shape(_ severity: Severity, x: Double, y: Double) -> Markup {
        let at = { (dx: Double, dy: Double) in "\(coordinate(x + dx)) \(coordinate(y + dy))" }
        let style = "marker \(style(severity))"
        switch severity {
        case .failure: return .path(style, "M\(at(-5, -4))L\(at(5, -4)) \(at(0, 5))Z")
        case .warning: return .path(style, "M\(at(0, -5))L\(at(5, 0)) \(at(0, 5)) \(at(-5, 0))Z")
        case .info:
            return Markup("circle", ["class": style, "cx": coordinate(x), "cy": coordinate(y), "r": "4"])
        }
    }

    /// The class of a severity.
    package static func style(_ severity: Severity) -> String { severity.rawValue }
}

extension Finding {
    /// The title for a plot, where nothing can be set as code.
    func plainTitle(limit: Int) -> String { CodeText.plain(Voice().text(title), limit: limit) }
}
