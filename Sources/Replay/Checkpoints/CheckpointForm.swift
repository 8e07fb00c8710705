/// A form in which trainers keep a model: how its files are found, recognised and read.
///
/// To add one: a file in `Checkpoints`, and its name in ``all``.
struct CheckpointForm: Sendable {
    /// What is said to be expected where a file is of no form; `nil` where another form's title stands for it.
    let title: String?
    /// What names of such files end in, in a folder of many checkpoints, without the dot.
    var suffixes: [String] = []
    /// What such a file is called in a folder of its own.
    var names: [String] = []
    let recognition: Recognition
    let read: @Sendable (CheckpointSource, CheckpointOverrides) throws(ReplayError) -> Checkpoint

    enum Recognition: Sendable {
        /// By the file's bytes, of which there are at least eight.
        case bytes(@Sendable (UnsafeRawBufferPointer) -> Bool)
        /// By the end of its name: its bytes are no model.
        case name(String)
    }

    /// Every form that is read, the preferred ones first: llm.c's says most about itself, a pickle is the slowest to read.
    static let all: [CheckpointForm] = [.llmc, .safetensors, .safetensorsIndex, .torch]

    /// The form of a file with a name that says it.
    static func named(_ path: String) -> CheckpointForm? {
        all.first { form in
            if case .name(let end) = form.recognition { path.hasSuffix(end) } else { false }
        }
    }

    /// The form of a file with these bytes. Throws `ReplayError.unknownFormat`, or what an ``UnreadForm`` calls for.
    static func recognise(_ bytes: UnsafeRawBufferPointer, path: String) throws(ReplayError) -> CheckpointForm {
        guard bytes.count >= 8 else {
            throw .unknownFormat(path: path, detail: "the file has \(bytes.count) bytes")
        }
        if let unread = UnreadForm.all.first(where: { $0.matches(bytes) }) { throw unread.error(path) }
        let found = all.first { form in
            if case .bytes(let matches) = form.recognition { matches(bytes) } else { false }
        }
        if let found { return found }
        let start = bytes.prefix(4).map { byte in
            let hex = String(byte, radix: 16)
            return byte < 16 ? "0" + hex : hex
        }
        throw .unknownFormat(path: path, detail: "its first bytes are \(start.joined(separator: " "))")
    }

    /// The titles, as in "safetensors or torch.save".
    static var titles: String {
        let titles = all.compactMap(\.title)
        return titles.dropLast().joined(separator: ", ") + " or " + (titles.last ?? "")
    }
}

/// A checkpoint's bytes on their way to a form's reader.
struct CheckpointSource {
    let bytes: UnsafeRawBufferPointer
    /// Where they lie, if the weights may stay there.
    var file: FileMapping?
    /// The path for messages.
    let path: String
}

/// What is recognised by its bytes, of which there are at least eight, and not read as a model.
struct UnreadForm: Sendable {
    let matches: @Sendable (UnsafeRawBufferPointer) -> Bool
    /// What is said of the file at a path.
    let error: @Sendable (_ path: String) -> ReplayError

    /// Every one.
    static let all: [UnreadForm] = [.llmcDebugState, .llmcOptimizer, .llmcShard, .oldPickle]
}
