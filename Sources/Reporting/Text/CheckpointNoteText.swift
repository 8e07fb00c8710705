import Replay

extension CheckpointNote {
    /// What was assumed and what was not understood, in one or two sentences.
    package static func sentence(_ notes: [CheckpointNote]) -> String {
        var assumed: [String] = []
        var unknown: [String] = []
        var file = ""
        for note in notes {
            switch note {
            case .assumed(let setting, let value): assumed.append("\(setting.rawValue) \(value)")
            case .unknownKey(let key, let path):
                unknown.append(SafeText.line(key, limit: 60))
                file = SafeText.line(path, limit: 200)
            }
        }
        var sentences: [String] = []
        if !assumed.isEmpty {
            sentences.append(
                "Assumed, because no configuration of the model states it: \(assumed.joined(separator: ", ")); set it under "
                    + "model: in audit.yaml if it is wrong."
            )
        }
        if !unknown.isEmpty {
            let more = unknown.count > 6 ? " and \(unknown.count - 6) more" : ""
            sentences.append(
                "Not understood and not used: \(unknown.prefix(6).joined(separator: ", "))\(more) in \(file)."
            )
        }
        return sentences.joined(separator: " ")
    }
}
