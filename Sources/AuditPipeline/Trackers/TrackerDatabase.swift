import Foundation
import GRDB
import TrainingLogs

/// A SQLite database of a tracker, MLflow or Trackio: opened to be read only, and as one that a stranger made.
struct TrackerDatabase {
    /// A run in a database.
    struct Run {
        var id: String
        var name: String
    }

    /// A layout of tables.
    protocol Layout: SendableMetatype {
        static var tracker: String { get }
        /// Whether a database with these tables, and the columns of each, is one.
        static func fits(_ tables: [String: Set<String>]) -> Bool
        /// The runs, the newest first.
        static func runs(_ database: Database, _ tables: [String: Set<String>]) throws -> [Run]
        static func read(_ run: Run, _ database: Database, _ tables: [String: Set<String>], into: inout TrackedRun)
            throws
    }

    private static let layouts: [any Layout.Type] = [MLflowTables.self, TrackioTables.self]

    /// The history of a run in a database; nil when the path is no SQLite database.
    /// - Parameter path: The file; behind it `#` and the name or id of a run, else the newest one with a training curve.
    static func history(path: String) throws(LogError) -> TrainingHistory? {
        if isDatabase(path) { return try TrackerDatabase(path: path).history(run: nil) }
        guard let mark = path.lastIndex(of: "#"), isDatabase(String(path[..<mark])) else { return nil }
        return try TrackerDatabase(path: String(path[..<mark])).history(run: String(path[path.index(after: mark)...]))
    }

    private static func isDatabase(_ path: String) -> Bool {
        // A pipe would wait, and lose what is read from it here.
        guard let size = FolderListing.File(path: path)?.bytes, size >= 100,
            let handle = FileHandle(forReadingAtPath: path)
        else { return false }
        defer { try? handle.close() }
        return (try? handle.read(upToCount: 16)) == Data("SQLite format 3\0".utf8)
    }

    private let path: String

    /// Runs that are looked at for a training curve.
    private static let mostRuns = 1000
    /// Seconds after which a query is given up: a schema can be made that never ends.
    private static let longestQuery = 60.0

    private func history(run wanted: String?) throws(LogError) -> TrainingHistory {
        do {
            let queue = try open()
            let watch = DispatchWorkItem { queue.interrupt() }
            DispatchQueue.global().asyncAfter(deadline: .now() + Self.longestQuery, execute: watch)
            defer { watch.cancel() }
            return try queue.read { try history($0, run: wanted) }
        } catch let error as LogError {
            throw error
        } catch {
            throw .badTracker(path: path, reason: reason(error))
        }
    }

    private func open() throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(3)
        configuration.prepareDatabase { database in
            // No function that the schema names may have an effect, and sizes in the file are checked.
            try database.execute(sql: "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0")
        }
        // With a log beside it the database is not all in its file, and SQLite must see both.
        let hasLog = FileManager.default.fileExists(atPath: path + "-wal")
        guard !hasLog, let address = address else { return try DatabaseQueue(path: path, configuration: configuration) }
        return try DatabaseQueue(path: address, configuration: configuration)
    }

    /// The file as one that nobody changes, where it is in WAL mode: SQLite would put files beside it to read it otherwise.
    private var address: String? {
        guard let handle = FileHandle(forReadingAtPath: path), let head = try? handle.read(upToCount: 20),
            head.count == 20,
            head[18] == 2,
            let name = path.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed)
        else { return nil }
        return "file:\(name)?immutable=1"
    }

    private func history(_ database: Database, run wanted: String?) throws -> TrainingHistory {
        let tables = try plainTables(database)
        guard let layout = Self.layouts.first(where: { $0.fits(tables) }) else {
            let names = tables.keys.sorted().prefix(8).joined(separator: ", ")
            let found = tables.isEmpty ? "no tables" : "the tables \(names)" + (tables.count > 8 ? ", …" : "")
            let expected = "expected those of MLflow (runs, metrics, params) or Trackio (metrics, configs)"
            throw LogError.badTracker(path: path, reason: "a SQLite database with \(found), \(expected)")
        }
        let runs = try layout.runs(database, tables)
        for run in runs.prefix(Self.mostRuns) where wanted == nil || run.name == wanted || run.id == wanted {
            var tracked = TrackedRun(file: "\(path)#\(run.name)")
            try layout.read(run, database, tables, into: &tracked)
            guard tracked.hasCurve || wanted != nil else { continue }
            let others = runs.filter { $0.id != run.id }.map(\.name)
            if wanted == nil, !others.isEmpty { tracked.notes.append(note(run, others)) }
            if var history = tracked.history(tracker: layout.tracker) {
                history.origin = run.name
                return history
            }
        }
        let names = runs.prefix(8).map(\.name).joined(separator: ", ") + (runs.count > 8 ? ", …" : "")
        let reason = wanted.map { "no run \($0) with a loss in it" } ?? "no run in it has a training loss"
        throw LogError.badTracker(
            path: path,
            reason: reason + (runs.isEmpty ? "; it has no run" : "; its runs: \(names)")
        )
    }

    private func note(_ run: Run, _ others: [String]) -> String {
        let names = others.prefix(8).joined(separator: ", ") + (others.count > 8 ? ", …" : "")
        return "run \(run.name), the newest with a training curve of \(others.count + 1); the others: \(names) "
            + "(name one as \(path)#NAME)"
    }

    /// The tables that are rows in the file and nothing more, with their columns: no view, no virtual table, and none with
    /// columns that are computed, since those can be made to run for ever.
    private func plainTables(_ database: Database) throws -> [String: Set<String>] {
        let names = try String.fetchAll(
            database,
            sql: "SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage > 0 LIMIT 200"
        )
        var tables: [String: Set<String>] = [:]
        for name in names where !name.hasPrefix("sqlite_") && name.utf8.count < 128 {
            let columns = try Row.fetchAll(
                database,
                sql: "SELECT name, hidden FROM pragma_table_xinfo(?)",
                arguments: [name]
            )
            guard columns.allSatisfy({ $0["hidden"] == 0 }) else { continue }
            tables[name] = Set(columns.compactMap { $0["name"] as String? })
        }
        return tables
    }

    private func reason(_ error: any Error) -> String {
        guard let error = error as? DatabaseError else { return "\(error)" }
        switch error.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            return "the database is locked by another process; copy the file, or try again when the run is done"
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: return "the database is damaged (\(error.message ?? "no reason given"))"
        case .SQLITE_INTERRUPT: return "the database took more than \(Int(Self.longestQuery)) seconds to read"
        case .SQLITE_CANTOPEN, .SQLITE_READONLY:
            return "the database cannot be opened to be read only; a process that was killed may have left work in its "
                + "journal: copy it with its -journal or -wal file to a folder that can be written, and open it there once"
        default: return "SQLite cannot read it (\(error.message ?? "\(error.resultCode)"))"
        }
    }
}
