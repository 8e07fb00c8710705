import DataOrder
import Diagnosis
import TrainingLogs

extension RecordedSetting {
    /// The setting with its file named as `audit.yaml` would name it, so that a report is the same wherever the run lies.
    func seen(from folder: String) -> RecordedSetting {
        var setting = self
        let folder = LogFolder.plain(folder)
        if !folder.isEmpty, file.hasPrefix(folder + "/") { setting.file = String(file.dropFirst(folder.count + 1)) }
        return setting
    }
}

extension AuditConfiguration {
    /// Takes what `audit.yaml` leaves out of `training:`, `model:` and the seed of `order:` from the settings that the run's tracker kept.
    /// - Returns: The settings that were taken, in the order of their keys.
    mutating func fill(from settings: [RecordedSetting]) -> [RecordedSetting] {
        let taken = training.fill(from: settings).map(\.key)
        return settings.filter { setting in
            switch setting.key {
            // The geometry is taken with what the log prints of it, and noted there.
            case .batch, .sequence, .accumulation, .worldSize: false
            case .seed: take(setting.integer.flatMap { UInt32(exactly: $0) }.map(Int.init), \.order.seed)
            case .vocabulary: take(setting.integer, \.model.vocabulary)
            default: taken.contains(setting.key)
            }
        }
    }

    private mutating func take(_ value: Int?, _ path: WritableKeyPath<Self, Int?>) -> Bool {
        guard let value, self[keyPath: path] == nil else { return false }
        self[keyPath: path] = value
        return true
    }
}
