import DataOrder
import Diagnosis
import Foundation
import Parquet
import Shards
import Terms
import Tokenization
import TrainingLogs

/// nanochat: replayed when the tokenizer is given, else an interval from the positions that the log prints.
enum NanochatWiring: LoaderWiring {
    static let ids = NanochatLoader.ids
    static let variants = NanochatVariant.allCases.map(\.rawValue)
    static let handlesResumes = true

    static func make(_ context: inout OrderContext) throws(DataOrderError) -> any Loader {
        let geometry = try context.geometry()
        let shards = try documentShards(context)
        let positions = positions(context)
        let processes = processes(&context)
        guard context.section.tokenizer != nil else {
            let loader = try NanochatIntervalLoader(shards: shards, geometry: geometry, positions: positions)
            context.assume(
                "order.tokenizer: not given, so steps are traced to the row groups between the positions that the log prints (a "
                    + "document too long to fit may be from an earlier one); "
                    + "with the tokenizer the packing is replayed and documents are exact"
            )
            return loader
        }
        let tokenizer = try tokenizer(context)
        let name = context.usual(context.section.variant, "order.variant", NanochatVariant.bestFit.rawValue)
        let texts = TextShards(context: context, shards: shards, tokenizer: tokenizer)
        let loader = try NanochatLoader(
            shards: shards,
            geometry: geometry,
            variant: NanochatVariant(rawValue: name) ?? .bestFit,
            bufferDocuments: context.usual(context.section.bufferDocuments, "order.bufferDocuments", 1000),
            tokenizerBatch: context.usual(context.section.tokenizerBatch, "order.tokenizerBatch", 128),
            processes: processes,
            horizon: context.updates,
            positions: positions,
            lengths: texts.lengths
        )
        try check(loader, against: positions, &context)
        return loader
    }

    /// The updates that are replayed at once, so that settings that are not the run's are found out before any trace.
    private static let probed = 16

    /// Refuses a replay whose reader is not where the log says it was: another tokenizer, other files or another version.
    private static func check(
        _ loader: NanochatLoader,
        against positions: [NanochatPosition],
        _ context: inout OrderContext
    ) throws(DataOrderError) {
        guard let first = positions.first else {
            context.assume("the replayed packing could not be held against the log, which prints no pq and rg")
            return
        }
        guard first.update < probed else {
            context.assume("the replayed reader is held against the log only on lines from update \(first.update) on")
            return
        }
        let compared = positions.prefix { $0.update < probed && $0.update + 1 < loader.horizon }
        if let last = compared.last { _ = try loader.microBatches(update: last.update + 1) }
        context.assume(
            "the replayed reader stands where the log says on all of the first \(compared.count) lines that print it; a trace "
                + "of a later step compares the lines up to it, and stops at one that differs"
        )
    }

    /// The tokenizer of `order.tokenizer`: a file, or nanochat's folder with one.
    static func tokenizer(_ context: OrderContext) throws(DataOrderError) -> Tokenizer {
        let path = context.configuration.resolve(context.section.tokenizer ?? "")
        let candidates = [path, path + "/tokenizer.pkl", path + "/tokenizer.json"]
        var isFolder: ObjCBool = false
        let file = candidates.first {
            FileManager.default.fileExists(atPath: $0, isDirectory: &isFolder) && !isFolder.boolValue
        }
        do throws(TokenizerError) {
            return try Tokenizer.read(path: file ?? path, digits: 2)
        } catch {
            throw .missing(key: "order.tokenizer", reason: error.description)
        }
    }

    /// The processes of the run; each resumed one goes on from the position printed just before it.
    private static func processes(_ context: inout OrderContext) -> [NanochatProcess] {
        guard let history = context.history, context.section.resume != .startsOver else {
            return [NanochatProcess(update: 0)]
        }
        var result: [NanochatProcess] = []
        for (update, process) in Processes(history).stretches {
            guard let process, process.start > 0 else {
                result.append(NanochatProcess(update: update, start: 0))
                continue
            }
            // What a checkpoint before this update saved is the position on the line before it.
            let saved = history.dataPositions.last { $0.step &- context.stepBase == process.start - 1 }
            guard let saved else {
                context.assume(
                    "the position from which nanochat resumed at step \(process.start + context.stepBase) is not in the log; "
                        + "it is taken to have gone on without a gap"
                )
                continue
            }
            result.append(
                NanochatProcess(
                    update: update,
                    start: process.start,
                    resumed: NanochatPosition(
                        update: process.start - 1,
                        epoch: saved.epoch,
                        file: saved.file,
                        rowGroup: saved.rowGroup
                    )
                )
            )
        }
        return result
    }

    /// The training files with their row groups: all but the last of the folder, which is validation.
    private static func documentShards(_ context: OrderContext) throws(DataOrderError) -> [ShardLayout] {
        let names = context.inventory.manifest.entries.map(\.name).filter { $0.hasSuffix(".parquet") }.sorted {
            Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8))
        }
        guard names.count >= 2 else {
            throw .missing(
                key: "shards",
                reason: "nanochat trains on all Parquet files but the last, and \(names.count) are listed"
            )
        }
        var shards: [ShardLayout] = []
        for name in names.dropLast() {
            do {
                let file = try ParquetFile(contentsOf: context.inventory.folder.resolve(name))
                let column = try file.column()
                var first = 0
                var pieces: [ShardLayout.Piece] = []
                for group in file.rowGroups {
                    pieces.append(.init(units: first..<first + group.rows, bytes: group.chunks[column].bytes))
                    first += group.rows
                }
                shards.append(ShardLayout(name: name, unit: .documents, pieces: pieces))
            } catch {
                throw .missing(key: "shards", reason: "\(error)")
            }
        }
        return shards
    }

    /// The positions the log prints, by rising update; what a resumed process printed again holds.
    private static func positions(_ context: OrderContext) -> [NanochatPosition] {
        var result: [NanochatPosition] = []
        for position in context.history?.dataPositions ?? [] {
            let (update, overflow) = position.step.subtractingReportingOverflow(context.stepBase)
            guard !overflow, (0..<1 << 40).contains(update), position.file >= 0, position.rowGroup >= 0 else {
                continue
            }
            while let last = result.last, last.update >= update { result.removeLast() }
            result.append(
                NanochatPosition(
                    update: update,
                    epoch: position.epoch,
                    file: position.file,
                    rowGroup: position.rowGroup
                )
            )
        }
        return result
    }
}
