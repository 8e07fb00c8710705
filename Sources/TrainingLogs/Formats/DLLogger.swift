import Terms

/// NVIDIA's DLLogger: `DLLL {json}` in a file, `DLL <date> - name : value` on the console.
///
/// A step is a list: `[epoch, iteration]` of a record, `[epoch]` of an epoch's end, `[]` of the results. Iterations may be numbered
/// from the start in each epoch. The words of the console differ from example to example.
struct DLLogger: LineLogFormat {
    static let description = LogFormatDescription(
        id: "dllogger",
        title: "DLLogger",
        trainers: ["dllogger", "deeplearningexamples"],
        pattern: "DLLL {\"type\": \"LOG\", \"step\": [E, N], \"data\": {\"loss\": X}}",
        stepBase: 1,
        lossScope: .unknown,
        weight: 5  // Nothing else begins a line like this.
    )

    private var epochs = BatchesInRun()
    private var choice = MetricChoice()

    mutating func parse(_ line: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        var cursor = line
        if cursor.seek("DLLL {") { return parseObject(cursor, into: &history) }
        guard cursor.seek("DLL 20"), cursor.seek(" - ") else { return false }
        var scanner = KeyValueScanner(cursor.rest)
        scanner.scan()
        let record = scanner.record
        guard record.hasLoss, let printed = record.printedStep else { return false }
        guard record.hasOwnStep, record.hasTrainingLoss else {
            return record.write(step: history.lastStep ?? printed, into: &history, choice: &choice)
        }
        let epoch = record.epoch.flatMap { Int(exactly: $0) } ?? 0
        let step = epochs.step(epoch: epoch, batch: printed, total: scanner.stepTotal)
        return record.write(step: step, into: &history, choice: &choice)
    }

    private mutating func parseObject(_ start: ByteCursor, into history: inout HistoryBuilder) -> Bool {
        var object = start
        object.position -= 1
        var scanner = MappingScanner(object)
        var record = MetricRecord()
        guard scanner.record(into: &record), record.hasLoss else { return false }
        var cursor = object
        guard cursor.seek("\"step\":") else { return false }
        cursor.skipSpaces()
        var place: [Int] = []
        if cursor.take(0x5B) {
            repeat {
                cursor.skipSpaces()
                guard let number = cursor.integer() else { break }
                if place.count < 3 { place.append(number) }
                cursor.skipSpaces()
            } while cursor.take(0x2C)
        } else if let number = cursor.integer() {
            place = [0, number]
        }
        // The results of the run have no step; the mean of an epoch would be counted twice.
        guard place.count >= 2 else {
            guard !place.isEmpty, !record.hasTrainingLoss, let step = history.lastStep else { return false }
            return record.write(step: step, into: &history, choice: &choice)
        }
        let step = epochs.step(epoch: place[0], batch: place[1], total: place.count > 2 ? place[2] : nil)
        return record.write(step: step, into: &history, choice: &choice)
    }
}
