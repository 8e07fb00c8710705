/// A form in which trainers keep an optimizer's state: in files beside a checkpoint, or in the checkpoint's own.
///
/// To add one: a file in `Optimizers`, and its name in ``all``.
struct OptimizerForm: Sendable {
    /// What the names of its files begin with; the number of the checkpoint follows.
    let beginning: String
    /// What they end in, without the dot.
    let suffix: String
    /// What such a file is called in the folder of a single checkpoint.
    var names: [String] = []
    /// What names of checkpoints end in that may hold it themselves.
    var modelSuffixes: [String] = []
    /// Whether the first of the files is of this form.
    let matches: @Sendable (OptimizerSource) -> Bool
    /// Adam's moments of the whole model in the first file; `nil` where it holds none.
    var state: (@Sendable (OptimizerSource) throws(ReplayError) -> OptimizerState?)?
    /// Looks at the files where they are several, or hold other moments; otherwise `state` is all.
    var inspect: (@Sendable (OptimizerSource) throws(ReplayError) -> OptimizerInspection)?

    /// Every form that is read.
    static let all: [OptimizerForm] = [.llmc, .nanochat, .safetensors, .torch]

    /// The form of a state. Throws `ReplayError.unknownFormat`, or what an ``UnreadForm`` calls for.
    static func recognise(
        _ source: OptimizerSource,
        among forms: [OptimizerForm] = all
    ) throws(ReplayError) -> OptimizerForm {
        if let found = forms.first(where: { $0.matches(source) }) { return found }
        _ = try CheckpointForm.recognise(source.bytes, path: source.path)
        throw .unknownFormat(path: source.path, detail: "a model file, where an optimizer's state was expected")
    }

    /// Whether a file's name is that of a state and not of a model.
    static func isName(_ name: String) -> Bool { all.contains { name.hasPrefix($0.beginning) } }
}

/// The files of a state on their way to a form's reader.
struct OptimizerSource {
    /// The bytes of the first file.
    let bytes: UnsafeRawBufferPointer
    /// The files, by rank; there is at least one.
    let paths: [String]
    let checkpoint: Checkpoint
    /// The updates that the checkpoint holds; `nil` where that is not known.
    var updatesDone: Int?

    /// The first file.
    var path: String { paths.first ?? "" }
    /// Whether it is the checkpoint itself.
    var isModel: Bool { path == checkpoint.path }
}

/// A form in which the ranks of a large training keep their parts, recognised by names in the checkpoint's folder.
struct OptimizerFolderForm: Sendable {
    /// What such files show; `nil` where there are none.
    let inspect: @Sendable (OptimizerFolder) -> OptimizerInspection?

    /// Every form that is read, or recognised to say that it is not.
    static let all: [OptimizerFolderForm] = [.deepSpeed, .distributed, .megatron]
}

/// The folder that a checkpoint lies in.
struct OptimizerFolder {
    let path: String
    /// What it holds, sorted.
    let names: [String]
    let checkpoint: Checkpoint
    /// The updates that the checkpoint holds; `nil` where that is not known.
    var updatesDone: Int?
}
