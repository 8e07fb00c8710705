import ArgumentParser
import Diagnosis
import Foundation
import TrainingLogs

/// Diagnosing a log that has been read: symptoms, events, and the ranked causes of each event.
struct Diagnose: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Reads a training log, diagnoses it, and prints the seconds of both."
    )

    @Argument(help: "The log.")
    var log: String

    @Option(help: "How often it is diagnosed; the median is printed.")
    var rounds = 5

    func run() throws {
        let clock = ContinuousClock()
        var history = TrainingHistory(format: "")
        let reading = try clock.measure { history = try LogReader.read(path: log) }
        var found = 0
        let times = (0..<max(1, rounds)).map { _ in
            clock.measure {
                let analysis = LogAnalysis(history.mainRun)
                let events = Diagnosis.events(from: analysis.symptoms())
                found = events.count
                for event in events { _ = analysis.rank(event) }
            }
        }.sorted()
        // Seconds of reading and of diagnosing, points, events.
        print("\(seconds(reading)) \(seconds(times[times.count / 2])) \(history.train.count) \(found)")
    }

    private func seconds(_ time: Duration) -> Double {
        Double(time.components.seconds) + Double(time.components.attoseconds) / 1e18
    }
}
