import AuditPipeline
import Diagnosis
import Foundation
import GRDB
import Reporting
import Terms
import Testing
import TrainingLogs

/// Runs that trackers wrote, as they lie on disk; see Fixtures/README.md.
@Suite struct TrackerTests {
    private static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Fixtures/trackers").path

    private func read(_ name: String) throws -> TrainingHistory {
        try RunReader.read(paths: [Self.fixtures + "/" + name])
    }

    private func setting(_ key: RecordedSetting.Key, _ history: TrainingHistory) -> RecordedSetting? {
        history.settings.first { $0.key == key }
    }

    // MARK: W&B

    @Test(arguments: [
        "wandb/offline-run-20261201_125107-tlg3vkq0", "wandb/offline-run-20261201_125126-li1h6tvq", "wandb",
    ])
    func runsOfOldAndNewPackagesGiveTheSame(_ name: String) throws {
        let history = try read(name)
        #expect(history.format == "wandb")
        #expect(history.train.steps == Array(0..<40))
        #expect(history.train.values[0] == 11.038645542594663)
        #expect(history.train.values[17].isNaN)
        #expect(history.train.values[25] == .infinity)
        #expect(history.gradientNorm.values[25].isNaN)
        #expect(history.validation.steps == [0, 10, 20, 30])
        #expect(setting(.warmupSteps, history)?.integer == 20)
        #expect(setting(.seed, history)?.integer == 1337)
        #expect(setting(.precision, history)?.word == "bf16")
        #expect(history.notes.contains { $0.contains("killed") } == false)
    }

