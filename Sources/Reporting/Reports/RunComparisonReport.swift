import Diagnosis
import Terms
import TrainingLogs

/// The result of `trainaudit compare`: two runs beside each other.
///
/// ``ComparisonReport`` is something else: an audit beside the audit before it.
package struct RunComparisonReport: Sendable, Encodable {
    private enum CodingKeys: String, CodingKey {
        case schema, verdict, undetermined, conclusion, a, b, tolerance, overlap, dataOrder, identical, nonFinite,
            departure
        case end, noise, resolution, places, settings, rate, throughput, validation, finalLoss, notes, files
    }

    /// The schema of this report's JSON.
    package static let schema = "trainaudit.compare/1"

    /// One of the two.
    package struct Side: Sendable, Encodable {
        private enum CodingKeys: CodingKey { case name, logs, history }
        /// The argument that named it.
        package var name: String
        /// The logs that were read.
        package var logs: [String]
        package var history: HistoryReport

        package init(name: String, logs: [String], history: HistoryReport) {
            self.name = name
            self.logs = logs
            self.history = history
        }
    }

    package var first: Side
    package var second: Side
    package var comparison: RunComparison
    /// The pictures that were written.
    package var files: [String]

    package init(first: Side, second: Side, comparison: RunComparison, files: [String] = []) {
        self.first = first
        self.second = second
        self.comparison = comparison
        self.files = files
    }

    /// What is wrong with the logs, each with its run.
    package var notes: [String] {
        [("A", first), ("B", second)].flatMap { letter, side in side.history.notes.map { "\(letter): \($0)" } }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        let voice = encoder.voice
        let words = RunComparisonText(comparison)
        try container.encode(Self.schema, forKey: .schema)
        try container.encode(comparison.verdict.rawValue, forKey: .verdict)
        try container.encodeIfPresent(words.doubt.map(voice.text), forKey: .undetermined)
        try container.encode(voice.text(words.headline), forKey: .conclusion)
        try container.encode(first, forKey: .a)
        try container.encode(second, forKey: .b)
        try container.encode(ToleranceJSON(comparison.tolerance), forKey: .tolerance)
        try container.encodeIfPresent(comparison.overlap.map(OverlapJSON.init), forKey: .overlap)
        try container.encode(OrderJSON(comparison.order), forKey: .dataOrder)
        try container.encodeIfPresent(comparison.identity.map(IdentityJSON.init), forKey: .identical)
        try container.encodeIfPresent(comparison.nonFinite.map(NonFiniteJSON.init), forKey: .nonFinite)
        try container.encodeIfPresent(comparison.departure.map(DepartureJSON.init), forKey: .departure)
        try container.encodeIfPresent(comparison.final.map(SizeJSON.init), forKey: .end)
        try container.encodeIfPresent(comparison.noise.map(JSONNumber.init), forKey: .noise)
        try container.encodeIfPresent(comparison.resolution.map(JSONNumber.init), forKey: .resolution)
        try container.encode(comparison.places, forKey: .places)
        try container.encode(comparison.settings.map(SettingJSON.init), forKey: .settings)
        try container.encodeIfPresent(comparison.rate.map(RateJSON.init), forKey: .rate)
        try container.encodeIfPresent(comparison.throughput.map(ThroughputJSON.init), forKey: .throughput)
        try container.encode(comparison.validation.map(ValidationJSON.init), forKey: .validation)
        try container.encode(EndsJSON(comparison), forKey: .finalLoss)
        try container.encode(notes, forKey: .notes)
        try container.encode(files, forKey: .files)
    }
}
