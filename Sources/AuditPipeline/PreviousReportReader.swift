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
                    "\(path): has the schema \"\(report.schema.prefix(60))\"; expected \"trainaudit.audit/1\", the "
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

    /// The report that an earlier audit of the same run left in the folder.
    /// - Returns: The report, or why what is there cannot be compared with; neither where nothing is there.
    public static func inFolder(_ folder: String, run: String) -> (report: PreviousReport?, doubt: String?) {
        let path = folder + "/report.json"
        guard FileManager.default.fileExists(atPath: path) else { return (nil, nil) }
        do {
            let report = try read(path: path)
            guard report.run == run else {
                return (nil, "Nothing was compared: the report.json in the folder was of the run \(report.run).")
            }
            return (report, nil)
        } catch {
            return (nil, "Nothing was compared: \(error)")
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

/// Reads a whole report.json, as this version writes it.
public enum AuditDocumentReader {
    /// The document of an audit.
    public static func read(path: String) throws -> AuditDocument {
        guard let data = PreviousReportReader.data(path) else {
            throw AuditError("\(path): is missing, not readable or too large; expected the report.json of an audit.")
        }
        do {
            return try JSONOutput.decode(AuditDocument.self, from: data)
        } catch {
            throw AuditError(
                "\(path): is no report.json of this version (\(PreviousReportReader.place(error))); run the audit again."
            )
        }
    }
}
