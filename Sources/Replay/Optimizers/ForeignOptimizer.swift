import Foundation

/// Optimizer states that are recognised by their names and not read: the parts of a training on many devices.
enum ForeignOptimizer {
    /// A note on the state beside a checkpoint; `nil` when there is no sign of one.
    static func beside(_ checkpoint: Checkpoint, updatesDone: Int?) -> OptimizerInspection? {
        let folder = URL(fileURLWithPath: checkpoint.path).deletingLastPathComponent().path
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
        if let found = DeepSpeedOptimizer.inspect(folder, names, of: checkpoint, updatesDone: updatesDone) {
            return found
        }
        for name in names {
            guard let reason = reason(name, in: folder) else { continue }
            var inspection = OptimizerInspection(files: [folder + "/" + name])
            inspection.unchecked = ["not checked: \(reason)"]
            return inspection
        }
        return nil
    }

    private static func reason(_ name: String, in folder: String) -> String? {
        let isDistributed =
            name.hasSuffix(".distcp") || FileManager.default.fileExists(atPath: folder + "/" + name + "/.metadata")
        if isDistributed, name.hasPrefix("optim") || name.hasSuffix(".distcp") || name == "optim" {
            return
                "PyTorch's distributed checkpoints (FSDP, torchtitan) are not read; save a FULL_STATE_DICT, or convert with "
                + "torch.distributed.checkpoint.format_utils.dcp_to_torch_save"
        }
        if name == "distrib_optim.pt" || name.hasPrefix("mp_rank_") {
            return "Megatron's distributed optimizer is not read"
        }
        return nil
    }
}
