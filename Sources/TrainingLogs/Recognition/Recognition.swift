/// A format with the evidence for it.
struct Recognition {
    var reader: any LogFormat.Type
    /// Training records found in the sample.
    var trainRecords: Int
    /// Validation records found in the sample.
    var validationRecords: Int
    /// Every training record is the other half of an evaluation: what is trained on may be printed in another form.
    var isEvaluated = false

    /// One evaluation alone, in no format of its own, is a result and not a curve.
    private var isCurve: Bool { trainRecords > 0 || validationRecords > (reader.description.isLoose ? 1 : 0) }

    private var isCatchAll: Bool { reader.description.weight <= 1 }

    var score: Int { (isEvaluated ? trainRecords : 2 * trainRecords + validationRecords) * reader.description.weight }

    /// Why the format was chosen.
    var reason: String {
        let pattern = reader.description.pattern
        if trainRecords > 0 {
            return "\(trainRecords) training records like \"\(pattern)\" in the part looked at"
        }
        return "\(validationRecords) validation records, no training loss, in the part looked at"
    }

    /// Training records that settle the matter for a format of its own, however many lines a catch-all understands.
    static let certain = 3

    /// The formats that fit, best first.
    static func all(in sample: LogSample, among readers: [any LogFormat.Type]) -> [Recognition] {
        let isDocument = readers.count > 1 && JSONDocument.isDocument(sample.head)
        let readers = isDocument ? readers.filter { !$0.description.isLoose } : readers
        var found = readers.enumerated().compactMap { order, reader -> (order: Int, recognition: Recognition)? in
            var history = HistoryBuilder(reader.description)
            reader.sample(sample, into: &history)
            // A record whose loss was left out for being NaN is a record all the same.
            let hidden = history.history.events.reduce(0) { $0 + ($1.kind == .hiddenNonFinite ? 1 : 0) }
            let recognition = Recognition(
                reader: reader,
                trainRecords: max(history.history.train.count, hidden),
                validationRecords: history.history.validation.count,
                isEvaluated: history.history.train.steps == history.history.validation.steps && hidden == 0
            )
            return recognition.isCurve ? (order, recognition) : nil
        }
        if found.contains(where: {
            !$0.recognition.isCatchAll && !$0.recognition.isEvaluated && $0.recognition.trainRecords >= certain
        }) {
            found.removeAll { $0.recognition.isCatchAll }
        }
        return found.sorted { ($1.recognition.score, $0.order) < ($0.recognition.score, $1.order) }.map(\.recognition)
    }
}
