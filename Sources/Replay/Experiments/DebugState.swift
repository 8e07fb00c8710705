/// llm.c's `*_debug_state.bin`: a batch and what PyTorch made of it, written by train_gpt2.py.
///
/// 256 little-endian int32 (magic, version, B, T), inputs (B, T) and targets (B, T) as int32, logits (B, T, V) with the
/// unpadded V, the mean loss, and the gradients in the order of the model file, all fp32.
public struct DebugState: Sendable {
    static let magic = LlmcHeader.Magic.debugState

    /// The rows of the batch.
    public var rows: [TokenRow]
    /// The mean loss.
    public var loss: Float
    private let file: FileMapping
    private let logitsStart: Int
    private let gradientsStart: Int

    /// Reads the state that belongs to a model. Throws `malformedHeader`, `truncated`, `trailingBytes`, `unreadable`.
    public static func read(path: String, description: TransformerDescription) throws(ReplayError) -> DebugState {
        let file = try FileMapping(path)
        let bytes = file.bytes
        guard bytes.count >= 1024 else {
            throw .truncated(path: path, expectedBytes: 1024, actualBytes: bytes.count)
        }
        func word(_ at: Int) -> Int {
            Int(Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: Int32.self)))
        }
        guard word(0) == Int(magic) else {
            throw .malformedHeader(path: path, detail: "its magic number is \(word(0)), expected \(magic)")
        }
        guard word(4) == 2 else { throw .malformedHeader(path: path, detail: "version is \(word(4)), expected 2") }
        let (batch, length) = (word(8), word(12))
        guard (1...1 << 16).contains(batch), (1...description.maximumSequence).contains(length) else {
            let detail =
                "it has \(batch) rows of \(length) tokens; expected at most 65536 rows of "
                + "\(description.maximumSequence), which the model takes"
            throw .malformedHeader(path: path, detail: detail)
        }
        let tokens = batch * length
        let (logits, overflow) = tokens.multipliedReportingOverflow(by: description.vocabulary)
        // A number of logits that no file holds must not overflow the sums below.
        let words = 256 + 2 * tokens + (overflow ? 1 << 58 : min(logits, 1 << 58)) + 1 + description.parameterCount
        guard bytes.count >= 4 * words else {
            throw .truncated(path: path, expectedBytes: 4 * words, actualBytes: bytes.count)
        }
        guard bytes.count == 4 * words else {
            throw .trailingBytes(path: path, expectedBytes: 4 * words, actualBytes: bytes.count)
        }
        for index in 0..<2 * tokens {
            let token = word(1024 + 4 * index)
            guard token < 0 || token >= description.vocabulary else { continue }
            let detail =
                "its token at byte \(1024 + 4 * index) is \(token), outside the vocabulary of \(description.vocabulary); it is "
                + "damaged, or of another model"
            throw .malformedHeader(path: path, detail: detail)
        }
        let rows = (0..<batch).map { row in
            TokenRow(
                inputs: (0..<length).map { Int32(word(1024 + 4 * (row * length + $0))) },
                targets: (0..<length).map { Int32(word(1024 + 4 * (tokens + row * length + $0))) },
                row: row
            )
        }
        let logitsStart = 1024 + 8 * tokens
        let lossStart = logitsStart + 4 * logits
        return DebugState(
            rows: rows,
            loss: Float(bitPattern: UInt32(truncatingIfNeeded: word(lossStart))),
            file: file,
            logitsStart: logitsStart,
            gradientsStart: lossStart + 4
        )
    }

    /// The logits (T, V) of one row.
    func logits(ofRow row: Int, count: Int) -> [Float] { floats(logitsStart + 4 * row * count, count) }

    /// The gradient of one tensor.
    func gradient(_ tensor: ParameterTensor) -> [Float] {
        floats(gradientsStart + 4 * tensor.range.lowerBound, tensor.range.count)
    }

    private func floats(_ start: Int, _ count: Int) -> [Float] {
        let part = UnsafeRawBufferPointer(rebasing: file.bytes[start..<start + 4 * count])
        return ElementType.f32.decode(part, count: count)
    }

    /// Throws `ReplayError.changed` where the file is no longer what it was.
    func checkUnchanged() throws(ReplayError) { try file.checkUnchanged() }
}
