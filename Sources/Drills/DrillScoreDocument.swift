import Foundation
import Reporting

/// How often the audit was right about the drills.
public struct DrillScoreDocument: Encodable, Sendable, Equatable {
    /// Counts over all drills.
    public struct Totals: Encodable, Sendable, Equatable {
        public var faulty = 0
        public var top1 = 0
        public var top3 = 0
        /// Faulty runs of which nothing was reported, and those of which only information was.
        public var missed = 0
        public var informationOnly = 0
        public var healthy = 0
        /// Healthy runs that were called anomalous, and those of them that were given a failure.
        public var falseAlarms = 0
        public var falseFailures = 0
        /// Drills or audits that did not end.
        public var broken = 0
        /// How often the first cause was right, by the confidence it was given; only bins that hold any.
        public var reliability: [Reliability] = []
        /// Mean squared distance of the first cause's confidence from what was true (1 right, 0 wrong), over the faulty
        /// runs that were found; absent without any.
        public var brier: Double?
    }

    /// First causes of about the same confidence: where it is a probability, `right / count` is near `confidence`.
    public struct Reliability: Encodable, Sendable, Equatable {
        /// The bin's limits; the upper one is not part of it but for 1.
        public var from: Double
        public var to: Double
        /// First causes in it, their mean confidence, and how many were right.
        public var count: Int
        public var confidence: Double
        public var right: Int
    }

    var schema = "trainaudit.drill-score/1"
    /// The first and the last seed.
    public var seeds: [UInt64]
    public var totals: Totals
    /// How often each first cause was said of each fault: fault, then cause.
    public var confusion: [String: [String: Int]]
    public var runs: [DrillScore.Run]

    init(seeds: ClosedRange<UInt64>, runs: [DrillScore.Run]) {
        self.seeds = [seeds.lowerBound, seeds.upperBound]
        self.runs = runs
        var totals = Totals()
        var confusion: [String: [String: Int]] = [:]
        var said: [(confidence: Double, isRight: Bool)] = []
        for run in runs {
            let isFound = run.severity != nil
            let first = isFound ? run.said.first?.cause ?? "no cause" : "healthy"
            confusion[run.fault, default: [:]][run.problem == nil ? first : "broken", default: 0] += 1
            if run.problem != nil {
                totals.broken += 1
            } else if run.isHealthy {
                totals.healthy += 1
                if run.isFalseAlarm { totals.falseAlarms += 1 }
                if run.isFalseFailure { totals.falseFailures += 1 }
            } else {
                totals.faulty += 1
                if run.place == 1 { totals.top1 += 1 }
                if let place = run.place, place <= 3 { totals.top3 += 1 }
                if !isFound { totals.missed += 1 } else if run.isQuiet { totals.informationOnly += 1 }
                if isFound, run.symptom == nil, let first = run.said.first {
                    said.append((first.confidence, run.place == 1))
                }
            }
        }
        if !said.isEmpty {
            let squares = said.map { pow($0.confidence - ($0.isRight ? 1 : 0), 2) }
            totals.brier = squares.reduce(0, +) / Double(squares.count)
            totals.reliability = Self.reliability(said)
        }
        self.totals = totals
        self.confusion = confusion
    }

    private static func reliability(_ said: [(confidence: Double, isRight: Bool)]) -> [Reliability] {
        (0..<5).compactMap { bin in
            let inside = said.filter { min(4, max(0, Int($0.confidence * 5))) == bin }
            guard !inside.isEmpty else { return nil }
            return Reliability(
                from: Double(bin) / 5,
                to: Double(bin + 1) / 5,
                count: inside.count,
                confidence: inside.map(\.confidence).reduce(0, +) / Double(inside.count),
                right: inside.filter(\.isRight).count
            )
        }
    }

    /// The table for a terminal: one line a fault, then the totals.
    public var text: String {
        var order: [String] = []
        for run in runs where !order.contains(run.fault) { order.append(run.fault) }
        let width = (order.map(\.count).max() ?? 0) + 2
        var text = "fault".padded(width) + "top-1  top-3  said first\n"
        for fault in order {
            let mine = runs.filter { $0.fault == fault }
            let isHealthy = mine.allSatisfy(\.isHealthy)
            let top1 = mine.filter { $0.place == 1 }.count
            let top3 = mine.filter { ($0.place ?? 9) <= 3 }.count
            let counts =
                isHealthy
                ? "    –      –" : "\(top1)/\(mine.count)".leftPadded(5) + "\(top3)/\(mine.count)".leftPadded(7)
            let said = (confusion[fault] ?? [:]).sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            text +=
                fault.padded(width) + counts + "  " + said.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
                + "\n"
        }
        text += """

            seeds \(seeds[0]) to \(seeds[1]): top-1 \(totals.top1)/\(totals.faulty), top-3 \(totals.top3)/\(totals.faulty), \
            missed \(totals.missed), information only \(totals.informationOnly), healthy runs \(totals.healthy): \(totals.falseAlarms) false alarms, \
            \(totals.falseFailures) of them failures\(totals.broken > 0 ? ", broken \(totals.broken)" : "")

            """
        if let brier = totals.brier {
            text += "Brier score of the first cause \(String(format: "%.3f", brier)) (0 is perfect)\n"
            text += "confidence   causes   mean   right\n"
            for bin in totals.reliability {
                text += String(
                    format: "%3.0f–%3.0f %%  %8d  %4.0f %%  %4.0f %%\n",
                    100 * bin.from,
                    100 * bin.to,
                    bin.count,
                    100 * bin.confidence,
                    100 * Double(bin.right) / Double(bin.count)
                )
            }
        }
        for run in runs {
            if let problem = run.problem { text += "\(run.fault) \(run.seed): \(problem)\n" }
        }
        return text
    }
}

extension String {
    fileprivate func padded(_ width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }

    fileprivate func leftPadded(_ width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }
}
