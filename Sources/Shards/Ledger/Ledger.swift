import Foundation
import GRDB
import Terms

/// What was proved when: one row a shard in an embedded SQLite database, so that a night's work is not lost.
///
/// A proof is of a file in one state: its size, its times, its inode, and the digest it was proved against. Any change of
/// these makes it worthless, and so does age: a disk can lose bytes without any of them changing.
public final class Ledger: Sendable {
    /// What is remembered of one shard.
    public struct Record: Sendable, Equatable {
        /// The shard's name.
        public var name: String
        /// The state of the file when it was read.
        public var state: State
        /// What it was compared with; empty where nothing was known.
        public var digest: String
        /// The outcome.
        public var status: ShardStatus
        /// What the outcome rests on.
        public var level: EvidenceLevel
        /// When, in seconds since 1970.
        public var checked: Int
        /// How it was decoded, when nothing strange was found in it; `nil` where it was not decoded.
        var content: Content?
    }

    /// What a shard that was decoded held, for telling duplicates, and under which vocabulary its ids were looked at.
    struct Content: Sendable, Equatable {
        var vocabulary: Int?
        /// SHA-256 of the tokens; `nil` for shards that hold none.
        var digest: [UInt8]?
    }

    /// The state of a file; an equal state means that no program has written to it.
    public struct State: Sendable, Equatable {
        var bytes: Int
        /// When it was written, and when its metadata changed, in nanoseconds since 1970.
        var modified: Int
        var changed: Int
        var inode: Int
        var device: Int

        init(_ file: FileIdentity) {
            bytes = file.size
            modified = file.modified
            changed = file.changed
            inode = Int(truncatingIfNeeded: file.inode)
            device = Int(truncatingIfNeeded: file.device)
        }

        init(_ row: Row) {
            bytes = row["bytes"] ?? 0
            modified = row["modified"] ?? 0
            changed = row["changed"] ?? 0
            inode = row["inode"] ?? 0
            device = row["device"] ?? 0
        }
    }

    /// The database's path.
    public let path: String
    private let database: DatabaseQueue

    /// The ledger's place where none is named: `.trainaudit/ledger.sqlite` beside a manifest, or in a folder of shards.
    public static func standardPath(manifest path: String) -> String {
        let isFolder = FileIdentity(following: path)?.isFolder == true
        return (isFolder ? path : splitPath(path).folder) + "/.trainaudit/ledger.sqlite"
    }

    /// Opens a ledger, and makes it with its folder where it does not exist.
    /// - Throws: ``ShardError/file(operation:path:reason:)`` when it cannot be opened, written, or is no ledger.
    public init(path: String) throws(ShardError) {
        self.path = path
        do {
            try FileManager.default.createDirectory(atPath: splitPath(path).folder, withIntermediateDirectories: true)
            var configuration = Configuration()
            configuration.busyMode = .timeout(20)
            database = try DatabaseQueue(path: path, configuration: configuration)
            try Self.migrator.migrate(database)
        } catch {
            throw Self.failure("open the ledger", path, error)
        }
    }

    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { database in
            try database.execute(
                sql: """
                    CREATE TABLE shard (
                        folder TEXT NOT NULL, name TEXT NOT NULL,
                        bytes INTEGER NOT NULL, modified INTEGER NOT NULL, changed INTEGER NOT NULL,
                        inode INTEGER NOT NULL, device INTEGER NOT NULL,
                        digest TEXT NOT NULL, status TEXT NOT NULL, level TEXT NOT NULL, checked INTEGER NOT NULL,
                        PRIMARY KEY (folder, name)
                    ) WITHOUT ROWID;
                    CREATE TABLE run (
                        id INTEGER PRIMARY KEY, folder TEXT NOT NULL, began INTEGER NOT NULL, ended INTEGER
                    );
                    """
            )
        }
        migrator.registerMigration("2") { database in
            try database.execute(
                sql: """
                    ALTER TABLE shard ADD COLUMN decoded INTEGER NOT NULL DEFAULT 0;
                    ALTER TABLE shard ADD COLUMN vocabulary INTEGER;
                    ALTER TABLE shard ADD COLUMN content BLOB;
                    """
            )
        }
        return migrator
    }

    /// All that is remembered of the shards in a folder.
    public func records(of folder: ShardFolder) throws(ShardError) -> [String: Record] {
        let key = realPath(folder.path)
        do {
            return try database.read { database in
                var result: [String: Record] = [:]
                let rows = try Row.fetchCursor(database, sql: "SELECT * FROM shard WHERE folder = ?", arguments: [key])
                while let row = try rows.next() {
                    guard let name: String = row["name"], let status = ShardStatus(rawValue: row["status"] ?? ""),
                        let level = EvidenceLevel(rawValue: row["level"] ?? "")
                    else { continue }
                    result[name] = Record(
                        name: name,
                        state: State(row),
                        digest: row["digest"] ?? "",
                        status: status,
                        level: level,
                        checked: row["checked"] ?? 0,
                        content: row["decoded"] == 1
                            ? Content(vocabulary: row["vocabulary"], digest: (row["content"] as Data?).map(Array.init))
                            : nil
                    )
                }
                return result
            }
        } catch {
            throw Self.failure("read the ledger", path, error)
        }
    }

    /// Remembers what was found out about shards in a folder, all or nothing.
    public func remember(_ records: [Record], of folder: ShardFolder) throws(ShardError) {
        let key = realPath(folder.path)
        do {
            try database.write { database in
                let statement = try database.cachedStatement(
                    sql: "INSERT OR REPLACE INTO shard VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                )
                for record in records {
                    let state = record.state
                    try statement.execute(arguments: [
                        key, record.name, state.bytes, state.modified, state.changed, state.inode, state.device,
                        record.digest, record.status.rawValue, record.level.rawValue, record.checked,
                        record.content == nil ? 0 : 1, record.content?.vocabulary,
                        record.content?.digest.map { Data($0) },
                    ])
                }
            }
        } catch {
            throw Self.failure("write the ledger", path, error)
        }
    }

    /// When the last run over a folder began; `nil` when this is the first.
    func beginRun(of folder: ShardFolder, now: Int) throws(ShardError) -> (id: Int64, previous: Int?) {
        let key = realPath(folder.path)
        do {
            return try database.write { database in
                let previous = try Int.fetchOne(
                    database,
                    sql: "SELECT MAX(began) FROM run WHERE folder = ?",
                    arguments: [key]
                )
                try database.execute(sql: "INSERT INTO run (folder, began) VALUES (?, ?)", arguments: [key, now])
                return (database.lastInsertedRowID, previous)
            }
        } catch {
            throw Self.failure("write the ledger", path, error)
        }
    }

    func endRun(_ id: Int64, now: Int) throws(ShardError) {
        do {
            try database.write { try $0.execute(sql: "UPDATE run SET ended = ? WHERE id = ?", arguments: [now, id]) }
        } catch {
            throw Self.failure("write the ledger", path, error)
        }
    }

    private static func failure(_ operation: String, _ path: String, _ error: any Error) -> ShardError {
        let reason = (error as? DatabaseError)?.message ?? printable(error.localizedDescription)
        return .file(
            operation: operation,
            path: path,
            reason: "\(reason); name another with --ledger, or move it away: only proofs are lost, never data"
        )
    }
}
