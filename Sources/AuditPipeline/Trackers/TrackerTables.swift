import Foundation
import GRDB
import TrainingLogs

/// MLflow's tables `runs`, `metrics`, `params`.
///
/// Source: mlflow's `store/tracking/dbmodels/models.py`.
enum MLflowTables: TrackerDatabase.Layout {
    static let tracker = "mlflow"

    static func fits(_ tables: [String: Set<String>]) -> Bool {
        tables["runs"]?.isSuperset(of: ["run_uuid"]) == true
            && tables["metrics"]?.isSuperset(of: ["key", "value", "run_uuid"]) == true
    }

    static func runs(_ database: Database, _ tables: [String: Set<String>]) throws -> [TrackerDatabase.Run] {
        let columns = tables["runs"] ?? []
        let name = columns.contains("name") ? "name" : "run_uuid"
        let isActive = columns.contains("lifecycle_stage") ? "WHERE lifecycle_stage = 'active'" : ""
        let order = columns.contains("start_time") ? "start_time DESC, rowid DESC" : "rowid DESC"
        let rows = try Row.fetchAll(
            database,
            sql: "SELECT run_uuid AS id, \(name) AS name FROM runs \(isActive) ORDER BY \(order) LIMIT 1000"
        )
        return rows.compactMap(TrackerDatabase.Run.init)
    }

    static func read(
        _ run: TrackerDatabase.Run,
        _ database: Database,
        _ tables: [String: Set<String>],
        into tracked: inout TrackedRun
    ) throws {
        let columns = tables["metrics"] ?? []
        let step = columns.contains("step") ? "step" : "0"
        let isNaN = columns.contains("is_nan") ? "is_nan" : "0"
        // In the order in which they were written: a run that was resumed repeats steps.
        let rows = try Row.fetchCursor(
            database,
            sql: "SELECT key, value, \(step) AS step, \(isNaN) AS isNaN FROM metrics WHERE run_uuid = ? ORDER BY rowid",
            arguments: [run.id]
        )
        while let row = try rows.next() {
            guard let name = text(row["key"]), let step = Int.fromDatabaseValue(row["step"]) else { continue }
            let isNaN = (Int.fromDatabaseValue(row["isNaN"]) ?? 0) != 0
            guard let value = isNaN ? Double.nan : Double.fromDatabaseValue(row["value"]) else { continue }
            tracked.series.append(name, step: step, value: MLflowValue.number(value))
        }
        guard tables["params"]?.isSuperset(of: ["key", "value", "run_uuid"]) == true else { return }
        let parameters = try Row.fetchCursor(
            database,
            sql: "SELECT key, value FROM params WHERE run_uuid = ? AND length(value) < 256 LIMIT 10000",
            arguments: [run.id]
        )
        while let row = try parameters.next() {
            guard let name = text(row["key"]), let value = text(row["value"]) else { continue }
            tracked.configuration.set(name.split { $0 == "/" || $0 == "." }.map(String.init), value)
        }
    }
}

/// Trackio's tables `metrics`, with the metrics of a record as JSON, and `configs`.
///
/// Source: trackio's `sqlite_storage.py`.
enum TrackioTables: TrackerDatabase.Layout {
    static let tracker = "trackio"

    static func fits(_ tables: [String: Set<String>]) -> Bool {
        tables["metrics"]?.isSuperset(of: ["run_name", "step", "metrics"]) == true
    }

    /// Versions before ids know a run by its name.
    private static func identity(_ tables: [String: Set<String>], _ table: String) -> String {
        tables[table]?.contains("run_id") == true ? "run_id" : "run_name"
    }

    static func runs(_ database: Database, _ tables: [String: Set<String>]) throws -> [TrackerDatabase.Run] {
        let id = identity(tables, "metrics")
        let rows = try Row.fetchAll(
            database,
            sql:
                "SELECT \(id) AS id, max(run_name) AS name FROM metrics GROUP BY \(id) ORDER BY max(rowid) DESC LIMIT 1000"
        )
        return rows.compactMap(TrackerDatabase.Run.init)
    }

    static func read(
        _ run: TrackerDatabase.Run,
        _ database: Database,
        _ tables: [String: Set<String>],
        into tracked: inout TrackedRun
    ) throws {
        let rows = try Row.fetchCursor(
            database,
            sql: "SELECT step, metrics FROM metrics WHERE \(identity(tables, "metrics")) = ? ORDER BY rowid",
            arguments: [run.id]
        )
        while let row = try rows.next() {
            guard let step = Int.fromDatabaseValue(row["step"]), let json = text(row["metrics"]) else { continue }
            tracked.series.append(json: json, step: step)
        }
        guard tables["configs"]?.contains("config") == true else { return }
        let id = identity(tables, "configs")
        let configurations = try Row.fetchCursor(
            database,
            sql: "SELECT config FROM configs WHERE \(id) = ? LIMIT 1",
            arguments: [run.id]
        )
        while let row = try configurations.next() {
            guard var json = text(row["config"]) else { continue }
            json.withUTF8 { tracked.configuration.add(json: UnsafeRawBufferPointer($0)) }
        }
    }
}

/// A text of a database, or its bytes taken as text: SQLite holds any value in any column.
private func text(_ value: DatabaseValue) -> String? {
    switch value.storage {
    case .string(let text): text
    case .blob(let data): String(decoding: data, as: UTF8.self)
    default: nil
    }
}

extension TrackerDatabase.Run {
    fileprivate init?(_ row: Row) {
        guard let id = text(row["id"]) else { return nil }
        self.init(id: id, name: text(row["name"]) ?? id)
    }
}
