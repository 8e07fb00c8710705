import Foundation
import Reporting

/// Reads the report of the audit before, to compare with.
public enum PreviousReportReader {
    /// A larger file is no report of ours.
    private static let limit = 256 << 20

    /// The report that `--previous` names; what is wrong with it is an error.
    public static func read(path: String) throws -> PreviousReport {
        guard let data = data(path) else {
            throw AuditError(
                "\(path): is missing, not readable or too large; expected the report.json of an earlier audit."
            )
        }
        do {
            let report = try JSONDecoder().decode(PreviousReport.self, from: data)
            guard report.schema.hasPrefix("trainaudit.audit/") else {
                throw AuditError(
                    "\(path): has the schema \"\(report.schema.prefix(60))\"; expected \"trainaudit.audit/2\" or an earlier one, the "
                        + "report.json of an earlier audit."
                )
            }
            return report
        } catch let error as AuditError {
            throw error
        } catch {
            throw AuditError(
                "\(path): is no report.json of an audit (\(Self.place(error))); expected one to compare with."
            )
        }
    }

    /// What came of looking for a report to compare with.
    enum Reading: Sendable {
        /// There is none.
        case nothing
        /// The report.
        case found(PreviousReport)
        /// What is there cannot be compared with, and why.
        case unfit(String)
    }

    /// Reads the report to compare with.
    /// - Throws: What is wrong with a report that was named.
    static func read(_ previous: Audit.Previous, run: String) throws -> Reading {
        switch previous {
        case .none: .nothing
        case .file(let path): .found(try read(path: path))
        case .folder(let folder): inFolder(folder, run: run)
        }
    }

    /// The report that an earlier audit of the same run left in the folder.
    static func inFolder(_ folder: String, run: String) -> Reading {
        let path = folder + "/report.json"
        guard FileManager.default.fileExists(atPath: path) else { return .nothing }
        do {
            let report = try read(path: path)
            return report.run == run
                ? .found(report) : .unfit("the report.json in the folder is of the run \(report.run).")
        } catch {
            return .unfit("\(error)")
        }
    }

    static func data(_ path: String) -> Data? {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        guard let size = attributes?[.size] as? Int, size <= limit else { return nil }
        return FileManager.default.contents(atPath: path)
    }

    static func place(_ error: any Error) -> String {
        switch error {
        case DecodingError.keyNotFound(let key, _): "the key \"\(key.stringValue)\" is missing"
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
            "unexpected value at " + context.codingPath.map(\.stringValue).joined(separator: ".")
        default: "not JSON"
        }
    }
}

/// Reads of a report.json what plots show.
public enum SavedReportReader {
    /// The report, as far as plots need it.
    public static func read(path: String) throws -> AuditReport {
        guard let data = PreviousReportReader.data(path) else {
            throw AuditError("\(path): is missing, not readable or too large; expected the report.json of an audit.")
        }
        do {
            return try JSONOutput.decode(SavedReport.self, from: data).report
        } catch {
            throw AuditError(
                "\(path): is no report.json of this version (\(PreviousReportReader.place(error))); run the audit again."
            )
        }
    }
}
