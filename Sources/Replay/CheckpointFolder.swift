import Foundation

/// The checkpoints of a run, in one folder.
public struct CheckpointFolder: Sendable, Hashable {
    /// The folder.
    public let path: String
    /// Its checkpoints by number; of several with the same number the preferred form comes first.
    public let files: [CheckpointFile]

    /// Lists the checkpoints of a folder: files of a known form with a number in their name, and folders with a number in
    /// theirs that hold one model (Hugging Face's `checkpoint-500`). Optimizer states are left out. Throws
    /// `ReplayError.unreadable`.
    public static func scan(_ path: String) throws(ReplayError) -> CheckpointFolder {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: path)
        } catch {
            throw .unreadable(path: path, reason: (error as NSError).localizedDescription)
        }
        var found: [CheckpointFile] = []
        for name in names.sorted() where !OptimizerForm.isName(name) && !name.hasPrefix(".") {
            guard let number = CheckpointFile.number(inName: name) else { continue }
            let file = path + "/" + name
            if rank(of: name) != nil {
                found.append(CheckpointFile(path: file, updatesDone: number))
            } else if let model = model(inFolder: file) {
                found.append(CheckpointFile(path: model, updatesDone: number))
            }
        }
        found.sort { order(of: $0) < order(of: $1) }
        return CheckpointFolder(path: path, files: found)
    }

    /// The checkpoint with the largest number not above `updates`; `nil` when there is none.
    public func nearest(atOrBelow updates: Int) -> CheckpointFile? {
        guard let last = files.last(where: { $0.updatesDone <= updates }) else { return nil }
        return files.first { $0.updatesDone == last.updatesDone }
    }

    /// The model's file in a folder of its own, whole or as an index of its parts.
    private static func model(inFolder folder: String) -> String? {
        CheckpointForm.all.flatMap(\.names).map { folder + "/" + $0 }
            .first { FileManager.default.fileExists(atPath: $0) }
    }

    /// The file that a path stands for: of a folder the model in it, the one with the largest number if there are several.
    static func model(at path: String) throws(ReplayError) -> String {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
            return path
        }
        if let model = model(inFolder: path) { return model }
        guard let last = try scan(path).files.last, let file = try scan(path).nearest(atOrBelow: last.updatesDone)
        else {
            throw .unreadable(path: path, reason: "the folder holds no checkpoint, such as model.safetensors")
        }
        return file.path
    }

    /// Preference among files of one number, by the order of the forms; `nil` where no form has such names.
    private static func rank(of name: String) -> Int? {
        guard let dot = name.lastIndex(of: ".") else { return nil }
        let suffix = String(name[name.index(after: dot)...])
        return CheckpointForm.all.firstIndex { $0.suffixes.contains(suffix) }
    }

    private static func order(of file: CheckpointFile) -> (Int, Int, String) {
        (file.updatesDone, rank(of: file.path) ?? .max, file.path)
    }
}
