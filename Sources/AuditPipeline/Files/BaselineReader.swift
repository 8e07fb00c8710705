import Foundation
import Reporting
import Yams

/// Reads a baseline: what is known and accepted, until when, and why.
///
/// ```yaml
/// accept:
///   - finding: loss-spike-356      # an id of report.json
///     until: 2026-12-31            # the last day
///     reason: known bad shard, the run goes on past it
///   - shard: train_000042.bin
///     until: 2026-12-31
///     reason: waiting for the repaired copy
/// ```
public enum BaselineReader {
    /// Reads a baseline file.
    public static func read(path: String) throws(ConfigurationError) -> Baseline {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ConfigurationError(
                path: path,
                found: "the file is missing or not readable",
                expected: "a baseline: `accept:` with a list of findings and shards"
            )
        }
        guard data.count <= 1 << 20 else {
            throw ConfigurationError(path: path, found: "\(data.count) bytes", expected: "at most 1 MiB")
        }
        return try parse(text: String(decoding: data, as: UTF8.self), path: path)
    }

    /// Reads a baseline from text.
    public static func parse(text: String, path: String) throws(ConfigurationError) -> Baseline {
        // All entries behind comment marks is the usual way to empty a baseline; what is left must still say so.
        let lines = text.split(separator: "\n").map { $0.drop { $0 == " " || $0 == "\t" || $0 == "\r" } }
        guard lines.contains(where: { !$0.isEmpty && !$0.hasPrefix("#") && !$0.hasPrefix("---") }) else {
            throw ConfigurationError(
                path: path,
                found: "nothing",
                expected: "a baseline: `accept:` with a list of findings and shards, or `accept: []`"
            )
        }
        let root = YAMLSection(path: path, key: nil, node: try ConfigurationReader.compose(text, path: path))
        try root.allow(["accept"])
        return Baseline(entries: try (try root.sections("accept") ?? []).map(entry))
    }

    private static func entry(_ section: YAMLSection) throws(ConfigurationError) -> Baseline.Entry {
        try section.allow(["finding", "shard", "until", "reason"])
        let subject: Baseline.Subject
        switch (try section.string("finding"), try section.string("shard")) {
        case (let id?, nil): subject = .finding(id)
        case (nil, let name?): subject = .shard(name)
        default:
            throw ConfigurationError(
                path: section.path,
                line: section.node.mark?.line,
                key: section.key,
                found: "not exactly one of `finding` and `shard`",
                expected: "one of them"
            )
        }
        let until = try section.required("until", section.string("until"))
        guard isDay(until) else {
            throw section.error("until", found: "\"\(until.prefix(40))\"", expected: "a day as yyyy-mm-dd")
        }
        let reason = try section.required("reason", section.string("reason"))
        return Baseline.Entry(subject: subject, until: until, reason: reason)
    }

    /// Whether a text is a day of the calendar, so that days can be compared as texts.
    static func isDay(_ text: String) -> Bool {
        guard let match = text.wholeMatch(of: #/(\d{4})-(\d{2})-(\d{2})/#), let year = Int(match.1),
            let month = Int(match.2), let day = Int(match.3), (1...12).contains(month), day >= 1
        else { return false }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return day <= [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
    }

    /// Today in UTC, or the day of `SOURCE_DATE_EPOCH`: only a baseline asks what day it is.
    public static func today(_ environment: [String: String] = ProcessInfo.processInfo.environment) -> String {
        fixedDay(environment) ?? Date().formatted(.iso8601.year().month().day())
    }

    /// The day of `SOURCE_DATE_EPOCH`, which some build environments set for all that runs in them: a report says so.
    public static func fixedDay(_ environment: [String: String] = ProcessInfo.processInfo.environment) -> String? {
        let fixed = environment["SOURCE_DATE_EPOCH"].flatMap(Double.init).flatMap { abs($0) < 1e11 ? $0 : nil }
        return fixed.map { Date(timeIntervalSince1970: $0).formatted(.iso8601.year().month().day()) }
    }
}
