import Foundation

extension OptimizerFolderForm {
    /// PyTorch's distributed checkpoints, recognised by their names and not read.
    static let distributed = OptimizerFolderForm { folder in
        let found = folder.names.first { name in
            if name.hasSuffix(".distcp") { return true }
            guard name.hasPrefix("optim") else { return false }
            return FileManager.default.fileExists(atPath: folder.path + "/" + name + "/.metadata")
        }
        return found.map { folder.unread($0, .distributed) }
    }

    /// Megatron's distributed optimizer, recognised by its names and not read.
    static let megatron = OptimizerFolderForm { folder in
        folder.names.first { $0 == "distrib_optim.pt" || $0.hasPrefix("mp_rank_") }
            .map { folder.unread($0, .megatron) }
    }
}

extension OptimizerFolder {
    fileprivate func unread(_ name: String, _ reason: UncheckedOptimizer) -> OptimizerInspection {
        var inspection = OptimizerInspection(files: [path + "/" + name])
        inspection.unchecked = [reason]
        return inspection
    }
}
