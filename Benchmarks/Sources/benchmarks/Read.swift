import ArgumentParser
import Foundation
import SwiftCSV
import TrainingLogs

/// Reading a log without diagnosing it: what the grammar costs, and how much memory the curves take.
struct Read: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Reads a training log and prints the seconds and megabytes."
    )

    @Argument(help: "The log.")
    var log: String

    @Flag(
        name: .customLong("swift-csv"),
        help: "Read it with SwiftCSV, the columns step and train_loss turned to numbers."
    )
    var swiftCSV = false

    func run() throws {
        let clock = ContinuousClock()
        var points = 0
        var kept = 0
        let time = try clock.measure {
            if swiftCSV {
                let table = try CSV<Enumerated>(url: URL(fileURLWithPath: log), encoding: .utf8, loadColumns: false)
                let step = table.header.firstIndex(of: "step") ?? 0
                let loss = table.header.firstIndex(of: "train_loss") ?? 1
                for row in table.rows where Int(row[step]) != nil && Double(row[loss]) != nil { points += 1 }
                kept = points * 16
            } else {
                let history = try LogReader.read(path: log)
                points = history.train.count
                kept = HistoryExport.series(of: history).reduce(0) { $0 + $1.series.count * 16 }
            }
        }
        // Linux tells the peak of the resident memory; elsewhere it is left out.
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        let peak = line.flatMap { Double($0.filter(\.isNumber)) }.map { $0 * 1024 / 1e6 } ?? 0
        let seconds = Double(time.components.seconds) + Double(time.components.attoseconds) / 1e18
        // Seconds, points, megabytes of the columns that are kept, peak megabytes of the process.
        print("\(seconds) \(points) \(Double(kept) / 1e6) \(peak)")
    }
}
