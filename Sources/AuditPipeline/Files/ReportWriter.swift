import Foundation
import Reporting
import TrainingLogs

/// Writes an audit's report.
public enum ReportWriter {
    /// Makes the folder of a report and proves that it can be written to, before hours of work go into what it will hold.
    public static func prepare(_ folder: String) throws {
        let probe = URL(fileURLWithPath: folder).appendingPathComponent(".trainaudit-\(UUID().uuidString)")
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try Data().write(to: probe)
            try FileManager.default.removeItem(at: probe)
        } catch {
            throw AuditError(
                "\(folder): cannot be written to (\(FileReason.text(error, folder: folder))); choose another with --output."
            )
        }
    }

    /// Writes all files of a report into a folder, each complete or not at all, and removes plots that an earlier report
    /// left there.
    /// - Parameters:
    ///   - outcome: What the audit found.
    ///   - folder: Where the report goes; made when it is not there.
    ///   - extra: Further files, for example those that a CI system reads.
    ///   - attachments: The folder as a CI system finds it, see ``ContinuousIntegration/attachmentFolder(_:environment:)``.
    /// - Returns: The report with the list of files.
    public static func write(
        _ outcome: Audit.Outcome,
        to folder: String,
        extra: [ReportFile] = [],
        attachments: String? = nil
    ) throws -> AuditReport {
        var report = outcome.report
        let plots = PlotSet(report, history: outcome.history)
        report.files = ReportFiles.names(plots: plots) + extra.map(\.name)
        let files =
            try ReportFiles.render(report, history: outcome.history, plots: plots, attachments: attachments) + extra
        let earlier = listed(in: folder)
        try write(files, to: folder)
        removeStaleFiles(in: folder, listed: earlier, except: Set(report.files))
        return report
    }

    /// The files that the report in a folder says it has.
    private static func listed(in folder: String) -> [String] {
        struct Report: Decodable { var report: [String] }
        let data = PreviousReportReader.data(folder + "/report.json")
        return data.flatMap { try? JSONDecoder().decode(Report.self, from: $0).report } ?? []
    }

    /// Removes files that the last report had and this one has not: only names that this tool gives and, but for numbered
    /// plots, that report lists; a plot that somebody put there by hand stays.
    private static func removeStaleFiles(in folder: String, listed: [String], except names: Set<String>) {
        let numbered = ((try? FileManager.default.contentsOfDirectory(atPath: folder + "/plots")) ?? []).map {
            "plots/" + $0
        }.filter(PlotSet.isNumbered)
        let others = (PlotKind.allCases.map { "\($0.rawValue).svg" } + [CodeQuality.fileName]).filter(listed.contains)
        for name in numbered + others where !names.contains(name) {
            try? FileManager.default.removeItem(atPath: folder + "/" + name)
        }
    }

    /// Writes files into a folder, each complete or not at all.
    public static func write(_ files: [ReportFile], to folder: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            for file in files {
                let url = URL(fileURLWithPath: folder).appendingPathComponent(file.name)
                if file.name.contains("/") {
                    let parent = url.deletingLastPathComponent()
                    try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
                }
                try Data(file.contents.utf8).write(to: url, options: .atomic)
            }
        } catch {
            throw AuditError(
                "\(folder): the report cannot be written (\(FileReason.text(error, folder: folder))); choose another folder with "
                    + "--output."
            )
        }
    }
}

extension ReportWriter {
    /// Writes one text file, complete or not at all.
    public static func write(text: String, to path: String) throws {
        do {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw AuditError("\(path): cannot be written (\(FileReason.text(error))).")
        }
    }
}