    @Test func theNewestRunIsReadAndTheOthersAreNamed() throws {
        let history = try read("wandb")
        #expect(history.origin == "offline-run-20261201_125126-li1h6tvq")
        #expect(
            history.notes.contains { $0.contains("another run") && $0.contains("offline-run-20261201_125107-tlg3vkq0") }
        )
    }

    @Test func processesOfOneRunAreOneRunAndItsConsoleIsReadWithoutItsFile() throws {
        let scratch = try Scratch()
        let source = Self.fixtures + "/wandb/offline-run-20261201_125126-li1h6tvq/run-li1h6tvq.wandb"
        for name in ["offline-run-20261201_125126-li1h6tvq", "offline-run-20261201_135126-li1h6tvq"] {
            try scratch.write("wandb/\(name)/files/output.log", "x")
            try FileManager.default.copyItem(atPath: source, toPath: scratch.path + "/wandb/\(name)/run-li1h6tvq.wandb")
        }
        let joined = try RunReader.read(paths: [scratch.path])
        #expect(joined.train.steps == Array(0..<40))
        #expect(!joined.notes.contains { $0.contains("another run") })
        let other = try Scratch()
        let lines = (0..<20).map { "iter \($0): loss \(4.0 - 0.1 * Double($0)), time 12.00ms, mfu 30.10%\n" }
        try other.write("wandb/run-20261201_125126-abcdefgh/files/output.log", lines.joined())
        try other.write(
            "wandb/run-20261201_125126-abcdefgh/files/config.yaml",
            "wandb_version: 1\n\nbatch_size:\n  desc: null\n  value: 12\nlr:\n  desc: null\n  value: 0.0006\nopt:\n  value:\n    weight_decay: 0.1\n"
        )
        let console = try RunReader.read(paths: [other.path])
        #expect(console.format == "nanogpt")
        #expect(console.train.count == 20)
        #expect(setting(.batch, console)?.integer == 12)
        #expect(setting(.peakLearningRate, console)?.number == 0.0006)
        #expect(setting(.weightDecay, console)?.name == "opt.weight_decay")
    }

    // MARK: MLflow and Trackio

    @Test func theFoldersOfMLflowAreReadByRun() throws {
        let history = try read("mlruns")
        #expect(history.format == "mlflow")
        #expect(history.train.steps == Array(0..<40))
        #expect(history.train.values[33].isNaN)
        #expect(setting(.accumulation, history)?.integer == 8)
        #expect(setting(.schedule, history)?.word == "warmup-cosine")
        #expect(history.origin?.hasSuffix("(second)") == true)
        #expect(
            history.notes.contains {
                $0.contains("2 other runs") && $0.contains("(first)") && $0.contains("(evaluated)")
            }
        )
    }

    /// A database with MLflow's tables.
    private func mlflow(_ path: String) throws -> DatabaseQueue {
        let queue = try DatabaseQueue(path: path)
        try queue.write { database in
            try database.execute(
                sql: """
                    CREATE TABLE runs (run_uuid VARCHAR(32) PRIMARY KEY, name VARCHAR(250), status VARCHAR(9),
                        start_time BIGINT, lifecycle_stage VARCHAR(20));
                    CREATE TABLE metrics ("key" VARCHAR(250) NOT NULL, value FLOAT NOT NULL, timestamp BIGINT NOT NULL,
                        run_uuid VARCHAR(32) NOT NULL, step BIGINT DEFAULT '0' NOT NULL, is_nan BOOLEAN DEFAULT '0' NOT NULL);
                    CREATE TABLE params ("key" VARCHAR(250), value VARCHAR(8000), run_uuid VARCHAR(32));
                    INSERT INTO runs VALUES ('a', 'first', 'FINISHED', 1, 'active'), ('b', 'second', 'FINISHED', 2, 'active'),
                        ('c', 'scores', 'FINISHED', 3, 'active'), ('d', 'gone', 'FINISHED', 4, 'deleted');
                    INSERT INTO params VALUES ('optimizer/lr', '0.001', 'b'), ('max_steps', '-1', 'b');
                    INSERT INTO metrics VALUES ('accuracy', 0.5, 1, 'c', 0, 0), ('train_loss', 1.0, 1, 'd', 0, 0);
                    """
            )
            for step in 0..<30 {
                let isNaN = step == 7
                try database.execute(
                    sql: "INSERT INTO metrics VALUES ('train_loss', ?, ?, 'b', ?, ?), ('loss', 3, 0, 'a', 0, 0)",
                    arguments: [isNaN ? 0 : step == 9 ? Double.greatestFiniteMagnitude : 4.0, step, step, isNaN]
                )
            }
        }
        return queue
    }

    @Test func aDatabaseOfMLflowGivesTheNewestRunWithACurveOrTheOneThatIsNamed() throws {
        let scratch = try Scratch()
        let path = scratch.path + "/mlflow.db"
        _ = try mlflow(path)
        let before = scratch.snapshot()
        let history = try RunReader.read(paths: [scratch.path])
        #expect(history.train.steps == Array(0..<30))
        #expect(history.train.values[7].isNaN)
        #expect(history.train.values[9] == .infinity)
        #expect(
            setting(.peakLearningRate, history)?.file.hasSuffix("/mlflow.db#second") == true
        )
        #expect(setting(.steps, history) == nil)
        #expect(history.notes.contains { $0.contains("run second") && $0.contains("scores, first") })
        // A run that gave no steps has its records numbered.
        #expect(try RunReader.read(paths: [path + "#first"]).train.steps == Array(0..<30))
        #expect(throws: LogError.self) { try RunReader.read(paths: [path + "#scores"]) }
        #expect(scratch.snapshot() == before)
    }

    @Test func aDatabaseOfTrackioIsRead() throws {
        let scratch = try Scratch()
        let path = scratch.path + "/project.db"
        let queue = try DatabaseQueue(path: path)
        try queue.write { database in
            try database.execute(
                sql: """
                    CREATE TABLE metrics (id INTEGER PRIMARY KEY AUTOINCREMENT, run_id TEXT NOT NULL, timestamp TEXT NOT NULL,
                        run_name TEXT NOT NULL, step INTEGER NOT NULL, metrics TEXT NOT NULL);
                    CREATE TABLE configs (id INTEGER PRIMARY KEY, run_id TEXT NOT NULL, run_name TEXT NOT NULL,
                        config TEXT NOT NULL, created_at TEXT NOT NULL);
                    INSERT INTO configs VALUES (1, 'r', 'two', '{"batch_size": 8, "model": {"vocab_size": 64}}', '');
                    """
            )
            for step in 0..<20 {
                let loss = step == 5 ? "\"NaN\"" : "\(3.5 - 0.01 * Double(step))"
                try database.execute(
                    sql:
                        "INSERT INTO metrics (run_id, timestamp, run_name, step, metrics) VALUES ('r', '', 'two', ?, ?)",
                    arguments: [step, Data("{\"train\": {\"loss\": \(loss)}, \"x\": [1], \"lr\": 0.5}".utf8)]
                )
            }
        }
        let history = try RunReader.read(paths: [path])
        #expect(history.format == "trackio")
        #expect(history.train.steps == Array(0..<20))
        #expect(history.train.values[5].isNaN)
        #expect(history.learningRate.count == 20)
        #expect(history.hyperparameters.batch == 8)
        #expect(setting(.vocabulary, history)?.integer == 64)
    }

    @Test func databasesThatLieAreErrorsThatSayWhat() throws {
        func reason(_ path: String) -> String {
            do {
                _ = try RunReader.read(paths: [path])
                return "no error"
            } catch { return "\(error)" }
        }
        let scratch = try Scratch()
        let path = scratch.path + "/mlflow.db"
        try mlflow(path).close()
        let sound = try #require(scratch.data("mlflow.db"))
        for (name, damage) in [
            ("cut.db", sound.prefix(5000)), ("head.db", sound.prefix(120)),
            ("zero.db", sound.prefix(100) + Data(count: sound.count - 100)),
            ("junk.db", Data(sound.enumerated().map { $0.offset > 4000 && $0.offset % 97 == 0 ? 0xFF : $0.element })),
        ] {
            try damage.write(to: URL(fileURLWithPath: scratch.path + "/" + name))
            let text = reason(scratch.path + "/" + name)
            #expect(text.contains(name) && text != "no error", "\(text)")
        }
        // Other tables; a view and a computed column in the place of the table, which need never end.
        let other = try DatabaseQueue(path: scratch.path + "/other.db")
        try other.write { try $0.execute(sql: "CREATE TABLE songs (title TEXT)") }
        #expect(reason(scratch.path + "/other.db").contains("with the tables songs, expected those of MLflow"))
        let endless = try DatabaseQueue(path: scratch.path + "/endless.db")
        try endless.write { database in
            try database.execute(
                sql: """
                    CREATE TABLE runs (run_uuid TEXT, name TEXT, start_time INT, lifecycle_stage TEXT);
                    INSERT INTO runs VALUES ('a', 'a', 1, 'active');
                    CREATE VIEW metrics AS WITH RECURSIVE n(x) AS (SELECT 0 UNION ALL SELECT x + 1 FROM n)
                        SELECT 'loss' AS key, x AS value, 'a' AS run_uuid, x AS step FROM n;
                    """
            )
        }
        #expect(reason(scratch.path + "/endless.db").contains("with the tables runs, expected"))
        let locked = try DatabaseQueue(path: path)
        try locked.inDatabase { database in
            try database.execute(sql: "BEGIN EXCLUSIVE")
            #expect(reason(path).contains("locked by another process"))
            try database.execute(sql: "ROLLBACK")
        }
        // Values of any type in any column, and steps out of range.
        let odd = try mlflow(scratch.path + "/odd.db")
        try odd.write { database in
            try database.execute(
                sql: """
                    INSERT INTO metrics VALUES (x'ff00', 'text', 1, 'b', 'x', 0), ('train_loss', 'no', 1, 'b', 9e300, 2),
                        ('train_loss', 1.5, 1, 'b', 9223372036854775807, 0)
                    """
            )
        }
        #expect(try RunReader.read(paths: [scratch.path + "/odd.db"]).train.count == 31)
    }

    // MARK: TensorBoard, Lightning, Hugging Face

    @Test func severalEventFilesOfARunAreOneCurve() throws {
        let history = try read("tensorboard")
        #expect(history.train.steps == Array(0..<100))
        #expect(history.segments.count == 1)
        #expect(!history.notes.contains { $0.contains("no training curve") })
    }

    @Test func theLastVersionOfLightningIsReadWithItsHyperparameters() throws {
        let history = try read("lightning")
        #expect(history.train.steps == Array(0..<80))
        #expect(history.train.nonFiniteCount == 10)
        #expect(setting(.sequence, history)?.integer == 16)
        #expect(history.origin == "lightning_logs/version_1")
        #expect(history.notes.contains { $0.contains("another run") && $0.contains("version_0") })
        let scratch = try Scratch()
        let table = (0..<20).map { "\($0),\(3.0 - 0.01 * Double($0))\n" }.joined()
        for version in [9, 10] {
            try scratch.write("lightning_logs/version_\(version)/metrics.csv", "step,train_loss\n" + table)
        }
        // Files are copied in any order.
        try scratch.write("lightning_logs/version_9/metrics.csv", "step,train_loss\n" + table)
        #expect(try RunReader.read(paths: [scratch.path]).origin == "lightning_logs/version_10")
    }

    @Test func theOutputFolderOfTheTrainerGivesItsWholeHistoryAndItsArguments() throws {
        let history = try read("hf")
        #expect(history.format == "trainer-state")
        #expect(history.train.steps == Array(1...40))
        #expect(setting(.batch, history)?.integer == 4)
        #expect(setting(.peakLearningRate, history)?.number == 0.005)
        #expect(setting(.optimizer, history)?.word == "adamw")
        #expect(setting(.gradientClip, history)?.name == "max_grad_norm")
        // Killed after the last checkpoint: the event file goes on.
        let scratch = try Scratch()
        let folder = scratch.path + "/hf"
        try FileManager.default.copyItem(atPath: Self.fixtures + "/hf", toPath: folder)
        try FileManager.default.removeItem(atPath: folder + "/trainer_state.json")
        #expect(try RunReader.read(paths: [folder]).train.merged().steps == Array(1...40))
        try FileManager.default.removeItem(atPath: folder + "/runs")
        #expect(try RunReader.read(paths: [folder]).train.steps == Array(1...20))
    }

    @Test func settingsThatCannotBeReadAreNoted() throws {
        let scratch = try Scratch()
        let folder = scratch.path + "/hf"
        try FileManager.default.copyItem(atPath: Self.fixtures + "/hf", toPath: folder)
        for file in try FileManager.default.subpathsOfDirectory(atPath: folder) where file.hasSuffix("_args.bin") {
            try scratch.write("hf/" + file, "not a pickle")
        }
        let history = try RunReader.read(paths: [folder])
        #expect(history.train.steps == Array(1...40) && setting(.batch, history) == nil)
        #expect(history.notes.contains { $0.contains("settings of the run") && $0.contains("training_args.bin") })
    }

    @Test(.enabled(if: getuid() != 0, "root may read every folder"))
    func aFolderThatMayNotBeReadIsNoted() throws {
        let scratch = try Scratch()
        let log = (0..<30).map { "step: \($0)  loss: \(3 - 0.01 * Double($0))\n" }.joined()
        try scratch.write("open/console", log)
        try scratch.write("closed/console", log)
        let closed = scratch.path + "/closed"
        try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: closed)
        defer { try? FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: closed) }
        let history = try RunReader.read(paths: [scratch.path])
        #expect(history.notes.contains { $0.hasPrefix("closed: the folder may not be read") })
    }

    // MARK: Any folder

    @Test func aFolderIsSearchedForLogsByContent() throws {
        let scratch = try Scratch()
        func log(_ level: Double) -> String {
            (0..<30).map { "step: \($0)  loss: \(level - 0.01 * Double($0))\n" }.joined()
        }
        try scratch.write("README", "step one: read this\n")
        try scratch.write("old/console", log(3))
        try scratch.write("new/notes.txt", "nothing\n")
        try scratch.write("new/console", log(4))
        let old = Date(timeIntervalSince1970: 1_000_000)
        try FileManager.default.setAttributes([.modificationDate: old], ofItemAtPath: scratch.path + "/old/console")
        let history = try RunReader.read(paths: [scratch.path])
        #expect(history.train.values[0] == 4)
        #expect(history.origin == "new/console")
    }

    @Test func aFolderWithoutALogSaysWhatIsThereAndWhatWasLookedFor() throws {
        let scratch = try Scratch()
        func reason() -> String {
            do {
                _ = try RunReader.read(paths: [scratch.path])
                return ""
            } catch { return "\(error)" }
        }
        #expect(reason().contains("it is empty"))
        try scratch.write("model/weights.bin", "1")
        try scratch.write("notes.txt", "hello\n")
        // A folder in itself, and a link that leads nowhere.
        try FileManager.default.createSymbolicLink(
            atPath: scratch.path + "/model/up",
            withDestinationPath: scratch.path
        )
        try FileManager.default.createSymbolicLink(
            atPath: scratch.path + "/gone",
            withDestinationPath: "/nowhere/at/all"
        )
        #expect(reason().contains("it holds 2 files: notes.txt, model/weights.bin. Looked for W&B runs"))
    }

    // MARK: The configuration

    @Test func whatTheTrackerKnowsFillsTheConfigurationAndContradictionsAreRemarked() async throws {
        let scratch = try Scratch()
        try FileManager.default.copyItem(atPath: Self.fixtures + "/wandb", toPath: scratch.path + "/wandb")
        try scratch.write(
            "audit.yaml",
            "run: r\nlogs: [wandb]\ntraining:\n  gradientClip: 5\n  weightDecay: 0.1\norder:\n  batch: 8\n"
        )
        let configuration = try ConfigurationReader.read(path: scratch.path + "/audit.yaml")
        let report = try await configuration.audited().report
        let file = "wandb/offline-run-20261201_125126-li1h6tvq/run-li1h6tvq.wandb"
        #expect(report.assumptions.contains("training.peakLearningRate: 0.0006, from learning_rate in \(file)"))
        #expect(report.assumptions.contains("order.seed: 1337, from seed in \(file)"))
        #expect(
            !report.assumptions.contains {
                $0.contains("order.batch") || $0.contains("weightDecay") || $0.contains("gradientClip")
            }
        )
        #expect(report.findings.contains { $0.id == "setting-training.gradientClip" || $0.id.contains("gradientClip") })
        #expect(!report.findings.contains { $0.id.contains("weightDecay") })
    }
}
