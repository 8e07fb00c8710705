import Foundation

/// Finds and reads the states of optimizers.
public enum OptimizerFile {
    /// The first of the files that hold the optimizer of a checkpoint; `nil` when there is none.
    public static func beside(_ checkpoint: Checkpoint) -> String? { files(of: checkpoint).first }

    /// Reads a state from memory; `path` only serves the messages. `nil` when a file of `torch.save` holds none.
    ///
    /// Throws `ReplayError` when there is one that cannot be read or that is of another model.
    public static func parse(
        _ bytes: UnsafeRawBufferPointer,
        path: String,
        of checkpoint: Checkpoint
    ) throws(ReplayError) -> OptimizerState? {
        let source = OptimizerSource(bytes: bytes, paths: [path], checkpoint: checkpoint)
        return try OptimizerForm.recognise(source, among: OptimizerForm.all.filter { $0.state != nil }).state?(source)
    }

    /// The files that hold the optimizer of a checkpoint: those beside it with its number, by rank, or the checkpoint's own
    /// file. Empty when there are none.
    fileprivate static func files(of checkpoint: Checkpoint) -> [String] {
        let url = URL(fileURLWithPath: checkpoint.path)
        let folder = url.deletingLastPathComponent().path
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let updates = CheckpointFile.number(inName: checkpoint.path) ?? checkpoint.updatesDone
        let suffixes = OptimizerForm.all.map(\.suffix)
        let states = names.sorted().filter {
            OptimizerForm.isName($0) && suffixes.contains(($0 as NSString).pathExtension)
        }
        // Of several kinds with one number the first by name.
        let own = states.filter { updates != nil && firstNumber($0) == updates }
        if let first = own.first {
            let kind = (first as NSString).pathExtension
            let parts = own.filter { ($0 as NSString).pathExtension == kind }
            let ordered = parts.sorted { ($0.utf8.count, $0) < ($1.utf8.count, $1) }
            return ordered.map { folder + "/" + $0 }
        }
        if let plain = OptimizerForm.all.flatMap(\.names).first(where: states.contains) {
            return [folder + "/" + plain]
        }
        return OptimizerForm.all.flatMap(\.modelSuffixes).contains(url.pathExtension) ? [checkpoint.path] : []
    }

    /// The first run of digits: `optim_000500_rank0.pt` and `state_00000500_00000.bin` are both of 500.
    private static func firstNumber(_ name: String) -> Int? {
        let digits = name.drop { !("0"..."9").contains($0) }.prefix { ("0"..."9").contains($0) }
        return Int(digits)
    }
}

extension OptimizerInspection {
    /// Looks at the optimizer of a checkpoint: the files beside it with its number, or its own file.
    ///
    /// - Parameters:
    ///   - checkpoint: The checkpoint, as read from its file.
    ///   - updatesDone: The updates it holds; `nil` takes its own word.
    /// - Returns: `nil` when there is no sign of an optimizer.
    /// - Throws: `ReplayError` when a state is there and cannot be read, or is of another model.
    public static func beside(
        _ checkpoint: Checkpoint,
        updatesDone: Int? = nil
    ) throws(ReplayError) -> OptimizerInspection? {
        let held = updatesDone ?? checkpoint.updatesDone
        let paths = OptimizerFile.files(of: checkpoint)
        guard let path = paths.first else { return inFolder(of: checkpoint, updatesDone: held) }
        let isModel = path == checkpoint.path
        guard checkpoint.description.parameterCount <= largestModel else {
            guard !isModel else { return nil }
            var inspection = OptimizerInspection(files: paths)
            inspection.unchecked = [.tooLarge(mostParameters: largestModel)]
            return inspection
        }
        let file = try FileMapping(path)
        let found = try file.read { bytes throws(ReplayError) -> OptimizerInspection? in
            let source = OptimizerSource(bytes: bytes, paths: paths, checkpoint: checkpoint, updatesDone: held)
            let form = try OptimizerForm.recognise(source)
            if let inspect = form.inspect { return try inspect(source) }
            return try form.state?(source).map { OptimizerInspection(of: $0, files: [path], source) }
        }
        if let found { return found }
        guard !isModel else { return inFolder(of: checkpoint, updatesDone: held) }
        var inspection = OptimizerInspection(files: [path])
        inspection.unchecked = [.noMoments]
        return inspection
    }

    /// What the ranks of a large training have left in the checkpoint's folder; `nil` when there is no sign of it.
    private static func inFolder(of checkpoint: Checkpoint, updatesDone: Int?) -> OptimizerInspection? {
        let path = URL(fileURLWithPath: checkpoint.path).deletingLastPathComponent().path
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
        let folder = OptimizerFolder(path: path, names: names, checkpoint: checkpoint, updatesDone: updatesDone)
        return OptimizerFolderForm.all.lazy.compactMap { $0.inspect(folder) }.first
    }
}
