/// What can go wrong between a checkpoint on disk and a replayed batch. Each case says what, where and what to do.
public enum ReplayError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file or folder cannot be opened or read.
    case unreadable(path: String, reason: String)
    /// Something has written to the file since it was opened.
    case changed(path: String)
    /// The first bytes match no checkpoint format.
    case unknownFormat(path: String, detail: String)
    /// A known format that this version does not read.
    case unsupportedFormat(path: String, format: String, remedy: String)
    /// A model that this version cannot run.
    case unsupportedModel(path: String?, detail: String)
    /// The file is shorter than its header promises.
    case truncated(path: String, expectedBytes: Int, actualBytes: Int)
    /// The file is longer than its header promises.
    case trailingBytes(path: String, expectedBytes: Int, actualBytes: Int)
    /// A part of an archive whose checksum fails; `bytes` is its place in the file.
    case damagedMember(path: String, member: String, bytes: Range<Int>)
    /// A header field is absurd or does not parse.
    case malformedHeader(path: String, detail: String)
    /// A tensor that the model needs is not in the file.
    case missingTensor(path: String, name: String)
    /// A tensor that the model has no place for.
    case unexpectedTensor(path: String, name: String)
    /// A tensor of another shape than the model needs.
    case wrongShape(path: String, name: String, expected: [Int], actual: [Int])
    /// A tensor of an element type that is not read.
    case unsupportedElementType(path: String, name: String, type: String)
    /// The file does not say something that the configuration must say; `key` is the configuration's key.
    case missingOption(key: String, path: String, detail: String)
    /// The configuration and the file disagree.
    case conflictingOption(key: String, configured: String, file: String, path: String)
    /// The configuration beside a model and the model's own tensors disagree.
    case contradiction(path: String, key: String, said: String, file: String, found: String)
    /// A size of a model description is impossible.
    case invalidDescription(field: String, value: Int, expected: String)
    /// A token that the model has no embedding for. Position counts from the start of the row's tokens; the target of
    /// position p stands at p + 1.
    case tokenOutsideVocabulary(row: Int, position: Int, token: Int, vocabulary: Int)
    /// A row longer than the model's position table.
    case sequenceTooLong(row: Int, tokens: Int, maximum: Int)
    /// A row whose inputs and targets differ in number, or that is empty.
    case unevenRow(row: Int, inputs: Int, targets: Int)
    /// There are no rows.
    case emptyBatch
    /// The activations or gradients do not fit into memory.
    case outOfMemory(bytes: Int)
    /// A setting of the trainer is impossible.
    case invalidSetting(name: String, value: Double, expected: String)
    /// The file cannot be written.
    case unwritable(path: String, reason: String)

    /// The message for people.
    public var description: String {
        switch self {
        case .unreadable(let path, let reason):
            "\(path): cannot be read: \(reason)"
        case .changed(let path):
            "\(path): changed while it was read; replay a copy of it, or try again when nothing writes to it"
        case .unknownFormat(let path, let detail):
            "\(path): not a checkpoint this version knows (\(detail)); expected \(CheckpointForm.titles)"
        case .unsupportedFormat(let path, let format, let remedy):
            "\(path): \(format) is not supported yet by this version; \(remedy)"
        case .unsupportedModel(let path, let detail):
            (path.map { "\($0): " } ?? "") + "this version cannot run the model: \(detail)"
        case .truncated(let path, let expected, let actual):
            "\(path): truncated: the header calls for \(expected) bytes, the file has \(actual); copy it again"
        case .trailingBytes(let path, let expected, let actual):
            "\(path): too long: the header calls for \(expected) bytes, the file has \(actual); copy it again"
        case .damagedMember(let path, let member, let bytes):
            "\(path): damaged: the CRC-32 of \(member) (bytes \(bytes.lowerBound)..<\(bytes.upperBound)) fails; copy it again"
        case .malformedHeader(let path, let detail):
            "\(path): malformed header: \(detail)"
        case .missingTensor(let path, let name):
            "\(path): tensor \(name) is missing; expected a whole model"
        case .unexpectedTensor(let path, let name):
            "\(path): tensor \(name) has no place in the model; expected the tensors of a \(ModelArchitecture.titles) alone"
        case .wrongShape(let path, let name, let expected, let actual):
            "\(path): tensor \(name) has shape \(actual), expected \(expected)"
        case .unsupportedElementType(let path, let name, let type):
            "\(path): tensor \(name) has element type \(type); F32, F16 and BF16 are read"
        case .missingOption(let key, let path, let detail):
            "\(path): \(detail); set \(key) in the configuration"
        case .conflictingOption(let key, let configured, let file, let path):
            "\(path): \(key) is \(configured) in the configuration and \(file) in the file; correct the configuration"
        case .contradiction(let path, let key, let said, let file, let found):
            "\(path): \(key) is \(said), but \(file) holds \(found); one of the two is of another model or is not whole: "
                + "copy both again"
        case .invalidDescription(let field, let value, let expected):
            "model \(field) is \(value), expected \(expected)"
        case .tokenOutsideVocabulary(let row, let position, let token, let vocabulary):
            "row \(row), position \(position): token \(token) is outside the vocabulary of \(vocabulary)"
        case .sequenceTooLong(let row, let tokens, let maximum):
            "row \(row) has \(tokens) tokens, the model's position table holds \(maximum)"
        case .unevenRow(let row, let inputs, let targets):
            "row \(row) has \(inputs) inputs and \(targets) targets, expected the same number of each, at least one"
        case .emptyBatch:
            "the batch has no rows"
        case .outOfMemory(let bytes):
            "cannot allocate \(bytes) bytes for activations; replay fewer tokens at once or with fewer threads"
        case .invalidSetting(let name, let value, let expected):
            "\(name) is \(value), expected \(expected)"
        case .unwritable(let path, let reason):
            "\(path): cannot be written: \(reason)"
        }
    }
}
