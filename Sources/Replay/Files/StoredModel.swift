/// A tensor as a file holds it.
struct StoredTensor: Sendable {
    /// The element type's name in safetensors, whatever the file's format.
    var type: String
    var shape: [Int]
    /// The bytes it spans in its file.
    var range: Range<Int>
    /// Elements between neighbours of each dimension; `nil` when the tensor is contiguous and row-major.
    var strides: [Int]?
    /// Which of the model's files it lies in.
    var file = 0
}

/// The tensors of a model and the bytes of the files that hold them.
struct StoredModel {
    var tensors: [String: StoredTensor]
    var files: [UnsafeRawBufferPointer]
    /// The mapped files themselves, where the weights may stay in them.
    var mappings: [FileMapping] = []
    /// The path for messages.
    var path: String
    /// Number of updates, where the file itself says.
    var updatesDone: Int?

    /// The bytes of one tensor.
    func bytes(of tensor: StoredTensor) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: files[tensor.file][tensor.range])
    }

    /// Whether two tensors hold the very same bytes.
    func areSame(_ a: StoredTensor, _ b: StoredTensor) -> Bool {
        if a.file == b.file, a.range == b.range { return true }
        return a.type == b.type && a.shape == b.shape && a.strides == b.strides
            && bytes(of: a).elementsEqual(bytes(of: b))
    }
}
