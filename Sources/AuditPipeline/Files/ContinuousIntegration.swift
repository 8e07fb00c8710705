import Foundation
import Reporting

/// What an audit leaves where a CI system looks for it; nothing happens anywhere else.
public enum ContinuousIntegration {
    /// What to do with the environment of this process.
    public struct Delivery: Sendable, Equatable {
        /// Where the Markdown summary is appended: `$GITHUB_STEP_SUMMARY`.
        public var stepSummary: String?
        /// Workflow commands for standard error.
        public var annotations: [String] = []
        /// Further files of the report.
        public var files: [ReportFile] = []
    }

    /// Decides from the environment; pure.
    public static func delivery(
        _ document: AuditReport,
        of configuration: AuditConfiguration,
        shardFolder: String? = nil,
        environment: [String: String]
    ) throws -> Delivery {
        var delivery = Delivery()
        if let path = environment["GITHUB_STEP_SUMMARY"], !path.isEmpty { delivery.stepSummary = path }
        if environment["GITHUB_ACTIONS"] == "true" {
            delivery.annotations = GitHubAnnotations.commands(document)
        }
        if environment["GITLAB_CI"] == "true" {
            let below = { attachmentFolder($0, environment: environment) }
            let log = configuration.logs.first { $0 != "-" }.map(configuration.resolve)
            let places = CodeQuality.Places(
                shards: (shardFolder ?? configuration.shards.directory.map(configuration.resolve)).flatMap(below),
                log: log.flatMap(below)
            )
            let json = try CodeQuality.json(document, places: places)
            delivery.files.append(ReportFile(name: CodeQuality.fileName, contents: json))
        }
        return delivery
    }

    /// How a CI system is told of files, such as those of a report's folder: GitLab by paths below the project, Jenkins by
    /// absolute ones.
    /// - Returns: `nil` anywhere else, so that a report does not depend on where it is written.
    public static func attachmentFolder(_ folder: String, environment: [String: String]) -> String? {
        let path = URL(fileURLWithPath: folder).standardizedFileURL.resolvingSymlinksInPath().path
        if environment["GITLAB_CI"] == "true", let project = environment["CI_PROJECT_DIR"], !project.isEmpty {
            let root = URL(fileURLWithPath: project).standardizedFileURL.resolvingSymlinksInPath().path
            return path == root ? "" : path.hasPrefix(root + "/") ? String(path.dropFirst(root.count + 1)) : nil
        }
        return environment["JENKINS_URL"].map { $0.isEmpty } == false ? path : nil
    }

    /// Appends the summary, as the runner expects it. Other steps may have written there.
    public static func append(summary: String, to path: String) throws {
        do {
            if !FileManager.default.fileExists(atPath: path) {
                try Data().write(to: URL(fileURLWithPath: path))
            }
            let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
            defer { try? handle.close() }
            // GitHub drops a summary above 1 MiB altogether, what other steps wrote included.
            let present = try handle.seekToEnd()
            // Another step may have left its last line open.
            let start = present == 0 ? "" : "\n\n"
            let note = start + "The summary of the training audit found no room here.\n"
            for text in [start + summary, note] where present + UInt64(text.utf8.count) <= 1_000_000 {
                try handle.write(contentsOf: Data(text.utf8))
                return
            }
        } catch {
            throw AuditError(
                "\(path): the step summary cannot be written (\(FileReason.text(error))); unset GITHUB_STEP_SUMMARY."
            )
        }
    }
}
